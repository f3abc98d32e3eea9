"""The payment page as it is served: a process for every request, a parent that reads nothing."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from storefront.handoff.payment_server import MOST_AT_ONCE
from tests.faults.scanner import Scanner
from vault import keys

ROOT = Path(__file__).resolve().parents[2]
LINK = "MTIzNDU2.link-_of.an-order"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WEEK = 7 * 86400
IMPATIENT = """
from storefront.handoff import payment_server
payment_server.OneRequest.timeout = {silent}
payment_server.LIFE_SECONDS = {life}
payment_server.main()
"""
DUMPABLE = """
import ctypes
from storefront.handoff import payment_server
def tell(self):
    self.wfile.write(str(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)).encode())
payment_server.OneRequest.handle = tell
payment_server.main()
"""


CANNOT_FORK = """
import os
from storefront.handoff import payment_server
real, calls = os.fork, []
def fork():
    calls.append(1)
    if len(calls) == 1:
        raise BlockingIOError
    return real()
os.fork = fork
payment_server.main()
"""

KILLED_AT_THE_FIRST_LINE = """
import os, signal
from storefront.handoff import payment_server
begin = payment_server.Answer.send_preamble
def killed(self):
    begin(self)
    os.kill(os.getpid(), signal.SIGKILL)
payment_server.Answer.send_preamble = killed
payment_server.main()
"""


class Served:
    """A payment server of its own; `ask` makes one request."""

    def __init__(self, instance, vault, code=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        program = ["-c", code] if code else ["-m", "storefront.handoff.payment_server"]
        self.process = subprocess.Popen(
            [sys.executable, *program, "--listen", f"127.0.0.1:{self.port}"],
            cwd=ROOT,
            env=os.environ
            | {
                "STOREFRONT_INSTANCE": str(instance),
                "STOREFRONT_VAULT": vault,
                "STOREFRONT_PAYMENT_ORIGIN": self.origin,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert "listening" in self.process.stdout.readline()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(path).read_text().split()]

    def stop(self):
        """Ends it; what it printed."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.communicate(timeout=40)[0]


@pytest.fixture
def serve_page(instance, served):
    started = []

    def serve_page(code=None):
        started.append(Served(instance, served.address, code))
        return started[-1]

    yield serve_page
    for server in started:
        server.stop()


@pytest.fixture
def server(serve_page):
    return serve_page()


@pytest.fixture
def form(make_offer, shop_key):
    def form(server, **changes):
        offer = make_offer(aud=server.origin).sign(shop_key)
        fields = {"offer": offer, "link": LINK, "cc-number": "4242 4242 4242 4242"}
        return fields | {"cc-exp": "12/39"} | changes

    return form


def until(condition):
    give_up = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_card_is_taken(server, form, kept):
    status, headers, _ = server.ask("POST", "/", urlencode(form(server)), FORM)
    assert status == 303
    assert headers["Location"].startswith(f"http://localhost:8000/orders/{LINK}/return?receipt=")
    assert len(kept()) == 1


def test_the_page_and_its_style_are_shown(server, form):
    query = urlencode({name: form(server)[name] for name in ("offer", "link")})
    status, headers, page = server.ask("GET", f"/?{query}")
    assert (status, "Pay for your order" in page) == (200, True)
    assert "Server" not in headers
    assert server.ask("GET", "/static/style.css")[0] == 200
    assert server.ask("HEAD", "/static/style.css")[2] == ""


def test_every_connection_has_a_process_of_its_own_that_ends_with_it(server):
    with server.connect() as one, server.connect() as two:
        until(lambda: len(server.children()) == 2)
        first, second = server.children()
        assert server.process.pid not in (first, second)
        one.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert one.makefile("rb").read().startswith(b"HTTP/1.0 400 ")
        until(lambda: len(server.children()) == 1)
        two.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    until(lambda: server.children() == [])


def test_one_connection_gets_one_answer(server):
    with server.connect() as line:
        line.sendall(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 2)
        assert line.makefile("rb").read().count(b"HTTP/1.0 404 ") == 1


def test_the_beginning_of_an_answer_alone_never_passes_for_an_empty_page(serve_page):
    server = serve_page(KILLED_AT_THE_FIRST_LINE)
    with pytest.raises((OSError, http.client.HTTPException)):
        server.ask("GET", "/")


def test_a_parent_that_cannot_fork_hangs_up_unread_and_goes_on(serve_page, form):
    server = serve_page(CANNOT_FORK)
    body = urlencode(form(server, **{"cc-number": "9753186420970185"}))
    with pytest.raises((ConnectionError, http.client.BadStatusLine)):
        server.ask("POST", "/", body, FORM)
    assert Scanner({"card": b"975318642097"}).in_process(server.process.pid) == {}
    assert server.ask("POST", "/", body, FORM)[0] == 303
    until(lambda: server.children() == [])
    assert Scanner({"card": b"975318642097"}).in_process(server.process.pid) == {}
    assert server.stop() == "connection failed: BlockingIOError\n"


def test_no_dump_and_no_debugger_reaches_a_child(serve_page):
    with serve_page(DUMPABLE).connect() as line:
        assert line.makefile("rb").read() == b"0"  # PR_GET_DUMPABLE


def test_core_dumps_are_off(server):
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)


def test_a_client_that_says_nothing_is_hung_up_on_and_holds_up_nobody(serve_page):
    server = serve_page(IMPATIENT.format(silent=0.3, life=30))
    with server.connect() as silent, server.connect() as half:
        half.sendall(b"POST / HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n")
        half.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\ncc-number=42")
        assert server.ask("GET", "/")[0] == 400
        assert silent.recv(1) == b""
        half.makefile("rb").read()
    until(lambda: server.children() == [])
    assert "42" not in server.stop().partition("\n")[2]


def test_a_client_that_drips_is_cut_off_when_its_time_is_over(serve_page):
    server = serve_page(IMPATIENT.format(silent=10, life=1))
    with server.connect() as slow:
        until(lambda: not could_send(slow, b"G"))
    until(lambda: server.children() == [])


def could_send(line, what):
    try:
        line.sendall(what)
    except OSError:
        return False
    return True


def test_more_clients_than_there_is_room_for_wait_and_are_served(serve_page):
    server = serve_page(IMPATIENT.format(silent=1, life=30))
    idle = [server.connect() for _ in range(MOST_AT_ONCE + 5)]
    try:
        assert server.ask("GET", "/")[0] == 400
    finally:
        for line in idle:
            line.close()


def test_a_form_too_long_is_refused_and_the_refusal_arrives(server):
    status, _, page = server.ask("POST", "/", "x=" + "y" * 60_000, FORM)
    assert status == 413
    assert "too long to be a card" in page


@pytest.mark.parametrize(
    "request_text",
    [b"\x16\x03\x01\x02\x00\x01\r\n", b"4242 4242\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"],
)
def test_what_is_no_request_is_refused_and_not_repeated(server, request_text):
    with server.connect() as line:
        line.sendall(request_text)
        line.shutdown(socket.SHUT_WR)
        assert b"4242" not in line.makefile("rb").read()
    assert "4242" not in server.stop()


def test_a_header_with_an_underscore_passes_for_no_other(server):
    headers = {"X_Forwarded_Proto": "https", "Transfer_Encoding": "chunked"}
    status, headers, _ = server.ask("GET", "/", headers=headers)
    assert status == 400
    assert "Strict-Transport-Security" not in headers


def test_a_chunked_body_is_refused(server):
    headers = FORM | {"Transfer-Encoding": "chunked"}
    assert server.ask("POST", "/", b"2\r\nx=\r\n0\r\n\r\n", headers)[0] == 411


def test_a_manifest_put_back_is_refused_though_no_child_remembers(server, form, instance, now):
    path = instance / "payment/manifest"
    old = path.read_bytes()
    keys.init(instance, now + WEEK)
    body = urlencode(form(server))
    assert server.ask("POST", "/", body, FORM)[0] == 303
    path.with_name("manifest.seen").unlink()  # as where the folder cannot be written
    path.write_bytes(old)
    status, _, page = server.ask("POST", "/", body, FORM)
    assert status == 503
    assert "we will not take it" in page


def test_told_to_stop_it_answers_what_it_has_begun(server, form):
    body = urlencode(form(server)).encode()
    with server.connect() as line:
        line.sendall(b"POST / HTTP/1.0\r\nHost: 127.0.0.1\r\n")
        line.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n")
        until(server.children)
        server.process.send_signal(signal.SIGTERM)
        line.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert line.makefile("rb").read().startswith(b"HTTP/1.0 303 ")
    assert server.process.wait(30) == 0


def test_nothing_that_was_sent_is_printed(server, form):
    server.ask("POST", "/", urlencode(form(server)), FORM)
    server.ask("POST", "/", urlencode(form(server, cvv="987")), FORM)
    server.ask("GET", "/?cc-number=4242424242424242")
    assert server.stop() == ""


def test_without_keys_it_does_not_start_and_says_why(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "storefront.handoff.payment_server"],
        cwd=ROOT,
        env=os.environ | {"STOREFRONT_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "run bin/run, or `vault init`" in done.stderr
