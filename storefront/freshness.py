"""Tells, before each request, which edition of the public pages is out.

SQLite says in microseconds whether any connection has committed anything (PRAGMA data_version);
only then is the edition read. PostgreSQL is asked for the edition each time, one short query.
"""

import threading
import weakref

from peewee import PeeweeException

from storefront.db import database, is_sqlite, open_database
from storefront.models import Edition


class Freshness:
    """The edition that is out, as of the last commit in any process."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._lock = threading.Lock()
        self._asked = None  # asks a SQLite connection that is kept for nothing else
        self._seen = self._edition = None

    def edition(self) -> str | None:
        """What tells this edition from every other, or None when the database does not answer."""
        try:
            return self._of_sqlite() if is_sqlite() else _read()
        except PeeweeException:
            return None

    def _of_sqlite(self) -> str:
        with self._lock:
            if self._asked is None:
                self._asked = self._opened().execute
            # A connection's data_version changes when another one has committed, and never else.
            seen = self._asked("PRAGMA data_version").fetchone()
            if seen != self._seen:
                self._edition, self._seen = _read(), seen
            return self._edition

    def _opened(self):
        """A connection of its own: the pool's would not tell what they committed themselves."""
        own = open_database(self._url)
        own.connect()
        connection = own.connection()
        weakref.finalize(self, connection.close)
        return connection


def _read() -> str:
    fresh = database.is_closed()
    database.connect(reuse_if_open=True)
    try:
        return Edition.current()
    finally:
        if fresh:
            database.close()
