"""The programs of one shop: what they are, where they listen, how they show that they answer.

`storefront run` calls `serve`. It stands apart from the web application, imports nothing of it,
and leaves starting, watching and stopping to `supervisor`.
"""

import errno
import fcntl
import http.client
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from storefront.refusals import Refused
from storefront.supervisor import ROOT, Child, Program, stop, supervise

__all__ = ["ROOT", "Child", "Place", "Program", "serve", "stop", "supervise"]


@dataclass(frozen=True)
class Place:
    """Where one shop runs: four neighbouring ports on loopback and one folder of its own.

    With `automatic_desk` a desk with the sandbox acquirer charges test cards by itself.
    """

    port: int
    instance: Path
    automatic_desk: bool = True

    @property
    def shop(self) -> str:
        # Another host name than the payment page's, because cookies know no ports.
        return f"http://localhost:{self.port}"

    @property
    def payment(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def vault(self) -> str:
        return f"127.0.0.1:{self.port + 2}"

    @property
    def export(self) -> str:
        """Where the vault hears the desk, and nobody else."""
        return f"127.0.0.1:{self.port + 3}"

    @property
    def addresses(self) -> dict[str, str]:
        """The three addresses, by the variables that name them."""
        return {
            "STOREFRONT_SHOP_ORIGIN": self.shop,
            "STOREFRONT_PAYMENT_ORIGIN": self.payment,
            "STOREFRONT_VAULT": self.vault,
        }

    def environ(self, base: dict[str, str]) -> dict[str, str]:
        """What every program is told, on top of the environment `base`."""
        return {
            **base,
            "PYTHONUNBUFFERED": "1",
            "STOREFRONT_INSTANCE": str(self.instance.resolve()),
            **self.addresses,
            "STOREFRONT_DEMO_DESK": "on" if self.automatic_desk else "off",
        }


# The five programs.


def vault(place: Place, environ: dict[str, str]) -> Program:
    """The vault; it hears a desk on a line only where there is an automatic one."""
    argv = [script("vault"), "serve", "--instance", str(place.instance.resolve())]
    export = ["--export", place.export] if place.automatic_desk else []
    ports = (place.port + 2, place.port + 3)[: 1 + place.automatic_desk]
    return Program(
        "vault",
        [*argv, "--listen", place.vault, *export],
        without_secrets_of_the_shop(place.environ(environ)),
        lambda: all(map(accepts, ports)),
    )


def desk(place: Place, environ: dict[str, str]) -> Program:
    """Stands in for a person and a machine off line: for trying the shop with test cards."""
    argv = [script("vault"), "desk", "--instance", str(place.instance.resolve())]
    return Program(
        "desk",
        [*argv, "--automatic", "--export", place.export],
        without_secrets_of_the_shop(place.environ(environ)),
    )


def payment_page(place: Place, environ: dict[str, str]) -> Program:
    module = [sys.executable, "-m", "storefront.handoff.payment_server"]
    return Program(
        "payment",
        [*module, "--listen", f"127.0.0.1:{place.port + 1}"],
        without_secrets_of_the_shop(place.environ(environ)),
        lambda: http_status("127.0.0.1", place.port + 1, "/") is not None,
    )


def shop(place: Place, environ: dict[str, str]) -> Program:
    return Program(
        "shop",
        granian("wsgi:app", place.port, workers=environ.get("STOREFRONT_WORKERS", "1")),
        place.environ(environ),
        lambda: http_status("localhost", place.port, "/healthz") == 200,
    )


def worker(place: Place, environ: dict[str, str]) -> Program:
    return Program("worker", [script("storefront"), "worker"], place.environ(environ))


def script(name: str) -> str:
    """The console script that was installed beside the Python now running."""
    return str(Path(sys.executable).with_name(name))


def granian(app: str, port: int, workers: str = "1") -> list[str]:
    """The command that serves `app`; one thread a worker is the quickest (docs/performance.md).

    It waits for forms that come in slowly. On the internet that is the proxy's work, which takes
    in whole requests before it passes them on.
    """
    options = {
        "--interface": "wsgi",
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": workers,
        "--blocking-threads": "1",
        "--log-level": "warning",
        "--respawn-interval": "1",
        "--workers-kill-timeout": "3",  # within STOPPING_SECONDS
    }
    return [
        script("granian"),
        "--respawn-failed-workers",
        *(word for option in options.items() for word in option),
        app,
    ]


def without_secrets_of_the_shop(environ: dict[str, str]) -> dict[str, str]:
    """The payment page, the vault and the desk have no database and send no mail."""
    return {k: v for k, v in environ.items() if k not in ("DATABASE_URL", "MAIL_URL")}


# Do they answer?


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def http_status(host: str, port: int, path: str) -> int | None:
    """The status of a GET, or None when nothing answered within two seconds."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


# All of them together.


def serve(place: Place, environ: dict[str, str], out: TextIO = sys.stdout) -> int:
    """Runs the whole shop until it is told to stop. Returns 0 then, 1 when a program failed.

    Look at the ports first (`why_ports_are_refused`), and be `alone` with the instance. It keeps
    the addresses, for the steps of the command that somebody takes meanwhile in another terminal.
    """
    (place.instance / "addresses.json").write_text(json.dumps(place.addresses, indent=2) + "\n")
    makers = [vault, payment_page, shop, worker, *([desk] if place.automatic_desk else [])]
    programs = [make(place, environ) for make in makers]
    addresses = [f"shop {place.shop}", f"payment {place.payment}", f"vault {place.vault}"]
    return supervise(programs, out, addresses)


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Keeps the instance, whose folder it makes, from being served twice while the block runs.

    Two vaults would write into one store, whatever their ports. Raises `Refused` when the
    instance is being served; the kernel lets go of the lock however its holder ends.
    """
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(instance / "run.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"The shop in {instance} is running already. Stop it first, or name another "
                "folder in STOREFRONT_INSTANCE."
            ) from None
        yield
    finally:
        os.close(held)


def why_ports_are_refused(port: int) -> str | None:
    """A sentence when the shop, payment page or vault could not listen, else None."""
    if not 1 <= port <= 65532:
        return f"Port {port} cannot be used: give --port a number from 1 to 65532."
    names = ("shop", "payment page", "vault", "vault's way to the desk")
    for number, name in enumerate(names, start=port):
        error = cannot_listen(number)
        if error:
            return (
                f"Port {number}, meant for the {name}, cannot be used ({error.strerror}). "
                f"Choose others with --port, such as --port {port % 65000 + 100}: "
                "the shop uses that port and the three after it."
            )
    return None


def cannot_listen(port: int) -> OSError | None:
    for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")):
        try:
            with socket.socket(family) as probe:
                # As servers do: a port whose last connections are still fading away is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            # On ::1 only a neighbour matters, who would draw visitors of `localhost` away;
            # a machine without IPv6 is no trouble.
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:
                return error
    return None
