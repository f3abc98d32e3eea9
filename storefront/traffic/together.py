"""Counting by several processes or machines that tell visits together, through a shared store.

No page waits for the store: what is to be counted stands in memory for a second, until a thread
asks for the visits it belongs to, counts it, and puts back what has become of them. While the store
does not answer, each process goes on with what it knows.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from itertools import groupby

from storefront.traffic.counting import Traffic
from storefront.traffic.seen import Seen
from storefront.traffic.shared import NoAnswer, Shared
from storefront.traffic.visits import Visit

log = logging.getLogger(__name__)

SECONDS = 1  # between two times of working off what waits
MOST = 50_000  # answers that wait at a time; the oldest go uncounted
LONGEST = 1000  # characters of one word of a request
READ = (
    *("REMOTE_ADDR", "PATH_INFO", "QUERY_STRING", "HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_REFERER", "HTTP_SEC_GPC", "HTTP_DNT", "HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ"),
    "storefront.via",
)
Waiting = tuple[dict, Seen, datetime]


class SharedTraffic(Traffic):
    """What one process of several has seen."""

    def __init__(self, shared: Shared, now: Callable[[], datetime], *rest) -> None:
        super().__init__(now, *rest)
        self._shared = shared
        self._waiting: deque[Waiting] = deque(maxlen=MOST)
        self._working = threading.Lock()

    def note(self, environ: dict, status: str, seen: Seen | None) -> None:
        """Have an answer counted within a second."""
        if self._counts(status, seen):
            self._waiting.append((self._words(environ), seen, self._now()))

    def _words(self, environ: dict) -> dict:
        """What is read of a request, and no more: not its cookies, of which many are a secret, nor
        more of a word than is looked at.
        """
        words = {name: environ[name][:LONGEST] for name in READ if name in environ}
        if self._is_staff(environ):
            words["HTTP_COOKIE"] = self._session
        return words

    def start(self) -> None:
        """Have a thread of this process work off what waits."""
        threading.Thread(target=self._again_and_again, name="visits", daemon=True).start()

    def _again_and_again(self) -> None:
        while True:
            time.sleep(SECONDS)
            try:
                self.work_off()
            except Exception as trouble:  # what it was about may be somebody's: not told
                log.error("views were not counted: %s", type(trouble).__name__)

    def write_down(self) -> None:
        """Count what waits, and write the numbers down."""
        self.work_off()
        super().write_down()

    def end(self) -> None:
        """The same as the process ends."""
        self.work_off()
        self._shared.close()
        super().end()

    def work_off(self) -> None:
        """Count what waits."""
        with self._working:
            waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
            for day, some in groupby(waiting, lambda one: one[2].date()):
                self._count_day(day, list(some))

    def _count_day(self, day: date, waiting: list[Waiting]) -> None:
        own = self._visits.key(day)
        try:
            self._visits.take_key(day, self._shared.key(day, own, waiting[0][2]))
            digests = self._look_up(waiting)
        except NoAnswer:
            digests = set()
        for environ, seen, at in waiting:
            self._count_at(environ, seen, at)
        known = {digest: self._visits.known(digest, waiting[-1][2]) for digest in digests}
        with suppress(NoAnswer):  # this process knows them
            self._shared.keep({digest: visit for digest, visit in known.items() if visit})

    def _look_up(self, waiting: list[Waiting]) -> set[bytes]:
        """Know of the visits that these belong to what others know; gives their digests."""
        first: dict[bytes, Waiting] = {}
        for one in waiting:
            if self._is_persons(one[0], one[2]):
                agent = one[0].get("HTTP_USER_AGENT", "")
                digest = self._visits.digest(one[0].get("REMOTE_ADDR", ""), agent, one[2].date())
                if digest not in first or not first[digest][1].page:
                    first[digest] = one
        found = self._shared.find(first)
        begun = (digest for digest in first if digest not in found)
        self._visits.take(found | self._shared.find(self._begun_elsewhere(begun, first)))
        return set(first)

    def _begun_elsewhere(
        self, digests: Iterable[bytes], first: dict[bytes, Waiting]
    ) -> list[bytes]:
        """Begin the visits of these digests that nobody knows; those that another process has
        begun just now are counted there.
        """
        elsewhere = []
        for digest in digests:
            _, seen, at = first[digest]
            begins = seen.page and self._visits.known(digest, at) is None
            if begins and not self._shared.begin(digest, Visit(at, at, seen.page)):
                elsewhere.append(digest)
        return elsewhere
