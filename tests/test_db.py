"""Writers of SQLite come in turn, wait for nothing else, and lose patience as ever."""

import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from peewee import OperationalError

from storefront import db, sqlite_queue
from storefront.db import database, is_sqlite
from storefront.models import Word
from tests.models.placing import at_once

LOCKS = Path("/proc/locks")  # of Linux: a line for each that has a lock, one with -> for who waits
ENOUGH = 20  # seconds for what takes none


@pytest.fixture(autouse=True)
def sqlite(settings):
    if not is_sqlite():
        pytest.skip("PostgreSQL has its own lines")


@pytest.fixture
def line(settings) -> Path:
    return Path(f"{database.database}-queue")


@pytest.fixture
def shell():
    """Another program at the same database, which knows nothing of the line."""
    connection = sqlite3.connect(database.database, isolation_level=None)
    yield connection
    connection.close()


@contextmanager
def standing_in(line: Path):
    place = os.open(line, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(place, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(place)


def until(true) -> None:
    give_up = time.monotonic() + ENOUGH
    while not true():
        assert time.monotonic() < give_up, "it never came to that"
        time.sleep(0.005)


def waiting(line: Path) -> int:
    if not LOCKS.exists():
        pytest.skip("who waits for a lock can be seen on Linux only")
    inode = f":{line.stat().st_ino} "
    return sum("->" in each and inode in each for each in LOCKS.read_text().splitlines())


def taken(line: Path) -> bool:
    with open(line, "a") as place:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def learn(text: str) -> None:
    with database.atomic():
        Word.create(text=text)


def in_thread(work) -> threading.Thread:
    def run() -> None:
        with database.connection_context():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def new_words() -> list[str]:
    rows = Word.select().where(Word.text.startswith("new ")).order_by(Word.id)
    return [word.text for word in rows]


def test_writers_come_in_the_order_in_which_they_came(line):
    threads = []
    with standing_in(line):
        for n in range(6):
            threads.append(in_thread(lambda n=n: learn(f"new {n}")))
            until(lambda n=n: waiting(line) == n + 1)
    for thread in threads:
        thread.join(ENOUGH)
    assert new_words() == [f"new {n}" for n in range(6)]


def test_a_write_that_stands_alone_lines_up_and_a_reader_does_not(line):
    with standing_in(line):
        thread = in_thread(lambda: Word.create(text="new alone"))
        until(lambda: waiting(line) == 1)
        assert new_words() == []
    thread.join(ENOUGH)
    assert new_words() == ["new alone"]


def test_the_line_is_left_once_the_transaction_has_begun(line):
    with database.atomic():
        with standing_in(line):
            Word.create(text="new within")
            with suppress(ZeroDivisionError), database.atomic():
                Word.create(text="new and rolled back")
                raise ZeroDivisionError
        assert at_once(1, lambda _: new_words()) == [[]], "others see what was there before"
    assert new_words() == ["new within"]


def test_a_transaction_that_fails_lets_the_next_one_begin():
    for _ in range(2):
        with pytest.raises(OperationalError), database.atomic():
            database.execute_sql("INSERT INTO nothing_of_the_kind VALUES (1)")
    with pytest.raises(OperationalError):
        database.execute_sql("INSERT INTO nothing_of_the_kind VALUES (1)")
    assert at_once(4, lambda n: learn(f"new {n}")) == [None] * 4


def test_who_waits_in_vain_hears_that_the_database_is_locked_and_so_does_the_line(
    shell, monkeypatch
):
    monkeypatch.setattr(sqlite_queue, "PATIENCE", 0.1)
    shell.execute("BEGIN IMMEDIATE")
    outcomes = at_once(4, lambda n: learn(f"new {n}"))
    assert [str(trouble) for trouble in outcomes] == ["database is locked"] * 4
    assert {type(trouble) for trouble in outcomes} == {OperationalError}
    shell.execute("ROLLBACK")
    learn("new at last")
    assert new_words() == ["new at last"]


def test_reading_stays_patient_after_a_transaction_began():
    learn("new")
    with database.atomic():
        assert database.execute_sql("PRAGMA busy_timeout").fetchone() == (15_000,)


def test_whoever_writes_past_the_line_is_waited_for(shell, line):
    shell.execute("BEGIN IMMEDIATE")
    shell.execute("INSERT INTO word (text) VALUES ('new by hand')")
    thread = in_thread(lambda: learn("new after"))
    until(lambda: taken(line))
    shell.execute("COMMIT")
    thread.join(ENOUGH)
    assert new_words() == ["new by hand", "new after"]


KILLED = """
import sys, time
from storefront.db import database, open_database
from storefront.models import Word
database.initialize(open_database(sys.argv[1]))
with database.atomic():
    Word.create(text="new and never kept")
    print("there", flush=True)
    time.sleep(600)
"""
STANDING = """
import fcntl, sys, time
fcntl.flock(open(sys.argv[1], "a"), fcntl.LOCK_EX)
print("there", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("where", ["in its transaction", "first in line"])
def test_a_process_that_is_killed_keeps_nobody_waiting(settings, line, where):
    line.touch()
    program = (STANDING, line) if where == "first in line" else (KILLED, settings.database_url)
    command = [sys.executable, "-c", program[0], str(program[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "there\n"
        thread = in_thread(lambda: learn("new after"))
        process.kill()
    thread.join(ENOUGH)
    assert new_words() == ["new after"]


def test_the_line_is_for_the_owner_alone(line):
    learn("new")
    assert line.stat().st_mode & 0o777 == 0o600


def test_opening_the_database_again_takes_no_lock_from_those_who_have_it_open(settings):
    """Another program that ends would think itself the last, and delete the log of changes."""
    assert Word.select().count() >= 0  # this process has it open, and holds its locks
    log = Path(f"{database.database}-wal")
    before = log.stat().st_ino
    db.open_database(settings.database_url)
    title = "written by a program that came and went"
    write = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2])"
    change = f"UPDATE product SET title = '{title}' WHERE id = 1"
    subprocess.run(
        [sys.executable, "-c", f"{write}; c.commit(); c.close()", database.database, change],
        check=True,
    )
    assert log.stat().st_ino == before
    assert database.execute_sql("SELECT title FROM product WHERE id = 1").fetchone() == (title,)
