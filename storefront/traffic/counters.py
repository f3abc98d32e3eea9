"""Numbers in memory, between two times of writing them down."""

import threading
from collections import defaultdict
from datetime import date, datetime, timedelta

from storefront.models import TrafficDay

MOST = 20_000  # different things of one day in one process; further ones are not counted


class Known:
    """The numbers of a day that has as many as there may be: only those go on."""

    def __init__(self, numbers: dict) -> None:
        self._numbers = numbers

    def __getitem__(self, one: tuple[str, str]) -> int:
        return self._numbers.get(one, 0)

    def __setitem__(self, one: tuple[str, str], count: int) -> None:
        if one in self._numbers:
            self._numbers[one] = count


class Counters:
    """What was counted since the last time of writing down. Who counts holds the `lock`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._begin_anew()

    def _begin_anew(self) -> None:
        # By hour, and by day: it is cheaper to count in what belongs to this hour alone.
        self._hours: dict[datetime, dict[str, int]] = {}
        self._days: dict[date, dict[tuple[str, str], int]] = {}
        self._end: datetime | None = None  # when the hour that is counted now is over

    def at(self, at: datetime) -> tuple[dict[str, int], dict[tuple[str, str], int] | Known]:
        """The totals of the hour that this moment is in, and how often each value came that day."""
        if self._end is None or not self._begin <= at < self._end:
            self._begin = at.replace(minute=0, second=0, microsecond=0)
            self._end = self._begin + timedelta(hours=1)
            self._hour = self._hours.setdefault(self._begin, defaultdict(int))
            self._day = self._days.setdefault(at.date(), defaultdict(int))
        return self._hour, self._day if len(self._day) < MOST else Known(self._day)

    def add(self, day: date, one: tuple[str, str], count: int) -> None:
        """Count so many more of a value."""
        of_day = self._days.setdefault(day, defaultdict(int))
        if len(of_day) < MOST or one in of_day:
            of_day[one] += count

    def write_down(self) -> None:
        """Add what was counted to the database; where that refuses, nothing is lost. Raises
        `PeeweeException` then.
        """
        if not self:
            return
        with self.lock:
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
        self._begin_anew()

    def _take_back(self, hours: dict, days: dict) -> None:
        with self.lock:
            for (hour, what), count in hours.items():
                self._hours.setdefault(hour, defaultdict(int))[what] += count
            for (day, *of_what), count in days.items():
                self._days.setdefault(day, defaultdict(int))[tuple(of_what)] += count

    def __bool__(self) -> bool:
        return bool(self._hours or self._days)


def _flat(counted: dict) -> dict:
    return {(when, key): count for when, of in counted.items() for key, count in of.items()}
