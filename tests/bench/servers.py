"""Servers that the bench starts, reads in /proc, and ends by their process id."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from storefront import programs
from storefront.programs import Child, Program

FIRST_PORT = 9200  # the search for free ones starts here
STARTING_SECONDS = 60
# A developer's own settings are not measured.
OURS = ("DATABASE_URL", "MAIL_URL", "STOREFRONT_")


class Server:
    """A running program, and what the kernel knows of it and its children."""

    def __init__(self, program: Program, origin: str) -> None:
        self.origin, self.lines = origin, []
        self.child = Child(program, self.lines.append)

    @property
    def pid(self) -> int:
        return self.child.process.pid

    def wait(self) -> None:
        """Until it answers. Raises `RuntimeError` with what it said when it does not."""
        give_up = time.monotonic() + STARTING_SECONDS
        answers = self.child.program.answers
        while answers and not answers():
            if self.child.ended() or time.monotonic() > give_up:
                why = self.child.ended() or "it never answered"
                raise RuntimeError("\n".join([f"{self.child.program.name}: {why}", *self.lines]))
            time.sleep(0.03)

    def processes(self) -> list[int]:
        """Its own process and all below it, the eldest first."""
        return tree(self.pid)

    def cpu(self) -> int:
        """Nanoseconds of processor time that all its threads have had, in and out of the kernel."""
        return sum(cpu_of(pid) for pid in self.processes())


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]
    return [pid, *(below for child in children for below in tree(child))]


def cpu_of(pid: int) -> int:
    """Nanoseconds on the process's own clock, threads that have ended included.

    The kernel's clock of a process goes by an id made of its number (MAKE_PROCESS_CPUCLOCK with
    CPUCLOCK_SCHED). utime and stime come in ticks of ten milliseconds; schedstat is kept for each
    thread, and goes with it.
    """
    return time.clock_gettime_ns(~pid << 3 | 2)


def memory_of(pid: int | str) -> dict[str, float]:
    """MiB of a process: `rss`; `pss`, where what others use too is shared out; `uss`, its own."""
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    sizes = {words[0]: int(words[1]) / 1024 for words in lines if words[-1] == "kB"}
    own = sizes["Private_Clean:"] + sizes["Private_Dirty:"]
    return {"rss": sizes["Rss:"], "pss": sizes["Pss:"], "uss": own}


def environ(**changes: str) -> dict[str, str]:
    """The environment of a measured program: without a developer's own settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return {**kept, "STOREFRONT_LIMITS": "off", **changes}


def free_ports(count: int, first: int = FIRST_PORT) -> list[int]:
    """So many ports that nobody listens at, from `first` on."""
    free = (port for port in range(first, first + 1000) if not programs.cannot_listen(port))
    return [next(free) for _ in range(count)]


def web(name: str, app: str, port: int, environ: Mapping[str, str], threads: int = 1) -> Server:
    """A WSGI app under granian, with one worker."""
    options = {
        "--interface": "wsgi",
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": "1",
        "--blocking-threads": str(threads),
        "--log-level": "warning",
    }
    origin = f"http://localhost:{port}"
    argv = [programs.script("granian"), *(word for pair in options.items() for word in pair), app]
    environ = {"STOREFRONT_SHOP_ORIGIN": origin, **environ}
    return Server(Program(name, argv, environ, lambda: _answers(port)), origin)


def _answers(port: int) -> bool:
    return programs.http_status("localhost", port, "/") is not None


@contextmanager
def running(servers: Mapping[str, Server]) -> Iterator[Mapping[str, Server]]:
    """Waits until all answer; ends them when the block is left, however it is left."""
    try:
        for server in servers.values():
            server.wait()
        yield servers
    finally:
        programs.stop(server.child for server in servers.values())
