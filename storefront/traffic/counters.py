"""Numbers in memory, between two times of writing them down."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from storefront.models import TrafficDay

MOST = 20_000  # different things of one day in one process; further ones are not counted


class Counters:
    """What was counted since the last time of writing down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin_anew()

    def _begin_anew(self) -> None:
        # By hour, and by day: it is cheaper to count in what belongs to this hour alone.
        self._hours: dict[datetime, dict[str, int]] = {}
        self._days: dict[date, dict[tuple[str, str], int]] = {}
        self._end: datetime | None = None  # when the hour that is counted now is over

    def add(
        self,
        at: datetime,
        totals: Iterable[str],
        values: Iterable[tuple[str, str]] = (),
        less: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Count one more of these totals and of these values, and one `less` of those."""
        with self._lock:
            if self._end is None or not self._begin <= at < self._end:
                self._turn_to(at)
            of_hour, of_day = self._hour, self._day
            for what in totals:
                of_hour[what] += 1
            if len(of_day) >= MOST:
                values, less = ([one for one in some if one in of_day] for some in (values, less))
            for one in values:
                of_day[one] += 1
            for one in less:
                of_day[one] -= 1

    def _turn_to(self, at: datetime) -> None:
        self._begin = at.replace(minute=0, second=0, microsecond=0)
        self._end = self._begin + timedelta(hours=1)
        self._hour = self._hours.setdefault(self._begin, defaultdict(int))
        self._day = self._days.setdefault(at.date(), defaultdict(int))

    def add_many(self, day: date, what: str, value: str, count: int) -> None:
        """Count so many more of a value."""
        with self._lock:
            of_day = self._days.setdefault(day, defaultdict(int))
            if len(of_day) < MOST or (what, value) in of_day:
                of_day[what, value] += count

    def write_down(self) -> None:
        """Add what was counted to the database; where that refuses, nothing is lost. Raises
        `PeeweeException` then.
        """
        if not self:
            return
        with self._lock:
            hours, days = _flat(self._hours), _flat(self._days)
            self._begin_anew()
        days = {(day, *of_what): count for (day, of_what), count in days.items() if count}
        try:
            TrafficDay.add_up(hours, days)
        except BaseException:
            self._take_back(hours, days)
            raise

    def drop(self) -> None:
        """Forget what was counted since the last time of writing down."""
        with self._lock:
            self._begin_anew()

    def _take_back(self, hours: dict, days: dict) -> None:
        with self._lock:
            for (hour, what), count in hours.items():
                self._hours.setdefault(hour, defaultdict(int))[what] += count
            for (day, *of_what), count in days.items():
                self._days.setdefault(day, defaultdict(int))[tuple(of_what)] += count

    def __bool__(self) -> bool:
        return bool(self._hours or self._days)


def _flat(counted: dict) -> dict:
    return {(when, key): count for when, of in counted.items() for key, count in of.items()}
