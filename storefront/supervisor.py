"""Starts programs together, watches them, starts again what ends, and stops them all.

It knows each program only by its command line, its environment and how it shows that it answers;
what the programs of a shop are is in `programs`.
"""

import os
import shutil
import signal
import subprocess
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
