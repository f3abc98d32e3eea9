"""Copies of the database: made while the shop runs, and put back.

SQLite copies itself, and a copy is a database; of PostgreSQL `pg_dump` writes a script, which
`psql` reads. A copy holds what the database held, people's data too: a file for its owner alone.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from storefront.config import Settings
from storefront.db import database, is_sqlite
from storefront.refusals import Refused

Tell = Callable[[str], None]
MIGRATIONS_TABLE = "schema_migration"
DUMP_BEGINS = b"--\n-- PostgreSQL database dump\n"
DUMP_ENDS = b"-- PostgreSQL database dump complete\n"


def back_up(
    settings: Settings,
    at: datetime,
    tell: Tell,
    to: Path | None = None,
    may_go_without: bool = False,
) -> Path | None:
    """Copy the database into `to`, a new file, or else one in instance/backups.

    Raises `Refused` where it cannot be made; on a machine without `pg_dump` only says so if the
    caller `may_go_without`.
    """
    if not is_sqlite() and shutil.which("pg_dump") is None:
        if not may_go_without:
            raise Refused("pg_dump is not installed here, so the database cannot be copied.")
        tell("pg_dump is not installed here, so the database was not backed up before upgrading")
        return None
    ending = "sqlite" if is_sqlite() else "sql"
    copy = to or settings.instance / "backups" / f"{at:%Y%m%d-%H%M%S}.{ending}"
    _make_private(copy)
    try:
        if is_sqlite():
            _copy_sqlite(Path(database.database), copy)
        else:
            _dump_postgresql(settings.database_url, copy)
    except BaseException:
        copy.unlink(missing_ok=True)  # half a copy is none
        raise
    tell(f"backup {copy}")
    return copy


def _make_private(copy: Path) -> None:
    # Made first, so that at no moment anybody else can read it.
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Refused(f"{copy} is there already; name a new file.") from None


def _copy_sqlite(source: Path, copy: Path) -> None:
    # SQLite's own backup sees one consistent state, whatever is written meanwhile.
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(copy)) as here:
        there.backup(here)
        # One file, which leaves no others beside it when it is looked into.
        here.execute("PRAGMA journal_mode = DELETE")


def _dump_postgresql(url: str, copy: Path) -> None:
    """Raises `Refused` when it fails."""
    bare, environ = _without_password(url)
    command = ["pg_dump", "--no-owner", "--file", str(copy), "--dbname", bare]
    if subprocess.run(command, check=False, env=environ).returncode:
        raise Refused("pg_dump could not copy the database; what it said stands above.")


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, and the environment that carries it.

    Everybody on a machine can read command lines.
    """
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=f"{user.partition(':')[0]}@{place}" if user else place).geturl()
    secret = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    return bare, os.environ | secret


def check(copy: Path, known: set[str]) -> None:
    """Raise `Refused` unless the file is a whole copy of a shop's database, of this version or an
    older one; `known` names the migrations there are."""
    if not copy.is_file():
        raise Refused(f"There is no file {copy}.")
    strange = _migrations_in(copy) - known
    if strange:
        raise Refused(
            f"{copy} comes from a newer version of this program ({', '.join(sorted(strange))} is "
            "not known here). Bring that version, then restore."
        )


def _migrations_in(copy: Path) -> set[str]:
    return (_look_into_sqlite if is_sqlite() else _look_into_dump)(copy)


def _look_into_sqlite(copy: Path) -> set[str]:
    damaged = Refused(f"{copy} is no whole copy of a shop's database. Nothing was changed.")
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as looked:
            if looked.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise damaged
            return {row[0] for row in looked.execute(f"SELECT name FROM {MIGRATIONS_TABLE}")}  # noqa: S608
    except sqlite3.Error:
        raise damaged from None


def _look_into_dump(copy: Path) -> set[str]:
    """Read line by line: a dump may be larger than memory."""
    names, inside, last = set(), False, b""
    with copy.open("rb") as lines:
        whole = lines.read(len(DUMP_BEGINS)) == DUMP_BEGINS
        for line in lines:
            if line.startswith(f"COPY public.{MIGRATIONS_TABLE} ".encode()):
                inside = True
            elif line == b"\\.\n":
                inside = False
            elif inside:
                names.add(line.split(b"\t")[1].decode())
            last = line if line == DUMP_ENDS else last
    if not whole or not names or last != DUMP_ENDS:
        raise Refused(f"{copy} is no whole dump of a shop's database. Nothing was changed.")
    return names


def refuse_while_used() -> None:
    """Raise `Refused` where another program has the database open."""
    used = Refused("Some program has the database open. Stop the shop and its worker first.")
    if not is_sqlite():
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        if database.execute_sql(f"{others} AND pid <> pg_backend_pid()").fetchone()[0]:
            raise used
        return
    path = Path(database.database)
    database.close_all()
    # It leaves the write-ahead log only when nobody else is there; it also takes that log in. A
    # file that is damaged beyond opening is nobody's.
    with closing(sqlite3.connect(path, timeout=1)) as alone:
        try:
            mode = alone.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError:
            raise used from None
        except sqlite3.DatabaseError:
            return
        if mode != ("delete",):
            raise used


def put_back(copy: Path, url: str, aside: Path) -> None:
    """Have the database be what the copy says; what it was goes into `aside`, a new file.

    The database is closed, and nobody uses it. All or nothing.
    """
    if is_sqlite():
        path = Path(database.database)
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        _make_private(fresh)
        shutil.copyfile(copy, fresh)
        _make_private(aside)
        shutil.copyfile(path, aside)
        fresh.replace(path)
        return
    _make_private(aside)
    _dump_postgresql(url, aside)
    _read_dump(copy, url)


def _read_dump(copy: Path, url: str) -> None:
    bare, environ = _without_password(url)
    anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
    options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set", "ON_ERROR_STOP=1"]
    command = ["psql", *options, "--dbname", bare, "--command", anew, "--file", str(copy)]
    if shutil.which("psql") is None:
        raise Refused("psql is not installed here, so nothing was restored.")
    told = subprocess.run(command, check=False, env=environ, stdout=subprocess.DEVNULL)
    if told.returncode:
        raise Refused("psql could not read the dump; what it said stands above. Nothing changed.")
