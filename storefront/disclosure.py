"""Numbers of people by place or language, such that nobody can be found in them.

Cells under `LEAST` are not given out. What is, is rounded down to a whole multiple of it; so is a
sum, which is a cell of the table above. Where somebody who knows the exact number of all could
still bound what is left, the smallest cell that would be given is held back as well, until what is
left could be `LEAST`. These are primary and complementary suppression and rounding as in the
Handbook on Statistical Disclosure Control (sdctools.github.io/HandbookSDC, 4 and 5.5). Against
subtracting one period from another, periods never overlap: they are quarters that are over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

LEAST = 10


def rounded(count: int, least: int = LEAST) -> int:
    """The count rounded down to a whole multiple; 0 means: fewer than that."""
    return count // least * least


def given(counts: Mapping[str, int], unnamed: int = 0, least: int = LEAST) -> dict[str, int]:
    """The cells that may be given out, rounded, the largest first; the others are left out.

    `unnamed` counts those who belong to no cell by name, such as people who ordered to several
    places: how many they are is never given out, so that nothing is known from its absence.
    """
    # Ties are in the order of names: the order of what is given tells nothing more of the counts.
    kept = sorted((key for key in counts if counts[key] >= least), key=lambda k: (-counts[k], k))
    everybody = sum(counts.values()) + unnamed
    while kept:
        left = everybody - sum(counts[key] for key in kept)
        could_be_left = everybody - sum(rounded(counts[key], least) for key in kept)
        if not left or could_be_left >= least:
            break
        kept.pop()
    cells = {key: rounded(counts[key], least) for key in kept}
    return dict(sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])))


@dataclass(frozen=True)
class Quarter:
    """Three months of a calendar year, `number` from 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The one that a day is in."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def after(self) -> "Quarter":
        """The next one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        """The one before."""
        return Quarter.of(self.first - timedelta(days=1))

    @property
    def name(self) -> str:
        """As it stands in addresses: "2026-3"."""
        return f"{self.year}-{self.number}"

    def __str__(self) -> str:
        return f"{self.first:%B} to {self.last:%B %Y}"
