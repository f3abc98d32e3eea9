"""A server for pinned clients: HTTP/1.1 over TLS 1.3, each side trusting one certificate.

The handshake and the look at the client's certificate come before a single byte of a request is
read, in the connection's own thread. Nothing that a request holds is ever logged.
"""

import hashlib
import logging
import re
import select
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

from storefront.handoff.envelope import HandoffError, canonical

from .intake import Answer, refuse

HANDSHAKE_SECONDS = 5
IDLE_SECONDS = 15

Routes = dict[str, list[tuple[re.Pattern, str, str]]]

log = logging.getLogger("vault")


class LineServer(socketserver.ThreadingTCPServer):
    """Serves at `address`, a pair of host and port (0 for a free one), with the certificate in
    `folder` and for the clients in `roles`, each of which has its certificate pinned there."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        folder: Path,
        roles: Sequence[str],
        request: type["LineRequest"],
    ):
        self._context, self._roles = _trust(folder, roles)
        self._live: set[socket.socket] = set()
        self._live_lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, request)

    def finish_request(self, request: socket.socket, client_address) -> None:
        """One connection, in its own thread: handshake, certificate, then requests."""
        tls = self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        with tls, self._counted(tls):
            try:
                _shake_hands(tls, time.monotonic() + HANDSHAKE_SECONDS)
            except (ssl.SSLEOFError, ConnectionError):
                return log.debug("a client left before the handshake")  # such as a health check
            except OSError as error:  # ssl.SSLError is one
                return log.warning("handshake failed: %s", type(error).__name__)
            certificate = tls.getpeercert(binary_form=True) or b""
            role = self._roles.get(hashlib.sha256(certificate).digest())
            if role is None:
                return log.warning("a client without a pinned certificate was turned away")
            self.RequestHandlerClass(tls, client_address, self, role=role)

    @contextmanager
    def _counted(self, tls: socket.socket):
        with self._live_lock:
            self._live.add(tls)
        try:
            yield
        finally:
            with self._live_lock:
                self._live.discard(tls)

    def server_close(self) -> None:
        """Stops listening, lets requests under way finish, and waits for them."""
        with self._live_lock:
            for tls in self._live:
                # Not SSLSocket.shutdown: it drops the encryption, and an answer may yet be due.
                _quietly(socket.socket.shutdown, tls, socket.SHUT_RD)
        super().server_close()

    def handle_error(self, request, client_address) -> None:
        """Logs the kind of error only; its text could hold what the client sent."""
        log.error("connection failed: %s", sys.exc_info()[0].__name__)


class LineRequest(BaseHTTPRequestHandler):
    """The requests of one connection, whose client's `role` its certificate has shown.

    `routes` has, by method, patterns of paths with the role that may ask and the name of the
    method that answers; it is given what the pattern found, or the body of a PUT. `most_bytes` is
    the longest body that is read.
    """

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    routes: ClassVar[Routes]
    most_bytes: ClassVar[int]

    def __init__(self, *arguments, role: str):
        self.role = role
        super().__init__(*arguments)

    def do_PUT(self) -> None:
        """Reads a body whose length is known and not too long."""
        route = self._route("PUT")
        if isinstance(route, Answer):
            return self._refuse_unread(route)
        length = self.headers.get_all("Content-Length", [])
        if len(length) != 1 or not re.fullmatch(r"[0-9]{1,9}", length[0]):
            return self._refuse_unread(refuse(411, "length-missing"))
        if int(length[0]) > self.most_bytes:
            return self._refuse_unread(refuse(413, "too-large"))
        body = self.rfile.read(int(length[0]))
        if len(body) < int(length[0]):
            return self._refuse_unread(refuse(400, "cut-short"))
        return self._answer(getattr(self, route[1])(body))

    def do_GET(self) -> None:
        """Reads nothing but the head."""
        route = self._route("GET")
        if isinstance(route, Answer):
            return self._refuse_unread(route)
        return self._answer(getattr(self, route[1])(*route[0].groups()))

    def _route(self, method: str) -> Answer | tuple[re.Match, str]:
        for pattern, role, name in self.routes[method]:
            if match := pattern.fullmatch(self.path):
                return (match, name) if role == self.role else refuse(403, "not-for-you")
        return refuse(404, "no-such-path")

    def parse_request(self) -> bool:
        """Refuses transfer codings: with them, where a body ends is open to dispute."""
        if not super().parse_request():
            return False
        if "Transfer-Encoding" in self.headers:
            self._refuse_unread(refuse(411, "length-missing"))
            return False
        return True

    def _refuse_unread(self, answer: Answer) -> None:
        """Refuses and hangs up, because a body left unread would pass for the next request."""
        self.close_connection = True
        self._answer(answer)

    def _answer(self, answer: Answer | bytes) -> None:
        raw = isinstance(answer, bytes)
        body = answer if raw else canonical(answer.members)
        self.send_response(200 if raw else answer.status)
        self.send_header("Content-Type", "text/plain" if raw else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code, message=None, explain=None) -> None:
        """What http.server refuses by itself, without repeating what the client sent."""
        self._refuse_unread(refuse(int(code), "bad-request"))

    def version_string(self) -> str:
        """The Server header, which tells no versions."""
        return "vault"

    def log_request(self, code="-", size="-") -> None:
        """Method, shape of the path, status; never the path itself.

        Clients ask every minute whether there is news: GETs are for debugging.
        """
        method = self.command if self.command in self.routes else "?"
        level = logging.DEBUG if method == "GET" else logging.INFO
        log.log(level, "%s %s %s %s", self.role, method, self._shape(), int(code))

    def _shape(self) -> str:
        path = getattr(self, "path", "")
        for pattern, _, _ in [route for routes in self.routes.values() for route in routes]:
            if match := pattern.fullmatch(path):
                return path if not match.groups() else path[: match.start(1)] + "…"
        return "?"

    def log_message(self, *_) -> None:
        """http.server's own messages repeat what the client sent, so none is kept."""


def _trust(folder: Path, roles: Sequence[str]) -> tuple[ssl.SSLContext, dict[bytes, str]]:
    """A context that trusts the pinned clients, and their roles by certificate's SHA-256."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.num_tickets = 0  # no resumption: every connection shows its certificate anew
    by_pin = {}
    try:
        for role in roles:
            pinned = (folder / f"{role}-line.pem").read_text("ascii")
            context.load_verify_locations(cadata=pinned)
            by_pin[hashlib.sha256(ssl.PEM_cert_to_DER_cert(pinned)).digest()] = role
        context.load_cert_chain(folder / "line.pem", folder / "line.key")
    except (OSError, ValueError) as error:
        raise HandoffError(
            f"The line's keys in {folder} cannot be used ({type(error).__name__}); "
            "run `vault init`."
        ) from None
    return context, by_pin


def _shake_hands(tls: ssl.SSLSocket, deadline: float) -> None:
    """The TLS handshake, over by `deadline` (monotonic seconds) however slowly bytes drip in.

    Raises OSError: TimeoutError, or ssl.SSLError when the client's certificate is not right.
    """
    tls.setblocking(False)
    while True:
        try:
            return tls.do_handshake()
        except ssl.SSLWantReadError:
            wanted = select.POLLIN
        except ssl.SSLWantWriteError:
            wanted = select.POLLOUT
        waiting = select.poll()  # select.select knows no more than 1024 descriptors
        waiting.register(tls, wanted)
        left = deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise TimeoutError


def _quietly(action, *arguments) -> None:
    try:
        action(*arguments)
    except OSError:
        log.debug("a connection was already closed")
