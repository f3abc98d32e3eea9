"""Numbers of days that are over shrink, and ten million views a month are a small file."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest

from storefront.db import database, is_sqlite
from storefront.models import TrafficDay, TrafficHour
from storefront.models.traffic import DAYS_KEPT, MONTHS_KEPT, OTHERS, TOPS, TOTALS

AT = datetime(2026, 3, 31, 0, 1, tzinfo=UTC)
YESTERDAY = AT.date() - timedelta(days=1)
VIEWS, VISITS = 10_000_000 // 30, 60_000  # of one day
PRODUCTS = 100_000
MOST = 50 * 2**20  # bytes


def add(counts: dict, day=YESTERDAY) -> None:
    TrafficDay.add_up({}, {(day, what, value): n for (what, value), n in counts.items()})


def kept(what: str, day=YESTERDAY) -> dict[str, int]:
    rows = TrafficDay.select().where((TrafficDay.day == day) & (TrafficDay.what == what))
    return {row.value: row.count for row in rows}


def test_the_most_frequent_values_stay_and_the_rest_is_put_together(app):
    top = TOPS[0][1]
    counts = {("page", f"/products/{n}"): n + 1 for n in range(top + 7)}
    add(counts | {("search", "(few)"): 900, ("search", "coat"): 1, ("search", "(not kept)"): 5})
    assert TrafficDay.tidy(AT) == 7
    pages = kept("page")
    assert sum(pages.values()) == sum(counts.values())
    assert pages.pop(OTHERS) == sum(range(1, 8))
    assert sorted(pages.values()) == list(range(8, top + 8))
    assert kept("search") == {"(few)": 900, "coat": 1, "(not kept)": 5}
    # What comes later of that day is put to the rest the next time, and nothing else changes.
    add({("page", "/late"): 2})
    assert TrafficDay.tidy(AT) == 1
    assert kept("page")[OTHERS] == sum(range(1, 8)) + 2
    assert TrafficDay.tidy(AT) == 0


def test_the_day_that_goes_on_stays_as_it_is(app):
    add({("exit", f"/{n}"): 0 for n in range(400)}, AT.date())
    assert TrafficDay.tidy(AT) == 0
    assert TrafficDay.tidy(AT + timedelta(days=1)) == 400


def test_older_days_keep_less_and_after_25_months_nothing(app):
    age, top = TOPS[1]
    day = AT.date() - timedelta(days=age + 1)
    counts = {("referrer", f"{n}.example"): 2 for n in range(top + 5)}
    add(counts, day)
    add(counts, day + timedelta(days=1))
    long_ago = AT - timedelta(days=MONTHS_KEPT * 30.5)
    add({("page", "/"): 1}, long_ago.date())
    hours = {(long_ago, "views"): 1, (AT - timedelta(days=700), "views"): 1}
    TrafficDay.add_up(hours, {})
    TrafficDay.tidy(AT)
    assert kept("referrer", day)[OTHERS] == 10
    assert OTHERS not in kept("referrer", day + timedelta(days=1))
    assert kept("page", long_ago.date()) == {}
    assert TrafficHour.select().count() == 1


def a_day() -> dict[tuple[str, str], int]:
    """What is written on a day of a large shop: few things are wanted often, many now and then."""
    drawn = random.Random(7)

    def draw(things: int, times: int) -> Counter:
        weights = list(accumulate(1 / (n + 10) for n in range(things)))
        return Counter(drawn.choices(range(things), cum_weights=weights, k=times))

    def counted(what: str, value: str, things: int, times: int) -> dict:
        found = draw(things, times).items()
        return {(what, value.format(n)): count for n, count in found}

    product = "/products/second-day-merino-t-shirt-{:06}"
    return (
        counted("page", product, PRODUCTS, VIEWS)
        | counted("entry", product, PRODUCTS, VISITS)
        | counted("exit", product, PRODUCTS, VIEWS)  # most of them come to nothing in the end
        | counted("referrer", "www.some-blog-{}.example", 20_000, VISITS)
        | counted("search", "merino shirt {}", 10_000, 30_000)
        | counted("in vain", "merino shirt {}", 10_000, 3_000)
        | counted("from list", "/collections/larch-{}", 500, VIEWS // 4)
        | counted("not found", "/products/gone-shirt-{}", 10_000, 5_000)
        | {("device", f"{n}"): 1 for n in range(4)}
        | {(what, f"{what} {n}"): 1 for what in ("language", "browser", "bot") for n in range(40)}
    )


def size() -> int:
    """Bytes of the database that are in use."""
    pages, free = (
        database.execute_sql(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count")
    )
    return (pages - free) * 4096


def test_ten_million_views_a_month_stay_under_50_megabytes(app):
    """All that is kept of 25 such months: a day's rows are measured by a part of them, and what is
    left of a day when it is over, and when it is old, as it is."""
    if not is_sqlite():
        pytest.skip("it is the file of SQLite that is measured")
    day, start = list(a_day().items()), size()
    part = day[:: len(day) // 10_000]
    add(dict(part))
    today = (size() - start) * len(day) / len(part)
    TrafficDay.tidy(AT)
    over = size() - start
    TrafficDay.tidy(AT + timedelta(days=TOPS[1][0]))
    old, start = size() - start, size()
    hours = {(AT - timedelta(hours=n), what): 9999 for n in range(24 * 31) for what in TOTALS}
    TrafficDay.add_up(hours, {})
    month = size() - start
    recent = today + TOPS[1][0] * over
    assert recent + month < MOST / 2
    assert recent + (DAYS_KEPT - TOPS[1][0]) * old + MONTHS_KEPT * month < MOST
