"""Counting by several processes or machines that tell visits together, through a shared store.

No page waits for the store: a thread asks it for the visits that the views of a second belong to,
counts these, and puts back what has become of them. While the store does not answer, each process
goes on with what it knows.
"""

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from itertools import groupby

from storefront.traffic.counting import Asked, Traffic, why_not
from storefront.traffic.shared import NoAnswer, Shared
from storefront.traffic.visits import Visit


class SharedTraffic(Traffic):
    """What one process of several has seen."""

    def __init__(self, shared: Shared, now: Callable[[], datetime], *rest) -> None:
        super().__init__(now, *rest)
        self._shared, self._many = shared, math.inf  # whoever counts asks the store: no page does

    def end(self) -> None:
        """Count what waits, and write all down as the process ends."""
        super().end()
        self._shared.close()

    def _count_all(self, waiting: Iterable[Asked]) -> None:
        for day, some in groupby(waiting, lambda asked: asked.at.date()):
            self._count_day(day, list(some))

    def _count_day(self, day: date, waiting: list[Asked]) -> None:
        own = self._visits.key(day)
        try:
            self._visits.take_key(day, self._shared.key(day, own, waiting[0].at))
            digests = self._look_up(waiting)
        except NoAnswer:
            digests = set()
        super()._count_all(waiting)
        known = {digest: self._visits.known(digest, waiting[-1].at) for digest in digests}
        with suppress(NoAnswer):  # this process knows them
            self._shared.keep({digest: visit for digest, visit in known.items() if visit})

    def _look_up(self, waiting: list[Asked]) -> set[bytes]:
        """Know of the visits that these belong to what others know; gives their digests."""
        first: dict[bytes, Asked] = {}
        for asked in waiting:
            if not (asked.is_reserved or why_not(self._asker(asked), asked)):
                digest = self._visits.digest(asked.address, asked.agent, asked.at.date())
                if digest not in first or not first[digest].seen.page:
                    first[digest] = asked
        found = self._shared.find(first)
        begun = (digest for digest in first if digest not in found)
        self._visits.take(found | self._shared.find(self._begun_elsewhere(begun, first)))
        return set(first)

    def _begun_elsewhere(self, digests: Iterable[bytes], first: dict[bytes, Asked]) -> list[bytes]:
        """Begin the visits of these digests that nobody knows; those that another process has
        begun just now are counted there.
        """
        elsewhere = []
        for digest in digests:
            page, at = first[digest].seen.page, first[digest].at
            begins = page and self._visits.known(digest, at) is None
            if begins and not self._shared.begin(digest, Visit(at, at, page)):
                elsewhere.append(digest)
        return elsewhere
