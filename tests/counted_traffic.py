"""Counted traffic to look at: a shop of some thousand visits a day, the same for the same seed."""

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from storefront.db import database, is_sqlite
from storefront.models import TrafficDay
from storefront.models.traffic import BY_QUARTER, BY_VALUE
from storefront.models.traffic import TOTALS as WHATS

HOURS = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 13, 12, 11, 11, 12, 13, 15, 17, 18, 16, 10, 5]
DAYS_OF_WEEK = [1.0, 0.95, 0.97, 1.0, 1.05, 1.25, 1.35]
PAGES = [
    *("/", "/products", "/products/second-day-merino-t-shirt", "/collections/rain-ready"),
    *("/products/broad-noon-sun-hat", "/search", "/cart", "/products/generated-7"),
    *(f"/products/generated-{n}" for n in range(8, 60)),
]
VALUES = {
    "page": PAGES,
    "entry": PAGES,
    "exit": PAGES,
    "referrer": "google.com duckduckgo.com bing.com instagram.com hikingforum.example".split(),
    "campaign": ["autumn-mail", "rain-2026", "insider-41", "poster-station"],
    "device": ["phone", "desktop", "tablet", "other"],
    "browser": ["Chrome", "Safari", "Firefox", "Edge", "Samsung Internet", "other"],
    "language": "en de fr es nl it pl sv mt".split(),
    "search": ["rain jacket", "merino", "hat", "socks", "tent pegs", "gift card", "gloves"],
    "in vain": ["tent pegs", "gift card", "umbrella", "crampons", "dog coat"],
    "shown": ["banner-3", "banner-4"],
    "followed": ["banner-3", "banner-4"],
    "from list": ["/products", "/collections/rain-ready", "/search", "/collections/new"],
    "not found": ["/wp-login.php", "/favicon.ico", "/products/old-boot", "/feed"],
    "bot": ["Googlebot", "bingbot", "GPTBot", "AhrefsBot", "curl", "UptimeRobot"],
    "filtered": ["a program", "fetched ahead", "staff", "too many a minute"],
}
# How many of each kind come with a hundred views.
SHARES = {"page": 95, "shown": 40, "followed": 3, "from list": 20, "bot": 30, "filtered": 34}
SHARES |= {"search": 8, "in vain": 1.5, "not found": 4, "campaign": 3, "referrer": 12}
TOTALS = {
    "views": 100,
    "reserved views": 5,
    "bot views": 30,
    "prefetched views": 4,
    "visits": 27,
    "staff views": 0.4,
}
TOTALS |= {"searches": 8, "searches in vain": 1.5, "pages not found": 4}
TOTALS |= {"product": 16, "cart": 4, "checkout": 1.6, "order": 0.9}


def fill(last: date, days: int, views: int = 4000, seed: int = 3) -> None:
    """Count so many days up to the last one, each with about so many views.

    What was settled of their quarters is forgotten: then there had been nothing.
    """
    TrafficDay.delete().where(TrafficDay.what.in_(list(BY_QUARTER))).execute()
    chance = random.Random(seed)
    for n in range(days):
        day = last - timedelta(days=n)
        size = views * DAYS_OF_WEEK[day.weekday()] * (1 - n / (days + 400))
        size *= chance.uniform(0.9, 1.1)
        TrafficDay.add_up(_hours(day, size, chance), _values(day, size, chance))


def _hours(day: date, size: float, chance: random.Random) -> Counter:
    start, found = datetime.combine(day, time(), UTC), Counter()
    for hour, weight in enumerate(HOURS):
        for what, share in TOTALS.items():
            count = size * weight / sum(HOURS) * share / 100 * chance.uniform(0.8, 1.2)
            found[start + timedelta(hours=hour), what] = int(count + chance.random())
    return +found


def _values(day: date, size: float, chance: random.Random) -> Counter:
    found = Counter()
    for what, values in VALUES.items():
        left = size * SHARES.get(what, 27) / 100
        for value in values:
            count = int(left * 0.4 * chance.uniform(0.8, 1.2) + chance.random())
            found[day, what, value] += count
            left -= count
    return +found


def fill_long(last: date, days: int, each: int) -> None:
    """So many days of every hour and total, and `each` long values of every kind a day: hundreds
    of thousands of rows, which the database writes by itself.
    """
    first = last - timedelta(days=days - 1)
    if is_sqlite():
        hour, day = f"datetime('{first}', m.n || ' hours')", f"date('{first}', m.n || ' days')"
    else:
        hour, day = (f"timestamp '{first}' + m.n * interval '1 {unit}'" for unit in ("hour", "day"))
        day = f"({day})::date"
    value = f"w.what || '/{'x' * 40}/' || v.n"
    _write("traffic_hour (hour, what, count)", f"{hour}, w.what, 10 + (m.n & 7)", 24 * days, WHATS)
    counted = f"{day}, w.what, {value}, 1 + (m.n * v.n & 1023)"
    _write("traffic_day (day, what, value, count)", counted, days, BY_VALUE, each)


def _write(into: str, selected: str, most: int, whats, each: int = 1) -> None:
    numbers = "SELECT 0 UNION ALL SELECT n + 1 FROM m WHERE n < {}"
    named = " UNION ALL ".join(f"SELECT '{what}' AS what" for what in whats)
    database.execute_sql(
        f"INSERT INTO {into} WITH RECURSIVE m (n) AS ({numbers.format(most - 1)}), "
        f"v (n) AS ({numbers.format(each - 1).replace('m W', 'v W')}) "
        f"SELECT {selected} FROM m CROSS JOIN ({named}) AS w CROSS JOIN v"
    )


def of_traffic(counted, *others: str) -> int:
    """How many of the queries that were counted ask the counters, or one of the other tables."""
    tables = ('"traffic_', *others)
    return sum(any(table in q.msg[0] for table in tables) for q in counted.get_queries())
