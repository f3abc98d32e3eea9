"""Which views are of one visit: known in memory, for half an hour, and nowhere else.

A visit is told by a digest of the address and the browser's name under a key that is drawn anew
each day and never leaves the memory of the process. After that day nobody can tell from a digest
whose it was, nor that two days had the same visitor.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storefront.clicks import network

IDLE = timedelta(minutes=30)  # after that without a view, the next one begins another visit
MOST = 100_000  # visits at a time; while there are more, further ones are not told apart


@dataclass(slots=True)
class Visit:
    """A visit that goes on: its last moment and page, the steps it took; `new` until its second
    view."""

    last: datetime
    page: str = ""
    steps: frozenset[str] = frozenset()
    new: bool = True


class Visits:
    """The visits that go on, of one process."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._key = b""
        self._visits: dict[bytes, Visit] = {}
        self._lock = threading.Lock()

    def digest(self, address: str, browser: str, day: date) -> bytes:
        """What a visit of that day is known by."""
        with self._lock:
            if day != self._day:
                self._day, self._key, self._visits = day, secrets.token_bytes(32), {}
                self._keyed = hashlib.blake2b(key=self._key, digest_size=8)
            keyed = self._keyed.copy()
        keyed.update(f"{network(address)} {browser}".encode())
        return keyed.digest()

    def seen(self, digest: bytes, at: datetime) -> Visit | None:
        """The visit of that digest, `new` if it has just begun; None if there are too many."""
        with self._lock:
            visit = self._visits.get(digest)
            if visit is not None and at - visit.last < IDLE:
                visit.last, visit.new = at, False
                return visit
            if visit is None and len(self._visits) >= MOST:
                self._forget_idle(at)
                if len(self._visits) >= MOST:
                    return None
            visit = self._visits[digest] = Visit(at)
            return visit

    def _forget_idle(self, at: datetime) -> None:
        self._visits = {k: v for k, v in self._visits.items() if at - v.last < IDLE}
