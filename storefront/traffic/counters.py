"""Numbers in memory, between two times of writing them down."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from storefront.models import TrafficDay

MOST = 20_000  # different things of one minute in one process; further ones are not counted


class Counters:
    """What was counted since the last time of writing down."""

    def __init__(self) -> None:
        self._hours: Counter = Counter()
        self._days: Counter = Counter()
        self._lock = threading.Lock()
        self._hour = self._end = None  # the hour that is counted, and when it is over

    def add(
        self,
        at: datetime,
        totals: Iterable[str],
        values: Iterable[tuple[str, str]] = (),
        less: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Count one more of these totals and of these values, and one `less` of those."""
        with self._lock:
            if self._end is None or not self._hour <= at < self._end:
                self._hour = at.replace(minute=0, second=0, microsecond=0)
                self._end = self._hour + timedelta(hours=1)
            for what in totals:
                self._hours[self._hour, what] += 1
            day, days = self._hour.date(), self._days
            if len(days) < MOST:
                for what, value in values:
                    days[day, what, value] += 1
                for what, value in less:
                    days[day, what, value] -= 1

    def write_down(self) -> None:
        """Add what was counted to the database; where that refuses, nothing is lost. Raises
        `PeeweeException` then.
        """
        if not self:
            return
        with self._lock:
            hours, days = self._hours, self._days
            self._hours, self._days = Counter(), Counter()
        try:
            TrafficDay.add_up(hours, {key: count for key, count in days.items() if count})
        except BaseException:
            with self._lock:
                self._hours.update(hours)
                self._days.update(days)
            raise

    def __bool__(self) -> bool:
        return bool(self._hours or self._days)
