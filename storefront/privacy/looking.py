"""Which staff role has opened or changed what is held about somebody, and on which days."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from storefront.db import Record
from storefront.models import StaffAction
from storefront.privacy.holding import Holding

MOST = 5  # days that are named


@dataclass(frozen=True)
class Look:
    """What was done to a row in one role, and on which days, the latest first; with `perhaps`, to
    many rows of its table at once, of which it may have been one."""

    what: str
    role: str
    perhaps: bool
    days: list[date]

    @property
    def named(self) -> list[date]:
        """The latest of the days."""
        return self.days[:MOST]

    @property
    def earlier(self) -> int:
        """How many days there are besides."""
        return len(self.days) - len(self.named)


def looks(holdings: list[Holding]) -> dict[tuple, list[Look]]:
    """What staff did with these rows, by table and number; one query."""
    actions = StaffAction.of(one.row for one in holdings)
    found = {}
    for one in holdings:
        table, number = one.table, one.row.get_id()
        about = [each for each in actions if each.table == table and each.row in (number, None)]
        found[table, number] = _by_role(one.row, about)
    return found


def _by_role(row: Record, actions: list[StaffAction]) -> list[Look]:
    # SQLite gives the number of a row that was deleted to a later one.
    there_since = getattr(row, row.made or row.since)
    days = defaultdict(set)
    for each in actions:
        if there_since is None or each.at >= there_since:
            days[each.what, each.role, each.row is None].add(each.day)
    return [Look(*key, sorted(found, reverse=True)) for key, found in days.items()]
