"""How often what happened in the shop: numbers by hour and by day, and nothing about who.

Hours hold totals. Days hold the same by value: which page, which device. Values from outside the
shop, such as words of a search, are written only once several visits have brought them
(`traffic/held.py`).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from peewee import EXCLUDED, BigIntegerField, CompositeKey, DateField, TextField, fn

from storefront.db import Moment, Record, database

# What hours hold. Views of those who send Sec-GPC or DNT count as "views" and as "reserved views",
# and in nothing else. What is no person's view is in one of the three that follow, and in no other.
TOTALS = {
    "views": "pages that were looked at",
    "reserved views": "those of people whose browser asks not to be tracked",
    "bot views": "pages that programs asked for",
    "prefetched views": "pages that browsers fetched before anybody asked for them",
    "staff views": "pages that those who work here looked at",
    "visits": "visits: views of one browser at one address, less than half an hour apart",
    "searches": "searches",
    "searches in vain": "searches that found nothing",
    "pages not found": "requests for addresses that are not here",
    "product": "visits that looked at a product",
    "cart": "visits that put something into the cart",
    "checkout": "visits that came to the checkout",
    "order": "visits that placed an order",
}
# What days hold, by value.
BY_VALUE = {
    "page": "views of an address of the shop",
    "entry": "visits that began at an address",
    "exit": "visits that ended at an address, as of the last view",
    "referrer": "visits that came from a host",
    "campaign": "visits whose first address named a campaign",
    "device": "visits by kind of device: phone, tablet, desktop, other",
    "browser": "visits by family of browser",
    "language": "visits by the language a browser asks for first (ISO 639)",
    "search": "searches for these words",
    "in vain": "searches for these words that found nothing",
    "shown": "visits that were shown something with a name: a banner, an arm of a trial",
    "followed": "visits of those that then followed a link of it",
    "from list": "views of products that came from a list, by its address",
    "not found": "requests for an address that is not here",
    "bot": "views of programs, by their name",
    "filtered": "views that were not counted as people's, by why",
}
MOST_AT_ONCE = 500  # rows of one statement
MONTHS_KEPT = 25
DAYS_KEPT = 761  # as many months have
# How many values of each kind stay of a day: when it is over, and when it is so many days old.
TOPS = ((0, 300), (31, 30))
OTHERS = "(others)"  # what the rest of them came to; no value of ours begins like that
# What quarters hold, under their first day: numbers as `disclosure.given` lets them be told, once
# for good, or whoever is erased in between would be found by the difference.
BY_QUARTER = {
    "ordered from": "people who ordered, by country and region, rounded down to tens",
    "spoken": "visits by language, rounded down to tens",
}
SETTLED = "(settled)"  # what stands beside them
LONGEST_PAUSE = 40  # days that nobody may have tidied


class TrafficHour(Record):
    """How often something happened within one hour, in UTC; `what` is one of `TOTALS`."""

    hour = Moment()
    what = TextField()
    count = BigIntegerField(default=0)

    impersonal = ("what",)

    class Meta:
        primary_key = CompositeKey("what", "hour")


class TrafficDay(Record):
    """How often something happened on one day, in UTC, by value; `what` is one of `BY_VALUE`, or of
    `BY_QUARTER` where the day is a quarter's first.
    """

    day = DateField()
    what = TextField()
    value = TextField()
    count = BigIntegerField(default=0)

    impersonal = ("what", "value")

    class Meta:
        primary_key = CompositeKey("what", "day", "value")

    @classmethod
    def add_up(
        cls, hours: Mapping[tuple[datetime, str], int], days: Mapping[tuple[date, str, str], int]
    ) -> None:
        """Add what was counted to what is there: all of it, or nothing."""
        # In one order for all processes, so that no two wait for each other (PostgreSQL).
        with database.atomic():
            _add(TrafficHour, ("hour", "what"), hours)
            _add(cls, ("day", "what", "value"), days)

    @classmethod
    def settle(cls, day: date, what: str, counts: Mapping[str, int]) -> None:
        """Write down once for good what is told of a quarter that began on that day."""
        with database.atomic():
            if cls.settled(day, what) is None:
                rows = {(day, what, value): count for value, count in counts.items()}
                _add(cls, ("day", "what", "value"), rows | {(day, what, SETTLED): 1})

    @classmethod
    def settled(cls, day: date, what: str) -> dict[str, int] | None:
        """What was settled; None where nothing was yet."""
        rows = cls.select(cls.value, cls.count).where(cls.day == day, cls.what == what)
        found = {value: int(count) for value, count in rows.tuples()}
        return found if found.pop(SETTLED, 0) else None

    @classmethod
    def tidy(cls, at: datetime) -> int:
        """Of days that are over, put together what came least; delete those long past. Gives how
        many rows went.
        """
        today = at.date()
        first = today - timedelta(days=DAYS_KEPT)
        TrafficHour.delete().where(TrafficHour.hour < _midnight(first)).execute()
        gone = cls.delete().where((cls.day < first) | _is_nothing(cls, today)).execute()
        for age, top in TOPS:
            last = today - timedelta(days=age + 1)
            for day, what in list(cls._too_long(last, top)):
                gone += cls._put_together(day, what, top)
        return gone

    @classmethod
    def _too_long(cls, last: date, top: int) -> Iterator[tuple[date, str]]:
        """The days until that one with more values of a kind, and the kind."""
        since = last - timedelta(days=LONGEST_PAUSE)
        for what in BY_VALUE:
            among = (cls.what == what) & cls.day.between(since, last) & ~cls.value.startswith("(")
            days = cls.select(cls.day).where(among).group_by(cls.day)
            yield from ((row.day, what) for row in days.having(fn.COUNT(cls.value) > top))

    @classmethod
    def _put_together(cls, day: date, what: str, top: int) -> int:
        """Keep the most frequent values, and of the rest what they come to; how many went."""
        among = (cls.day == day) & (cls.what == what) & ~cls.value.startswith("(")
        ranked = cls.select(cls.value).where(among).order_by(cls.count.desc(), cls.value)
        rest = [value for (value,) in ranked.tuples()][top:]
        for start in range(0, len(rest), MOST_AT_ONCE):
            # In small goes, so that nobody waits for long who wants to write.
            some = among & cls.value.in_(rest[start : start + MOST_AT_ONCE])
            with database.atomic():
                count = cls.select(fn.SUM(cls.count)).where(some).scalar() or 0
                cls.delete().where(some).execute()
                _add(cls, ("day", "what", "value"), {(day, what, OTHERS): int(count)})
        return len(rest)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _is_nothing(record: type[TrafficDay], today: date):
    """In SQL: a day's value that came to nothing, such as a page that was nobody's last one."""
    return (record.day < today) & (record.count == 0)


def _add(record: type[Record], names: tuple[str, ...], more: Mapping[tuple, int]) -> None:
    target = [record._meta.fields[name] for name in names]
    rows = [dict(zip(names, key, strict=True), count=more[key]) for key in sorted(more)]
    for start in range(0, len(rows), MOST_AT_ONCE):
        record.insert_many(rows[start : start + MOST_AT_ONCE]).on_conflict(
            conflict_target=target, update={record.count: record.count + EXCLUDED.count}
        ).execute()
