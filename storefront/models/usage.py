"""What the counters of traffic say of a period. Every question is one query, however long it is."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

from peewee import SQL, Case, fn

from storefront.models.keeping import NEVER_SOLD
from storefront.models.order import Order
from storefront.models.traffic import BY_VALUE, TOTALS, TrafficDay, TrafficHour

LISTED = [what for what in BY_VALUE if what != "language"]  # which is told in another way
FEW = 10  # a smaller count of one value is not told
HOURS, DAYS, WEEKS, MONTHS = BUCKETS = ("hours", "days", "weeks", "months")
# How much of a moment tells them apart, as both databases write it: "2026-11-23 17:00:00".
_TOLD_BY = {HOURS: 13, DAYS: 10, WEEKS: 10, MONTHS: 7}
SORTS = ("count", "before", "value")  # how a list can be ordered


def bucket_of(moment: datetime | str, by: str) -> str:
    """The name of the hour, day, week or month of a moment; a week's is its Monday."""
    name = f"{moment}"[: _TOLD_BY[by]]
    if by == WEEKS:
        day = date.fromisoformat(name)
        name = (day - timedelta(days=day.weekday())).isoformat()
    return name


def totals(start: datetime, end: datetime, by: str = DAYS) -> dict[str, Counter]:
    """What happened from `start` on and before `end`, by bucket and by what."""
    key = fn.SUBSTR(TrafficHour.hour.cast("text"), 1, _TOLD_BY[by]).coerce(False)
    rows = (
        TrafficHour.select(key, TrafficHour.what, fn.SUM(TrafficHour.count))
        .where(TrafficHour.what.in_(list(TOTALS)))  # by which the rows are in order
        .where(TrafficHour.hour >= start, TrafficHour.hour < end)
        .group_by(SQL("1"), TrafficHour.what)
    )
    found: dict[str, Counter] = {}
    for moment, what, count in rows.tuples():
        found.setdefault(bucket_of(moment, by), Counter())[what] += int(count)
    return found


def are_few(visits: int) -> bool:
    """Whether lists of what so many visits looked at would show the way of one of them."""
    return 0 < visits < FEW


def visits(*spans: tuple[datetime, datetime]) -> list[int]:
    """How many visits began in each of these spans, from its start on and before its end."""
    hour = TrafficHour.hour
    within = [(hour >= start) & (hour < end) for start, end in spans]
    sums = [fn.SUM(Case(None, [(each, TrafficHour.count)], 0)) for each in within]
    rows = TrafficHour.select(*sums).where(TrafficHour.what == "visits", reduce(or_, within))
    return [int(count or 0) for count in rows.tuples().get()]


def week(start: datetime, end: datetime) -> dict[tuple[int, int], int]:
    """Views by day of the week, from Monday as 0, and hour of the day."""
    rows = TrafficHour.select(TrafficHour.hour, TrafficHour.count).where(
        TrafficHour.hour >= start, TrafficHour.hour < end, TrafficHour.what == "views"
    )
    found: dict[tuple[int, int], int] = {}
    for hour, count in rows.tuples():
        place = hour.weekday(), hour.hour
        found[place] = found.get(place, 0) + count
    return found


def leading(first: date, last: date, most: int) -> dict[str, list[tuple[str, int]]]:
    """The values that came most often from day to day, so many of each kind, with their counts.

    Those that came fewer than `FEW` times are in the order of their names; what stands in brackets
    is no value, such as "(others)", and is left to the whole list.
    """
    sums = _sums(first, last).cte("sums", columns=("what", "value", "times"))
    place = fn.ROW_NUMBER().over(
        partition_by=[sums.c.what], order_by=[_told(sums.c.times).desc(), sums.c.value]
    )
    ranked = sums.select_from(sums.c.what, sums.c.value, sums.c.times, place.alias("place"))
    ranked = ranked.alias("ranked")
    rows = (
        TrafficDay.select(ranked.c.what, ranked.c.value, ranked.c.times)
        .from_(ranked)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.what, ranked.c.place)
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for what, value, count in rows.tuples():
        found.setdefault(what, []).append((value, int(count)))
    return found


def listed(
    what: str,
    first: date,
    last: date,
    before: tuple[date, date],
    sort: str,
    offset: int,
    most: int,
) -> list[tuple[str, int, int]]:
    """Values of one kind with their counts from day to day and in the period `before`.

    `sort` is one of `SORTS`. Small counts have no order among them but that of their names. What
    stands in brackets comes last.
    """
    day = TrafficDay
    now = fn.SUM(Case(None, [(day.day.between(first, last), day.count)], 0))
    then = fn.SUM(Case(None, [(day.day.between(*before), day.count)], 0))
    order = {"count": _told(now).desc(), "before": _told(then).desc(), "value": day.value}[sort]
    rows = (
        day.select(day.value, now, then)
        .where(day.what == what)
        .where(day.day.between(first, last) | day.day.between(*before))
        .group_by(day.value)
        .having(now > 0)
        .order_by(Case(None, [(day.value.startswith("("), 1)], 0), order, day.value)
        .offset(offset)
        .limit(most)
    )
    return [(value, int(count), int(earlier)) for value, count, earlier in rows.tuples()]


def _sums(first: date, last: date):
    day = TrafficDay
    return (
        day.select(day.what, day.value, fn.SUM(day.count))
        .where(day.what.in_(LISTED), day.day.between(first, last), ~day.value.startswith("("))
        .group_by(day.what, day.value)
        .having(fn.SUM(day.count) > 0)
    )


def _told(count):
    """The count as it is told: small ones are all the same."""
    return Case(None, [(count < FEW, 0)], count)


def people(start: datetime, end: datetime) -> dict[tuple[str, str], int]:
    """How many different people ordered from `start` on and before `end`, by country and region
    as addresses name them; "" where one person ordered to several.

    People are told apart by what their orders are found by, and only within the query.
    """
    who = fn.COALESCE(fn.NULLIF(Order.email, ""), Order.whose)
    one = Order.select(
        _the_only(Order.country).alias("country"), _the_only(Order.region).alias("region")
    )
    sold = Order.placed_at >= start, Order.placed_at < end, Order.state.not_in(NEVER_SOLD)
    each = one.where(*sold).group_by(who).alias("each")
    region = Case(None, [(each.c.country == "", "")], each.c.region)
    rows = Order.select(each.c.country, region, fn.COUNT(SQL("*"))).from_(each)
    rows = rows.group_by(SQL("1"), SQL("2")).tuples()
    return {(country, region): count for country, region, count in rows}


def _the_only(column):
    return Case(None, [(fn.COUNT(column.distinct()) == 1, fn.MIN(column))], "")


def languages(first: date, last: date) -> tuple[dict[str, int], int]:
    """Visits by language, from day to day, and those that are to be told of no language.

    The visits of several days may be one person's. So a language counts by name only if it had
    `FEW` visits at least on one day.
    """
    day = TrafficDay
    rows = (
        day.select(day.value, fn.SUM(day.count), fn.MAX(day.count))
        .where(day.day.between(first, last), day.what == "language")
        .group_by(day.value)
    )
    found = [(value, int(count), most) for value, count, most in rows.tuples()]
    named = {value: count for value, count, most in found if most >= FEW and value[:1] != "("}
    return named, sum(count for value, count, _ in found if value not in named)
