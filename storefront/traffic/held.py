"""Holds back what comes from outside until several have brought it.

Whatever one visitor alone types or sends may tell who that is. So such a value, a word of a search
or the host of a page that led here, is in memory only, with marks of those who brought it, until
it has come from three places on one day. Then it is written down, with the number so far; what
does not come so far is counted with all others of its kind as "(few)" when the day is over.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from storefront.traffic.shares import Shares

ENOUGH = 3  # marks of different visitors
MOST = 10_000  # values held at a time, and as many that are held no longer
BY_ONE = 200  # of them, that one address may have brought first on one day
FEW = "(few)"


@dataclass(slots=True)
class Value:
    """How often a value came, and the marks of those who brought it."""

    count: int = 0
    marks: set[bytes] = field(default_factory=set)


class Held:
    """What one process holds back on one day; one thread at a time may ask."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._held: dict[tuple[str, str], Value] = {}
        self._known: set[tuple[str, str]] = set()
        self._gone: Counter = Counter()
        self._shares = Shares(BY_ONE)

    def is_free(self, what: str, value: str) -> bool:
        """Whether that is held no longer today, or never is."""
        return (what, value) in self._known or value[:1] == "("

    def bring(self, what: str, value: str, mark: bytes, who: bytes = b"") -> tuple[str, int]:
        """Count it once more; gives the value that may be written now, and how often.

        Where there is no room, what has been held the longest goes. `who` brought it is asked for
        its share of the room, and not remembered with the value.
        """
        key = what, value
        if self.is_free(what, value):
            return value, 1
        held = self._held.get(key)
        if held is None:
            if len(self._known) >= MOST or not self._shares.take(who):
                return FEW, 1
            if len(self._held) >= MOST:
                self._let_go_of(next(iter(self._held)))
            held = self._held[key] = Value()
        held.count += 1
        held.marks.add(mark)
        if len(held.marks) < ENOUGH:
            return value, 0
        del self._held[key]
        self._known.add(key)
        return value, held.count

    def _let_go_of(self, key: tuple[str, str]) -> None:
        self._gone[key[0]] += self._held.pop(key).count

    def let_go(self, day: date | None = None) -> tuple[date | None, Counter]:
        """Forget what is held, unless it is of that day; gives the day it is of, and numbers by
        what was held.
        """
        if day == self._day:
            return None, Counter()
        over, self._day = self._day, day
        for key in list(self._held):
            self._let_go_of(key)
        numbers, self._gone = self._gone, Counter()
        self._known, self._shares = set(), Shares(BY_ONE)
        return over, numbers
