"""Supervision, tried with small real programs. The shop's own are tried in browser/."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from storefront import programs, supervisor
from storefront.refusals import Refused
from storefront.supervisor import Program, supervise

SLEEPS = "import time; time.sleep(60)"
IGNORES_A_POLITE_STOP = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)"
)
HAS_A_CHILD = (
    "import subprocess, sys;"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]);"
    "print('child', child.pid, flush=True); child.wait()"
)
# A supervisor in a process of its own, so that it can be sent signals.
SUPERVISOR = """
import os, sys
from storefront import supervisor
supervisor.STOPPING_SECONDS = 0.5
children = [
    supervisor.Program(f"p{n}", [sys.executable, "-c", code], dict(os.environ))
    for n, code in enumerate(sys.argv[1:])
]
sys.exit(supervisor.supervise(children, sys.stdout))
"""


def python(name, code, answers=None):
    return Program(name, [sys.executable, "-c", code], dict(os.environ), answers)


def supervised(*codes):
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, *codes], stdout=subprocess.PIPE, text=True
    )


def read_until(process, wanted):
    """The lines up to one that holds `wanted`."""
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if wanted in line:
            return lines
    pytest.fail(f"{wanted!r} never came, only {lines}")


def runs(pid):
    """Whether a process runs. One that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children_of(pid):
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def all_gone(pids, within=3):
    give_up = time.monotonic() + within
    while any(runs(pid) for pid in pids) and time.monotonic() < give_up:
        time.sleep(0.02)
    return not any(runs(pid) for pid in pids)


@pytest.fixture
def ports():
    """The first of four ports that nobody uses."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if programs.why_ports_are_refused(port) is None:
            return port


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_programs_and_is_no_failure(number):
    with supervised(SLEEPS, HAS_A_CHILD) as process:
        grandchild = int(read_until(process, "child")[-1].split()[-1])
        pids = [*children_of(process.pid), grandchild]
        process.send_signal(number)
        assert process.wait(5) == 0
    assert len(pids) == 3
    assert all_gone(pids)


def test_a_program_deaf_to_a_polite_stop_is_killed():
    with supervised(IGNORES_A_POLITE_STOP) as process:
        read_until(process, "deaf")
        pids = children_of(process.pid)
        process.terminate()
        assert process.wait(5) == 0
    assert all_gone(pids)


def test_programs_end_with_a_supervisor_that_is_killed_outright():
    with supervised(SLEEPS, SLEEPS) as process:
        read_until(process, "ready")
        pids = children_of(process.pid)
        process.kill()
    assert len(pids) == 2
    assert all_gone(pids)


def test_a_program_that_ends_at_the_start_is_named_with_its_code_and_the_others_stop():
    out = io.StringIO()
    began = time.monotonic()
    ends = python("brief", "import sys; print('last words'); sys.exit(3)", lambda: False)
    assert supervise([python("long", SLEEPS), ends], out) == 1
    assert "[brief] last words\n" in out.getvalue()
    assert "brief ended with exit code 3. The other programs are being stopped.\n" in out.getvalue()
    assert time.monotonic() - began < supervisor.STOPPING_SECONDS


def test_a_program_ended_by_a_signal_is_named_with_it():
    out = io.StringIO()
    kills_itself = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert supervise([python("brief", kills_itself, lambda: False)], out) == 1
    assert "brief was ended by SIGKILL" in out.getvalue()


def test_ready_comes_after_the_addresses_and_only_once_every_program_answers():
    out, asked = io.StringIO(), []

    def answers_the_third_time():
        assert "ready" not in out.getvalue()
        asked.append(1)
        return len(asked) == 3

    slow = python("slow", SLEEPS, answers_the_third_time)
    stop_soon()
    assert supervise([slow], out, ["shop http://localhost:1"]) == 0
    assert out.getvalue().splitlines()[:2] == ["shop http://localhost:1", "ready"]


def stop_soon(seconds=1.0):
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM)).start()


def test_a_program_that_ends_later_is_started_again_and_the_others_go_on(tmp_path):
    out, once = io.StringIO(), tmp_path / "once"
    ends_once = (
        f"import pathlib, time; once = pathlib.Path({str(once)!r}); print('started', flush=True)\n"
        "if once.exists(): time.sleep(60)\n"
        "time.sleep(0.3); once.touch()"
    )
    brief, long = python("brief", ends_once), python("long", SLEEPS)
    stop_soon(3)
    assert supervise([long, brief], out) == 0
    said = out.getvalue()
    assert said.count("[brief] started") == 2
    assert "brief ended with exit code 0. It starts again in 0.5 s." in said
    assert "long" not in said


def test_a_program_that_never_answers_is_named(monkeypatch):
    monkeypatch.setattr(supervisor, "STARTING_SECONDS", 0.1)
    out = io.StringIO()
    assert supervise([python("mute", SLEEPS, lambda: False)], out) == 1
    assert "No answer within 0.1 seconds from: mute." in out.getvalue()


@pytest.mark.parametrize(
    ("offset", "name"),
    [(0, "shop"), (1, "payment page"), (2, "vault"), (3, "vault's way to the desk")],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_port_that_is_taken_is_named(ports, offset, name, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as neighbour:
        try:
            neighbour.bind((host, ports + offset))
        except OSError:
            pytest.skip("this machine has no IPv6")
        neighbour.listen()
        refusal = programs.why_ports_are_refused(ports)
    assert refusal.startswith(f"Port {ports + offset}, meant for the {name}, cannot be used")
    assert "--port" in refusal


@pytest.mark.parametrize("port", [0, -1, 65533, 99999])
def test_a_port_without_room_for_four_is_refused(port):
    refusal = programs.why_ports_are_refused(port)
    assert "give --port a number from 1 to 65532" in refusal


def test_an_instance_is_served_once_at_a_time_and_the_second_is_told_which(tmp_path):
    instance = tmp_path / "new" / "shop"
    with programs.alone(instance):
        assert instance.stat().st_mode & 0o777 == 0o700
        for _ in range(2):
            with pytest.raises(Refused, match=f"The shop in {instance} is running already"):
                programs.alone(instance).__enter__()
        with programs.alone(tmp_path / "another"):
            pass
    with programs.alone(instance):
        pass


def test_a_server_that_was_killed_keeps_nobody_from_its_instance(tmp_path):
    holds = (
        "import pathlib, sys, time; from storefront import programs\n"
        "with programs.alone(pathlib.Path(sys.argv[1])): print('alone', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", holds, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        read_until(holder, "alone")
        with pytest.raises(Refused):
            programs.alone(tmp_path).__enter__()
        holder.kill()
    with programs.alone(tmp_path):
        pass


def test_the_payment_page_the_vault_and_the_desk_are_told_nothing_of_the_database(tmp_path):
    place = programs.Place(8000, tmp_path)
    environ = {"DATABASE_URL": "postgresql://x", "MAIL_URL": "smtp://y", "STOREFRONT_LIMITS": "off"}
    for make in (programs.payment_page, programs.vault, programs.desk):
        told = make(place, environ).environ
        assert not {"DATABASE_URL", "MAIL_URL"} & told.keys()
        assert told["STOREFRONT_LIMITS"] == "off"
    assert programs.shop(place, environ).environ["DATABASE_URL"] == "postgresql://x"


def test_the_demonstrations_desk_can_be_left_out_and_then_no_page_speaks_of_it(tmp_path):
    for automatic in (True, False):
        place = programs.Place(8100, tmp_path, automatic_desk=automatic)
        told = programs.shop(place, {}).environ["STOREFRONT_DEMO_DESK"]
        assert told == ("on" if automatic else "off")
        assert ("--export" in programs.vault(place, {}).argv) == automatic


def test_all_programs_are_told_the_same_three_addresses(tmp_path):
    place = programs.Place(8100, tmp_path)
    every = (programs.vault, programs.payment_page, programs.shop, programs.worker, programs.desk)
    for make in every:
        told = make(place, {}).environ
        assert told["STOREFRONT_SHOP_ORIGIN"] == "http://localhost:8100"
        assert told["STOREFRONT_PAYMENT_ORIGIN"] == "http://127.0.0.1:8101"
        assert told["STOREFRONT_VAULT"] == "127.0.0.1:8102"
        assert told["STOREFRONT_INSTANCE"] == str(tmp_path)
