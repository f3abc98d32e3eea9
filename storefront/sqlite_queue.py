"""SQLite whose writers line up, and the pragmas that every connection of the shop has."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from peewee import OperationalError
from playhouse.pool import PooledSqliteDatabase

# busy_timeout is in milliseconds; synchronous=FULL: what we acknowledge survives a power cut.
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 15_000,
    "secure_delete": 1,
    "recursive_triggers": 1,
    # KiB (so says the minus) for each connection; the system keeps the file in memory too.
    "cache_size": -500,
}
PATIENCE = 15  # seconds to wait for a free connection, and for the writers in front of us
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")  # what peewee's statements that write begin with


class QueuedSqliteDatabase(PooledSqliteDatabase):
    """SQLite whose writers, of all threads and processes, come in turn.

    SQLite has those who wait look again after ever longer naps, so that who just came overtakes
    who waits for long. Here they line up at a file beside the database, where the kernel wakes the
    next one at once; only the first in line waits for the database. Whoever writes past the line,
    such as the `sqlite3` program, is waited for as ever.
    """

    def begin(self, lock_type: str | None = None) -> None:
        """Begin a transaction when it is our turn.

        Raises `OperationalError`, as a busy database does, when that takes longer than `PATIENCE`.
        Those in front came earlier and lose patience earlier: nobody waits for long behind them.
        """
        give_up = time.monotonic() + PATIENCE
        with self._first_in_line(), self._not_waiting():
            came = time.monotonic()
            while True:
                try:
                    return super().begin(lock_type)
                except OperationalError as trouble:
                    now = time.monotonic()
                    if "locked" not in str(trouble) or now > give_up:
                        raise
                    time.sleep(min(max((now - came) / 16, 50e-6), 5e-3))

    def execute_sql(self, sql: str, params=None):
        """As ever; a write that stands alone lines up, too."""
        if self.in_transaction() or not sql.startswith(WRITES):
            return super().execute_sql(sql, params)
        with self.atomic():
            return super().execute_sql(sql, params)

    def scour(self) -> bool:
        """Write the file anew without what was deleted, and empty the log of changes beside it.

        `secure_delete` leaves copies in that log and in pages that were rearranged. Writers line
        up meanwhile; readers go on, and the log is emptied when the last of them has read to the
        end. False where one took longer than we wait: try again later.
        """
        with self._first_in_line():
            self.execute_sql("VACUUM")
            busy, _, _ = self.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    @contextmanager
    def _first_in_line(self) -> Iterator[None]:
        # The kernel gives the lock up with the file, however its holder ends.
        place = os.open(f"{self.database}-queue", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
            yield
        finally:
            os.close(place)

    @contextmanager
    def _not_waiting(self) -> Iterator[None]:
        """Have SQLite say at once that it is busy."""
        self.cursor().execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.cursor().execute(f"PRAGMA busy_timeout = {PRAGMAS['busy_timeout']}")
