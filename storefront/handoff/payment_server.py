"""Serves the payment page with a process for every request, so that no card outlives its answer.

    python -m storefront.handoff.payment_server --listen 127.0.0.1:8001

The parent listens, and reads nothing. For each connection it forks a child, which reads one
request, answers it and ends; whatever it had in memory, in whichever buffer, ends with it. A
server that lives on keeps cards in buffers that it frees and does not wipe.
"""

import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import sys
from socketserver import ForkingMixIn, TCPServer
from urllib.parse import urlsplit
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler

import click

from .payment_page import PaymentApp, create_payment_page
from .payment_settings import Settings
from .wire import HandoffError

#: How long one request may take, whatever it is waiting for, and how long its client may be silent.
LIFE_SECONDS, SILENT_SECONDS = 30, 10
MOST_AT_ONCE = 128
_MOST_UNREAD = 64 * 1024  # bytes taken in and thrown away, so that an early answer arrives
_PR_SET_DUMPABLE = 4  # <linux/prctl.h>


class PaymentServer(ForkingMixIn, TCPServer):
    """The payment page `app` at `address`, a pair of host and port (0 for a free one)."""

    allow_reuse_address = True
    request_queue_size = MOST_AT_ONCE
    max_children = MOST_AT_ONCE
    is_child = False
    told_to_stop = False

    def __init__(self, address: tuple[str, int], app: PaymentApp):
        self.app = app
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, OneRequest)
        host, port = self.server_address[:2]
        # What WSGI wants to be told besides the request (PEP 3333); wsgiref looks for it here.
        self.base_environ = {"SERVER_NAME": host, "SERVER_PORT": str(port), "SCRIPT_NAME": ""}

    def stop(self, *_) -> None:
        """What a signal calls: ends the waiting; leaving the block lets requests finish.

        Python swallows what is raised while it tells its modules of a fork: so it is noted, too.
        """
        self.told_to_stop = True
        sys.exit()

    def service_actions(self) -> None:
        """What is looked at between two requests, and twice a second."""
        super().service_actions()
        if self.told_to_stop:
            sys.exit()

    def process_request(self, request: socket.socket, client_address) -> None:
        """Forks. A manifest is looked at here first, for a child remembers nothing."""
        with contextlib.suppress(HandoffError):  # the child meets it again, and says so
            self.app.till.look_at_manifest()
        super().process_request(request, client_address)

    def finish_request(self, request: socket.socket, client_address) -> None:
        """The child's whole life."""
        self.is_child = True
        self.socket.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(LIFE_SECONDS)  # whose default is to end the process
        _shut_away()
        super().finish_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        """Hangs up, after taking in what came and was not read, as of a form that is too long.

        Closing on unread bytes would reset the connection, and the answer could be lost.
        """
        if self.is_child:  # the parent, where it could not fork, reads nothing
            with contextlib.suppress(OSError):
                _drain(request)
        self.close_request(request)

    def handle_error(self, request, client_address) -> None:
        """Logs the kind of error only; its text could hold what the client sent."""
        kind = sys.exc_info()[0]
        if not issubclass(kind, (ConnectionError, TimeoutError)):
            print(f"connection failed: {kind.__name__}", file=sys.stderr)


class OneRequest(WSGIRequestHandler):
    """One request of one connection (HTTP/1.0, so that the client expects no second)."""

    timeout = SILENT_SECONDS
    #: Bytes of an answer that go out at once. The end of a connection is the end of an answer here:
    #: the first lines of one alone, of a child killed there, would pass for an empty page.
    wbufsize = 256 * 1024

    def handle(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        environ = self.get_environ()
        answer = Answer(self.rfile, self.wfile, sys.stderr, environ, multithread=False)
        answer.request_handler = self
        answer.run(self.server.app)

    def parse_request(self) -> bool:
        """Drops headers with underscores: a WSGI application cannot tell them from hyphens."""
        if not super().parse_request():
            return False
        for name in {name for name in self.headers if "_" in name}:
            del self.headers[name]
        return True

    def send_error(self, code, message=None, explain=None) -> None:
        """What http.server refuses by itself, without repeating what the client sent."""
        status = f"HTTP/1.0 {int(code)} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.wfile.write(status.encode("ascii"))

    def log_message(self, *_) -> None:
        """No request is logged."""


class Answer(ServerHandler):
    """Runs the application, tells it nothing of the environment, and logs no text of an error."""

    os_environ = {}  # noqa: RUF012 - wsgiref's name for it
    server_software = None

    def log_exception(self, exc_info) -> None:
        print(f"request failed: {exc_info[0].__name__}", file=sys.stderr)


def _drain(request: socket.socket) -> None:
    request.shutdown(socket.SHUT_WR)
    request.settimeout(1)
    unread = _MOST_UNREAD
    while unread > 0 and select.select([request], [], [], 0)[0]:
        more = request.recv(8192)
        unread = unread - len(more) if more else 0


def _shut_away() -> None:
    """No core dump and no debugger of the same account reaches a child (Linux; see prctl(2)).

    RLIMIT_CORE alone does not stop dumps that the kernel pipes to a program.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def warm(app: PaymentApp) -> None:
    """Loads what the first request would, so that children find it ready."""
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("payment/")):
        app.jinja_env.get_template(name)
    app.test_client().get("/")
    app.till.rehearse()
    gc.collect()
    gc.freeze()  # what is here now stays; collecting it would copy its pages into every child


@click.command(help=__doc__)
@click.option("--listen", default="127.0.0.1:8001", show_default=True, help="host:port")
def main(listen: str) -> None:
    try:
        where = urlsplit(f"//{listen}")
        address = (where.hostname or "", where.port or 0)
        app = create_payment_page(Settings.from_environment(os.environ))
        warm(app)
        with PaymentServer(address, app) as server:
            signal.signal(signal.SIGTERM, server.stop)
            click.echo(f"payment page listening on {listen}")
            server.serve_forever()
    except KeyboardInterrupt:
        return
    except (HandoffError, OSError, ValueError) as error:
        raise click.ClickException(f"The payment page cannot serve at {listen}: {error}") from None


if __name__ == "__main__":
    main(prog_name="payment_server")
