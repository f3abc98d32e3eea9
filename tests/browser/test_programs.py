"""The shop's own programs, run as `bin/run` runs them."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from storefront import programs, supervisor
from storefront.config import read_settings


def get(address):
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.status


def processes_about(instance):
    """Those that run with this instance folder, by process id."""
    told = f"STOREFRONT_INSTANCE={instance}\0".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if told in (folder / "environ").read_bytes() + b"\0":
                found.add(int(folder.name))
        except OSError:  # it ended meanwhile, or it is not ours
            continue
    return found


def run(shop, port):
    """The supervisor of a shop; what it complains of comes with what it says."""
    return subprocess.Popen(
        [programs.script("storefront"), "run", "--set-up", "--port", str(port)],
        env=shop.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_running_shop_names_its_addresses_then_says_ready(running_shop, page):
    said = [line.removeprefix("[run] ") for line in running_shop.lines]
    first = said.index(f"shop {running_shop.origin}")
    assert said[first + 1] == f"payment {running_shop.payment_origin}"
    assert said[first + 2] == f"vault 127.0.0.1:{running_shop.port + 2}"
    assert first + 2 < said.index("ready")
    assert page.goto("/").status == 200


def test_a_step_in_another_terminal_knows_where_the_shop_is_served(running_shop):
    told = {"STOREFRONT_INSTANCE": str(running_shop.instance)}
    settings = read_settings(told)
    assert settings.shop_origin == running_shop.origin
    assert settings.payment_origin == running_shop.payment_origin
    assert settings.vault_address == f"127.0.0.1:{running_shop.port + 2}"
    elsewhere = read_settings(told | {"STOREFRONT_SHOP_ORIGIN": "https://shop.example"})
    assert elsewhere.shop_origin == "https://shop.example"


def test_a_second_start_on_the_same_port_names_it_and_leaves_the_first_alone(running_shop):
    with run(running_shop, running_shop.port) as second:
        said = second.stdout.read()
    assert second.returncode == 1
    assert f"Port {running_shop.port}, meant for the shop, cannot be used" in said
    assert get(f"{running_shop.origin}/healthz") == 200


def test_a_second_start_of_the_same_shop_on_other_ports_names_it_and_starts_nothing(running_shop):
    before = processes_about(running_shop.instance)
    with run(running_shop, free_port(running_shop.port)) as second:
        said = second.stdout.read()
    assert second.returncode == 1
    assert said.startswith(f"The shop in {running_shop.instance} is running already.")
    assert len(said.splitlines()) == 1
    assert processes_about(running_shop.instance) == before


def free_port(near):
    """The first of four ports that nobody uses, none of them among the four at `near`."""
    candidates = range(near + 4, near + 4000, 4)
    return next(port for port in candidates if programs.why_ports_are_refused(port) is None)


def test_the_payment_page_bears_the_shops_own_name(shop_stack):
    shop_stack.stop()
    path = shop_stack.instance / "settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": "Bäckerei & Söhne"}))
    with run(shop_stack, shop_stack.port) as serving:
        lines = iter(serving.stdout.readline, "")
        assert any(line.startswith("ready") for line in lines)
        told = [
            Path(f"/proc/{pid}/environ").read_bytes()
            for pid in processes_about(shop_stack.instance) - {serving.pid}
        ]
        serving.send_signal(signal.SIGINT)
        serving.stdout.read()
    name = "STOREFRONT_SHOP_NAME=Bäckerei & Söhne\0".encode()
    assert told
    assert all(name in environ for environ in told)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(shop_stack, number):
    shop_stack.stop()
    assert not processes_about(shop_stack.instance)
    with run(shop_stack, shop_stack.port) as serving:
        for line in serving.stdout:
            if line == "ready\n":
                break
        # granian is deaf for the instant in which it turns from starting to waiting: its handler
        # sets an event whose lock the main thread may hold just then.
        time.sleep(0.5)
        started = processes_about(shop_stack.instance)
        began = time.monotonic()
        serving.send_signal(number)
        assert serving.wait(supervisor.STOPPING_SECONDS) == (-9 if number == signal.SIGKILL else 0)
    while processes_about(shop_stack.instance) and time.monotonic() - began < 10:
        time.sleep(0.05)
    assert not processes_about(shop_stack.instance)
    assert len(started) >= 6  # the supervisor and its five programs


def test_the_vault_can_be_stopped_and_started_under_a_running_shop(shop_stack):
    assert programs.accepts(shop_stack.port + 2)
    shop_stack.stop_vault()
    assert not programs.accepts(shop_stack.port + 2)
    assert get(f"{shop_stack.origin}/healthz") == 200
    shop_stack.start_vault()
    assert programs.accepts(shop_stack.port + 2)


def test_what_the_shop_writes_is_its_owners_alone(running_shop):
    written = [running_shop.instance, *running_shop.instance.rglob("*")]
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []


def test_a_program_that_is_killed_is_started_again(shop_stack):
    with run(shop_stack_stopped(shop_stack), shop_stack.port) as serving:
        lines = iter(serving.stdout.readline, "")
        assert any(line.startswith("ready") for line in lines)
        os.kill(next(iter(workers_of(shop_stack.instance))), signal.SIGKILL)
        assert any("worker was ended by SIGKILL. It starts again" in line for line in lines)
        assert any("worker is awake" in line for line in lines)
        assert get(f"{shop_stack.origin}/healthz") == 200
        serving.send_signal(signal.SIGINT)
        serving.stdout.read()
    assert serving.returncode == 0


def shop_stack_stopped(stack):
    stack.stop()
    return stack


def workers_of(instance):
    """The process of the worker that runs with this instance folder."""
    for pid in processes_about(instance):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"worker" in words:
            yield pid
