"""How much of something each address may have, so that no single one has all of it."""

from collections import Counter
from datetime import datetime, timedelta

from storefront.personal import declare

MOST = 10_000  # addresses at a time; further ones are not held to a share

declare(
    "memory",
    "share",
    clause="traffic",
    why="so that one program cannot pass for a crowd, nor fill the room for what others bring",
    basis="interest",
    keep=timedelta(days=1),
    words="a keyed digest of your internet address, with how many visits and browsers were new "
    "there within this minute, and how many things you brought that day that nobody else had",
)


class Shares:
    """What each address has had within a minute, or a day. `who` is a digest of it; one thread at
    a time may ask.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._had: Counter[bytes] = Counter()
        self._since: datetime | None = None

    def take(self, who: bytes, since: datetime | None = None) -> bool:
        """Take one of the share of what began `since` then; False if it is used up."""
        self.forget(since)
        if who in self._had or len(self._had) < MOST:
            self._had[who] += 1
        return self._had[who] <= self._each

    def forget(self, since: datetime | None) -> None:
        """Forget what was had of another minute than of that which began then."""
        if since != self._since:
            self._since, self._had = since, Counter()
