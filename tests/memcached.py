"""A memcached of its own for a test: in memory, on a free port, gone with the block."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storefront.programs import accepts


@contextmanager
def server(port: int = 0) -> Iterator[int]:
    """Gives the port it listens at, which may be chosen."""
    with socket.create_server(("127.0.0.1", port)) as free:
        port = free.getsockname()[1]
    program = shutil.which("memcached") or "/usr/bin/memcached"
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program, "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "16", *account]
    with subprocess.Popen(command) as running:
        give_up = time.monotonic() + 10
        while not accepts(port):
            assert time.monotonic() < give_up, f"memcached never answered; {running.poll()}"
            time.sleep(0.01)
        yield port
        running.kill()
