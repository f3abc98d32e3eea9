"""How often what happened in the shop: numbers by hour and by day, and nothing about who.

Hours hold totals. Days hold the same by value: which page, which device. Values from outside the
shop, such as words of a search, are written only once several visits have brought them
(`traffic/held.py`).
"""

from collections.abc import Mapping
from datetime import date, datetime

from peewee import EXCLUDED, BigIntegerField, DateField, TextField

from storefront.db import Moment, Record, database

# What hours hold. Views of those who send Sec-GPC or DNT count as "views" and as "reserved views",
# and in nothing else. What is no person's view is in one of the three that follow, and in no other.
TOTALS = (
    *("views", "reserved views", "bot views", "prefetched views", "staff views"),
    *("visits", "searches", "searches in vain", "pages not found"),
    *("product", "cart", "checkout", "order"),
)
# What days hold, by value.
BY_VALUE = {
    "page": "views of an address of the shop",
    "entry": "visits that began at an address",
    "exit": "visits that ended there, as of the last view",
    "referrer": "visits that came from a host",
    "campaign": "visits whose first address named a campaign",
    "device": "visits by kind of device: phone, tablet, desktop, other",
    "browser": "visits by family of browser",
    "language": "visits by the language a browser asks for first (ISO 639)",
    "search": "searches for these words",
    "in vain": "searches for these words that found nothing",
    "shown": "views that showed what is named: a banner, an arm of a trial",
    "followed": "views that came by a link of what is named",
    "from list": "views of products that came from a list, by its address",
    "not found": "requests for an address that is not here",
    "bot": "views of programs, by their name",
    "filtered": "views that were not counted as people's, by why",
}
MOST_AT_ONCE = 200  # rows of one statement


class TrafficHour(Record):
    """How often something happened within one hour, in UTC; `what` is one of `TOTALS`."""

    hour = Moment()
    what = TextField()
    count = BigIntegerField(default=0)

    impersonal = ("what",)

    class Meta:
        indexes = ((("hour", "what"), True),)


class TrafficDay(Record):
    """How often something happened on one day, in UTC, by value; `what` is one of `BY_VALUE`."""

    day = DateField()
    what = TextField()
    value = TextField()
    count = BigIntegerField(default=0)

    impersonal = ("what", "value")

    class Meta:
        indexes = ((("day", "what", "value"), True),)

    @classmethod
    def add_up(
        cls, hours: Mapping[tuple[datetime, str], int], days: Mapping[tuple[date, str, str], int]
    ) -> None:
        """Add what was counted to what is there: all of it, or nothing."""
        # In one order for all processes, so that no two wait for each other (PostgreSQL).
        with database.atomic():
            _add(TrafficHour, ("hour", "what"), hours)
            _add(cls, ("day", "what", "value"), days)


def _add(record: type[Record], names: tuple[str, ...], more: Mapping[tuple, int]) -> None:
    target = [record._meta.fields[name] for name in names]
    rows = [dict(zip(names, key, strict=True), count=more[key]) for key in sorted(more)]
    for start in range(0, len(rows), MOST_AT_ONCE):
        record.insert_many(rows[start : start + MOST_AT_ONCE]).on_conflict(
            conflict_target=target, update={record.count: record.count + EXCLUDED.count}
        ).execute()
