"""The programs of one shop, started together, watched, and stopped together.

`storefront run` calls `serve`. It stands apart from the web application, imports nothing of it,
and knows each program only by its command line, its environment and how it shows that it answers.
"""

import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
STARTING_SECONDS = 60  # how long all programs together may take until they answer
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30  # seconds before a program that ended is started again
LONG_LIFE = 60  # seconds after which a program's end is no sign that it ends at once each time
STOPPING_SECONDS = 5  # how long a program may take over a polite stop before it is killed


@dataclass(frozen=True)
class Program:
    """One program to run. `answers` says whether it is ready; without it, running is enough."""

    name: str
    argv: list[str]
    environ: dict[str, str]
    answers: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Place:
    """Where one shop runs: three neighbouring ports on loopback and one folder of its own."""

    port: int
    instance: Path

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

    def environ(self, base: dict[str, str]) -> dict[str, str]:
        """What every program is told, on top of the environment `base`."""
        return {
            **base,
            "PYTHONUNBUFFERED": "1",
            "STOREFRONT_INSTANCE": str(self.instance.resolve()),
            "STOREFRONT_SHOP_ORIGIN": self.shop,
            "STOREFRONT_PAYMENT_ORIGIN": self.payment,
            "STOREFRONT_VAULT": self.vault,
        }


# The four programs.


def vault(place: Place, environ: dict[str, str]) -> Program:
    argv = [script("vault"), "serve", "--instance", str(place.instance.resolve())]
    return Program(
        "vault",
        [*argv, "--listen", place.vault],
        without_secrets_of_the_shop(place.environ(environ)),
        lambda: accepts(place.port + 2),
    )


def payment_page(place: Place, environ: dict[str, str]) -> Program:
    return Program(
        "payment",
        granian("storefront.handoff.payment_page:app", place.port + 1),
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
    """Eight threads a worker, so that one visitor on a slow line does not keep the others waiting.

    A proxy that takes in whole requests before it passes them on, as nginx does, makes one enough.
    """
    options = {
        "--interface": "wsgi",
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": workers,
        "--blocking-threads": "8",
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
    """The payment page and the vault have no database and send no mail."""
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


# One running program.


class Child:
    """A running program in a session of its own, whose log lines reach `say` under its name.

    Start children from the main thread: the kernel ends them when the thread that started them
    ends, which is how none is left behind even if this process is killed outright.
    """

    def __init__(self, program: Program, say: Callable[[str], None]):
        self.program = program
        self._born = time.monotonic()
        # setpriv instead of preexec_fn, which must not run Python between fork and exec where
        # other threads exist. Where setpriv is missing, only an outright kill leaves children.
        tied = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        self.process = subprocess.Popen(
            [*tied, *program.argv],
            cwd=ROOT,  # where granian finds wsgi.py
            env=program.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that Ctrl-C comes here alone, and a kill takes them all
        )
        self._follower = threading.Thread(target=self._follow, args=(say,), daemon=True)
        self._follower.start()

    def _follow(self, say: Callable[[str], None]) -> None:
        with self.process.stdout as lines:
            for line in lines:
                say(f"[{self.program.name}] {line.rstrip()}")

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._born

    def ended(self) -> str | None:
        """How it ended, in words, or None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        if code < 0:
            return f"{self.program.name} was ended by {signal.Signals(-code).name}"
        return f"{self.program.name} ended with exit code {code}"

    def ask_to_stop(self) -> None:
        self.process.terminate()  # does nothing once it has ended

    def make_sure_it_stopped(self, by: float) -> None:
        """Waits until the monotonic time `by`, then kills it and whatever it started."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0, by - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._follower.join(1)


def stop(children: Iterable[Child]) -> None:
    """Ends them all: a polite word to each first, so that they stop side by side."""
    by = time.monotonic() + STOPPING_SECONDS
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.make_sure_it_stopped(by)


# All of them together.


def serve(port: int, instance: Path, environ: dict[str, str], out: TextIO = sys.stdout) -> int:
    """Runs the whole shop until it is told to stop. Returns 0 then, 1 when a program failed."""
    place = Place(port, instance)
    refusal = why_ports_are_refused(port)
    if refusal:
        print(refusal, file=out, flush=True)
        return 1
    programs = [make(place, environ) for make in (vault, payment_page, shop, worker)]
    addresses = [f"shop {place.shop}", f"payment {place.payment}", f"vault {place.vault}"]
    return supervise(programs, out, addresses)


def supervise(programs: list[Program], out: TextIO, addresses: Iterable[str] = ()) -> int:
    """Starts the programs, says `ready` once all answer, and looks after them until a signal.

    Returns 0 after SIGINT or SIGTERM, 1 when a program ended or never answered at the start.
    One that ends later is started again: the others, and the shop's visitors, go on meanwhile.
    """
    say = line_by_line(out)
    children: list[Child] = []
    with stop_signals() as stop_asked:
        try:
            for program in programs:
                children.append(Child(program, say))
            for address in addresses:
                say(address)
            trouble = wait_until_ready(children, stop_asked)
            if trouble:
                say(trouble)
                return 1
            if not stop_asked():
                say("ready")
                look_after(children, say, stop_asked)
            return 0
        finally:
            stop(children)


def wait_until_ready(children: list[Child], stop_asked) -> str | None:
    """Returns None once all answer or a stop was asked for, else a sentence on what went wrong."""
    silent = [child for child in children if child.program.answers]
    give_up = time.monotonic() + STARTING_SECONDS
    while not stop_asked():
        ended = next(filter(None, (child.ended() for child in children)), None)
        if ended:
            return f"{ended}. The other programs are being stopped."
        silent = [child for child in silent if not child.program.answers()]
        if not silent:
            return None
        if time.monotonic() > give_up:
            names = ", ".join(child.program.name for child in silent)
            return f"No answer within {STARTING_SECONDS} seconds from: {names}. All is stopped."
        time.sleep(0.03)
    return None


def look_after(children: list[Child], say: Callable[[str], None], stop_asked) -> None:
    """Starts again whatever ends, after a pause that doubles while it keeps ending."""
    pauses = {child.program.name: FIRST_PAUSE for child in children}
    due: dict[str, float] = {}
    while not stop_asked():
        for n, child in enumerate(children):
            name, ended = child.program.name, child.ended()
            if not ended:
                continue
            if name not in due:
                child.make_sure_it_stopped(by=0)  # its own children, too: they may hold its port
                pause = FIRST_PAUSE if child.age() > LONG_LIFE else pauses[name]
                say(f"{ended}. It starts again in {pause:g} s.")
                due[name] = time.monotonic() + pause
                pauses[name] = min(2 * pause, LONGEST_PAUSE)
            elif time.monotonic() >= due[name]:
                del due[name]
                children[n] = Child(child.program, say)
        time.sleep(0.2)


def line_by_line(out: TextIO) -> Callable[[str], None]:
    """Writes whole lines, at once, from any thread."""
    lock = threading.Lock()

    def say(line: str) -> None:
        with lock:
            out.write(line + "\n")
            out.flush()

    return say


@contextmanager
def stop_signals():
    """Gives a function that says whether SIGINT or SIGTERM has come."""
    came = []
    before = {
        number: signal.signal(number, lambda *_: came.append(True))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def why_ports_are_refused(port: int) -> str | None:
    """A sentence when the shop, payment page or vault could not listen, else None."""
    if not 1 <= port <= 65533:
        return f"Port {port} cannot be used: give --port a number from 1 to 65533."
    for number, name in enumerate(("shop", "payment page", "vault"), start=port):
        error = cannot_listen(number)
        if error:
            return (
                f"Port {number}, meant for the {name}, cannot be used ({error.strerror}). "
                f"Choose others with --port, such as --port {port % 65000 + 100}: "
                "the shop uses that port and the two after it."
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
