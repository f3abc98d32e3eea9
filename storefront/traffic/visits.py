"""Which views are of one visit: known in memory, for half an hour, and nowhere else.

A visit is told by a digest of the address and the browser's name under a key that is drawn anew
each day and never leaves the memory of the process. After that day nobody can tell from a digest
whose it was, nor that two days had the same visitor.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from socket import AF_INET6, inet_pton

from storefront.personal import declare

MINUTE = timedelta(minutes=1)
IDLE = timedelta(minutes=30)  # after that without a view, the next one begins another visit
MOST = 100_000  # visits at a time; while there are more, further ones are not told apart
# Pages within a minute that nobody reads. Many who share an address, as behind a network of mobile
# telephones, may have the same browser as well.
TOO_MANY = 120

declare(
    "memory",
    "visit",
    clause="traffic",
    why="to know which views are of one visit, and when a program makes them",
    basis="interest",
    keep=IDLE,
    words="a keyed digest of your internet address and of the name of your browser, with the page "
    "you looked at last and your steps to an order; its key is drawn anew each day. For a second, "
    "until a view is counted, the address itself and what your browser said with the request",
)
declare(
    "memory",
    "mark",
    clause="traffic",
    why="to write down words of a search, where a visit came from and pages not found only once "
    "they came from three places",
    basis="interest",
    keep=timedelta(days=1),
    words="a keyed digest of your internet address and of one thing you brought, such as the words "
    "of a search; another for each",
)


@dataclass(slots=True)
class Visit:
    """A visit that goes on: its last moment and page, the steps it took, the links that it was
    shown and has followed. `views` came in the minute that began at `since`; `is_fast` once they
    were too many. `is_new` until its second view.
    """

    last: datetime
    since: datetime
    page: str = ""
    steps: frozenset[str] = frozenset()
    links: frozenset[tuple[str, str]] = frozenset()
    views: int = 1
    is_fast: bool = False
    is_new: bool = True

    def go_on(self, at: datetime) -> None:
        """Have one more view."""
        self.last, self.is_new = at, False
        if at - self.since >= MINUTE:
            self.since, self.views = at, 0
        self.views += 1
        if self.views > TOO_MANY:
            self.is_fast = True


class Visits:
    """The visits that go on, of one process; one thread at a time may ask."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._key = b""
        self._visits: dict[bytes, Visit] = {}

    def digest(self, address: str, browser: str, day: date) -> bytes:
        """What a visit of that day is known by."""
        return self._hashed(address, f" {browser}", day)

    def mark(self, address: str, brought: str, day: date) -> bytes:
        """That somebody at that address has brought this on that day: another for each thing, so
        that no two of them lead to the same visitor, nor to a visit.
        """
        return self._hashed(address, f"\n{brought}", day)

    def _hashed(self, address: str, more: str, day: date) -> bytes:
        if day != self._day:
            self._turn(day)
        keyed = self._keyed.copy()  # setting it up anew takes as long again
        place = address if "." in address else _place(address)
        keyed.update(f"{place}{more}".encode("utf-8", "replace"))
        return keyed.digest()

    def _turn(self, day: date, key: bytes = b"") -> None:
        # Of the day before nothing comes back: for the last views of it there is the new key.
        if key or self._day is None or day > self._day:
            self._key, self._visits = key or secrets.token_bytes(32), {}
            self._keyed, self._day = blake2b(key=self._key, digest_size=8), day

    def seen(self, digest: bytes, at: datetime) -> Visit | None:
        """The visit of that digest, begun if there is none; None if there are too many."""
        visit = self._visits.get(digest)
        if visit is not None and at - visit.last < IDLE:
            visit.go_on(at)
            return visit
        if visit is None and len(self._visits) >= MOST:
            return None
        visit = self._visits[digest] = Visit(at, at)
        return visit

    def known(self, digest: bytes, at: datetime) -> Visit | None:
        """The visit of that digest, if it goes on."""
        visit = self._visits.get(digest)
        return visit if visit is not None and at - visit.last < IDLE else None

    def key(self, day: date) -> bytes:
        """The key of that day, in this process."""
        self._turn(day)
        return self._key

    def take_key(self, day: date, key: bytes) -> None:
        """Have another key on that day. What was known by the one before is known no more."""
        if (day, key) != (self._day, self._key):
            self._turn(day, key)

    def take(self, visits: Mapping[bytes, Visit]) -> None:
        """Know what others know of these visits, unless it is older than what is known here."""
        for digest, visit in visits.items():
            own = self._visits.get(digest)
            if own is None or own.last <= visit.last:
                self._visits[digest] = visit

    def forget(self, at: datetime) -> None:
        """Forget those that are over, and with its day the key: to be called each minute."""
        self._turn(at.date())
        self._visits = {k: v for k, v in self._visits.items() if at - v.last < IDLE}


def _place(address: str) -> str | bytes:
    """The address, or the part of an IPv6 one that a household has to itself (RFC 6177)."""
    try:
        return inet_pton(AF_INET6, address)[:8]
    except OSError:
        return address
