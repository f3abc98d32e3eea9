"""The gate in shop and worker as they really run, tried from inside by a module planted there.

Python imports `sitecustomize` when it starts. The one that is planted waits until the program has
closed its gate, and then tries to reach whom it may and whom it may not.
"""

import json
import os
import socket
import time
from contextlib import closing

import pytest

from storefront import programs
from storefront.models import ConnectionCount
from storefront.programs import Child, Program
from tests.browser.ports import four_free_ports

PATIENCE = 30  # seconds
PLANTED = """
import os, threading, time

def outcome(knock, *where):
    try:
        knock(*where)
    except BaseException as trouble:
        return type(trouble).__name__
    return "passed"

def wait_and_try():
    import sys
    for _ in range(600):
        gate = sys.modules.get("storefront.gate")
        if gate and getattr(gate, "_state", {}).get("closed"):
            break
        time.sleep(0.05)
    else:
        return
    import http.client, json, smtplib, socket, subprocess, urllib.request
    import requests, urllib3
    host, vault, other = "127.0.0.1", int(os.environ["VAULT_PORT"]), int(os.environ["OTHER_PORT"])
    url = f"http://{host}:{other}/"
    told = {
        "vault": outcome(socket.create_connection, (host, vault)),
        "socket": outcome(socket.create_connection, (host, other)),
        "name": outcome(socket.getaddrinfo, "evil.example", 80),
        "urllib": outcome(urllib.request.urlopen, url),
        "http.client": outcome(http.client.HTTPConnection(host, other).connect),
        "smtplib": outcome(smtplib.SMTP, host, other),
        "urllib3": outcome(urllib3.PoolManager(retries=False).request, "GET", url),
        "requests": outcome(requests.get, url),
        "program": outcome(subprocess.run, ["curl", url]),
    }
    draft = f"{os.environ['TOLD']}.{os.getpid()}"
    with open(draft, "w") as file:
        json.dump(told, file)
    os.replace(draft, os.environ["TOLD"])

def start():
    threading.Thread(target=wait_and_try, daemon=True).start()

start()
os.register_at_fork(after_in_child=start)  # as granian makes its workers
"""
STOPPED = ("socket", "name", "urllib", "http.client", "smtplib", "urllib3", "requests")


@pytest.fixture
def planted(settings, tmp_path):
    """The environment of a program with the planted module; `other` listens and is undeclared."""
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "sitecustomize.py").write_text(PLANTED)
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield own | {
            "PYTHONPATH": str(tmp_path / "planted"),
            "TOLD": str(tmp_path / "told.json"),
            "VAULT_PORT": settings.vault_address.rpartition(":")[2],
            "OTHER_PORT": str(other.getsockname()[1]),
            "STOREFRONT_INSTANCE": str(settings.instance),
            "DATABASE_URL": settings.database_url,
            "STOREFRONT_VAULT": settings.vault_address,
            "MAIL_URL": settings.mail_url,
        }
        other.settimeout(0.1)
        with pytest.raises(TimeoutError):
            other.accept()  # nobody has come


def shop(environ) -> Program:
    port = four_free_ports()
    return Program("shop", programs.granian("wsgi:app", port), environ)


def worker(environ) -> Program:
    return Program("worker", [programs.script("storefront"), "worker"], environ)


@pytest.mark.parametrize("program", [shop, worker])
def test_a_running_program_reaches_nobody_undeclared_and_counts_whom_it_reached(
    planted, tmp_path, program
):
    lines, told = [], tmp_path / "told.json"
    child = Child(program(planted), lines.append)
    try:
        give_up = time.monotonic() + PATIENCE
        while not told.exists():
            assert child.ended() is None, lines
            assert time.monotonic() < give_up, lines
            time.sleep(0.05)
    finally:
        programs.stop([child])
    outcomes = json.loads(told.read_text())
    assert outcomes == {"vault": "passed", "program": "UndeclaredProgram"} | dict.fromkeys(
        STOPPED, "UndeclaredRecipient"
    )
    (row,) = ConnectionCount.select()
    assert row.recipient == "vault"
    assert row.connections >= 1
