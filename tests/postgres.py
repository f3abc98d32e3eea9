"""Runs a command beside a PostgreSQL server of its own: `python tests/postgres.py -- command…`

The server lives in a temporary folder, listens on a free port of 127.0.0.1, keeps nothing safe
(it is for tests; the bench asks for one that does), and is gone when the command ends. The command
finds its address in DATABASE_URL; its role may make databases, but is no superuser. Exits with the
command's code.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

STARTING_SECONDS = 30
# Its superuser answers on the socket in the temporary folder only, which others cannot enter.
WHO_MAY_CONNECT = """\
local all postgres trust
host  all storefront 127.0.0.1/32 trust
"""

UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def server(safe: bool = False) -> Iterator[str]:
    """Gives the address of a fresh, empty database. A safe one is on disk and loses nothing."""
    account = unprivileged_account()
    with tempfile.TemporaryDirectory(
        prefix="pg-", dir=None if safe else in_memory(), ignore_cleanup_errors=True
    ) as folder:
        if account:
            os.chown(folder, account["user"], account["group"])
        data = Path(folder, "data")
        make_cluster(data, account)
        port = free_port()
        with running(data, port, account, {} if safe else UNSAFE):
            with connect_once_it_answers(folder, port) as connection:
                connection.execute("CREATE ROLE storefront LOGIN CREATEDB")
                connection.execute("CREATE DATABASE storefront OWNER storefront")
            yield f"postgresql://storefront@127.0.0.1:{port}/storefront"


def in_memory() -> str | None:
    """A folder in memory where there is room: thousands of databases are copied and dropped."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and shutil.disk_usage(folder).free > 2 * 1024**3
    return str(folder) if roomy and os.access(folder, os.W_OK) else None


def make_cluster(data: Path, account: dict) -> None:
    options = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync"]
    done = subprocess.run(
        [program("initdb"), "-D", data, *options],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **account,
    )
    if done.returncode:
        sys.exit(f"initdb could not make a database cluster:\n{done.stdout}{done.stderr}")
    (data / "pg_hba.conf").write_text(WHO_MAY_CONNECT)


@contextmanager
def running(data: Path, port: int, account: dict, more: dict) -> Iterator[None]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": data.parent,
        "autovacuum": "off",  # its workers, the superuser's, keep databases from being dropped
        "log_min_messages": "panic",  # tests end sessions on purpose
        "log_min_error_statement": "panic",
        **more,
    }
    process = subprocess.Popen(
        [program("postgres"), "-D", data, *(f"--{k}={v}" for k, v in settings.items())],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # so that Ctrl-C ends the command first
        **account,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # "fast": it waits for no client
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)  # "immediate"
            process.wait()


def connect_once_it_answers(folder: str, port: int) -> psycopg.Connection:
    give_up = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            return psycopg.connect(
                host=folder, port=port, user="postgres", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)


def unprivileged_account() -> dict:
    """How to start PostgreSQL as somebody else when root, because it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    sys.exit("PostgreSQL must not run as root, and there is no account named postgres or nobody.")


def program(name: str) -> str:
    """The newest one in Debian's place, which is on nobody's PATH, or else the one on PATH."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(versions, key=lambda path: float(path.parts[4]), default=None)
    found = newest or shutil.which(name)
    if not found:
        sys.exit(f"PostgreSQL's program {name} is missing: apt-get install postgresql")
    return str(found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit("Usage: python tests/postgres.py -- command…")
    # A polite end must reach the `finally` above, or the server would be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with server() as address:
        environ = {**os.environ, "DATABASE_URL": address}
        return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
