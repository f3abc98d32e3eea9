"""Which days the pages about traffic are asked for, and which ones they are compared with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from storefront.models.usage import DAYS, HOURS, MONTHS, WEEKS, bucket_of
from storefront.refusals import Refused

PERIODS = {"today": "Today", "7": "7 days", "28": "28 days", "12m": "12 months"}
AGAINST = {"before": "the time before", "year": "a year before"}
USUAL = "28"
LONGEST = 800  # days that are asked for at once
A_DAY = timedelta(days=1)
FIRST = date(2000, 1, 1)  # no shop has counted earlier


@dataclass(frozen=True)
class Days:
    """Days of UTC from the first to the last; the last may be over at `until` already."""

    first: date
    last: date
    until: datetime | None = None

    @property
    def start(self) -> datetime:
        """Their first moment."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The moment after them."""
        return self.until or datetime.combine(self.last + A_DAY, time(), UTC)

    @property
    def count(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def begun(self) -> int | None:
        """How many of their hours have begun, where they are not over yet."""
        return self.until and int((self.until - self.start) / timedelta(hours=1))

    @property
    def by(self) -> str:
        """What they are drawn by: such as leaves a picture and its table short enough."""
        if self.count == 1:
            return HOURS
        return DAYS if self.count <= 31 else WEEKS if self.count <= 186 else MONTHS

    def buckets(self, by: str) -> list[str]:
        """The names of all their hours, days, weeks or months, as `usage.totals` has them."""
        step = A_DAY / 24 if by == HOURS else A_DAY
        steps = range(self.count * (24 if by == HOURS else 1))
        return list(dict.fromkeys(bucket_of(self.start + n * step, by) for n in steps))

    def __str__(self) -> str:
        if self.count == 1:
            return f"{self.first:%A, %-d %B %Y}"
        if self.first.year == self.last.year:
            return f"{self.first:%-d %B} to {self.last:%-d %B %Y}"
        return f"{self.first:%-d %B %Y} to {self.last:%-d %B %Y}"


@dataclass(frozen=True)
class Asked:
    """The days that are asked for by a period's name or one by one, and those before them."""

    period: str
    against: str
    days: Days
    before: Days

    @classmethod
    def read(cls, given, at: datetime) -> "Asked":
        """As the address says; raises `Refused` where its dates are none."""
        against = given.get("against", "")
        against = against if against in AGAINST else "before"
        if any(given.get(name) for name in ("day", "from", "to")):
            period, days = "own", _own(given, at)
        else:
            period = given.get("period", "")
            period = period if period in PERIODS else USUAL
            days = _named(period, at)
        return cls(period, against, days, _before(days, period, against))

    @property
    def typed(self) -> dict[str, date]:
        """What stands in the fields for days."""
        return {"from": self.days.first, "to": self.days.last}

    def query(self, **other: str) -> str:
        """What an address says to ask for the same, but for the other values."""
        own = self.typed if self.period == "own" else {}
        period = {} if own or self.period == USUAL else {"period": self.period}
        against = {} if self.against == "before" else {"against": self.against}
        return urlencode({k: v for k, v in (period | own | against | other).items() if v})

    def usual(self, period: str) -> str:
        """What an address says to ask for one of `PERIODS`, compared in the same way."""
        return Asked(period, self.against, self.days, self.before).query()


def _named(period: str, at: datetime) -> Days:
    today = at.date()
    if period == "today":
        return Days(today, today, at.replace(minute=0, second=0, microsecond=0) + A_DAY / 24)
    if period == "12m":
        return Days(today.replace(year=today.year - 1, day=1), today.replace(day=1) - A_DAY)
    return Days(today - int(period) * A_DAY, today - A_DAY)


def _own(given, at: datetime) -> Days:
    problems: dict[str, str] = {}
    today, day = at.date(), given.get("day", "")
    first = _date("from", day or given.get("from", ""), problems)
    last = _date("to", day or given.get("to", ""), problems)
    if not problems:
        last = min(last, today)
        if first > last:
            problems["to"] = "The last day comes before the first, or the first is still to come."
        elif (last - first).days >= LONGEST:
            problems["to"] = f"At most {LONGEST} days can be looked at together."
    if problems:
        raise Refused(**problems)
    return Days(first, last) if first < today else _named("today", at)


def _date(name: str, text: str, problems: dict[str, str]) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if found < FIRST:
        problems[name] = "Say a day as year, month and day: 2026-11-23."
    return found


def _before(days: Days, period: str, against: str) -> Days:
    if against == "year" or period == "12m":
        back = [_a_year_before(day) for day in (days.first, days.last)]
        if days.last + A_DAY == (days.last + A_DAY).replace(day=1):  # to the end of February
            back[1] = _a_year_before(days.last + A_DAY) - A_DAY
    else:
        back = [day - days.count * A_DAY for day in (days.first, days.last)]
    until = days.until and datetime.combine(back[1], time(), UTC) + (days.until - days.start)
    return Days(back[0], back[1], until)


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
