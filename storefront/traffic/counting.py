"""Counts the answers that the front has given out; docs/traffic.md says what of each.

A page waits for none of that: what is needed of its request stands in memory for a second at most,
and many are counted at once, which takes two thirds of the time that each by itself does.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from storefront.traffic import whence
from storefront.traffic.askers import NAMELESS, Asker, Askers, language
from storefront.traffic.counters import Counters
from storefront.traffic.held import FEW, Held
from storefront.traffic.seen import Seen
from storefront.traffic.shares import Shares
from storefront.traffic.visits import Visit, Visits

# Why a view is not counted as a person's, and the total that it is in.
PROGRAM, UNNAMED, UNREAD = "a program", "a program without a name", "too many new names"
FAST, AHEAD, STAFF = "too many a minute", "fetched ahead", "staff"
IN_TOTAL = dict.fromkeys((PROGRAM, UNNAMED, UNREAD, FAST), "bot views") | {
    AHEAD: "prefetched views",
    STAFF: "staff views",
}
SECONDS = 1  # after which what waits is counted
MANY = 100  # that wait: who brings the last one counts them
MOST = 50_000  # answers that wait at a time; the oldest go uncounted
LONGEST = 1000  # characters of a header that waits
# What one address may have within a minute: a network of mobile telephones stays far below it.
NEW_NAMES = 30  # names of browsers that nobody had before
NEW_VISITS = 30
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Asked:
    """What is needed to count an answer: when and as what, and of the request no more than that."""

    at: datetime
    seen: Seen
    address: str
    agent: str
    is_ahead: bool  # a browser asked before anybody has
    is_staff: bool
    is_reserved: bool  # the browser asks not to be tracked: in totals only
    language: str
    referrer: str
    query: str
    path: str
    via: str


class Traffic:
    """What one process of the shop has seen.

    `now()` gives the moment in UTC, `may_count(at)` asks the database whether the policy in force
    covers it; `hosts` are the shop's own; `session` names the cookie of those who work here. `own`
    are the beginnings of paths that lead to somebody's own.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        may_count: Callable[[datetime], bool],
        hosts: Collection[str] = (),
        session: str = "session",
    ) -> None:
        self._now, self._may_count = now, may_count
        self._hosts, self._session = frozenset(hosts), f" {session}="
        self.own: Collection[str] = ()
        self._is_on = may_count(now())
        self._askers, self.counters = Askers(), Counters()
        self._know_nobody()
        self._many = MANY
        self._waiting: deque[Asked] = deque(maxlen=MOST)

    def _know_nobody(self) -> None:
        self._visits, self._held = Visits(), Held()
        self._names, self._begun = Shares(NEW_NAMES), Shares(NEW_VISITS)

    def note(self, environ: dict, seen: Seen | None, at: datetime) -> None:
        """Have an answer counted that was given out at that moment."""
        if seen is None or not self._is_on:
            return
        get = environ.get
        cookies = get("HTTP_COOKIE")
        asked = Asked(
            at,
            seen,
            get("REMOTE_ADDR", ""),
            get("HTTP_USER_AGENT", "")[:LONGEST],
            is_fetched_ahead(environ),
            cookies is not None and self._session in f" {cookies}",
            is_reserved(environ),
            get("HTTP_ACCEPT_LANGUAGE", "")[:LONGEST],
            get("HTTP_REFERER", "")[:LONGEST],
            get("QUERY_STRING", "")[:LONGEST],
            get("PATH_INFO", "")[:LONGEST],
            get("storefront.via", ""),
        )
        self._waiting.append(asked)
        if len(self._waiting) >= self._many and self.counters.lock.acquire(blocking=False):
            try:
                self._work_off()
            finally:
                self.counters.lock.release()

    def start(self) -> None:
        """Have a thread of this process count what waits, each second."""
        threading.Thread(target=self._again_and_again, name="views", daemon=True).start()

    def _again_and_again(self) -> None:
        while True:
            time.sleep(SECONDS)
            self.work_off()

    def work_off(self) -> None:
        """Count what waits."""
        with self.counters.lock:
            self._work_off()

    def _work_off(self) -> None:
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if len(waiting) == MOST:
            log.warning("more than %s views waited: the first of them are not counted", MOST)
        try:
            self._count_all(waiting)
        except Exception as trouble:  # what it was about may be somebody's: not told
            log.error("views were not counted: %s", type(trouble).__name__)

    def _count_all(self, waiting: Iterable[Asked]) -> None:
        for asked in waiting:
            try:
                self._count(asked)
            except Exception as trouble:
                log.warning("a view was not counted: %s", type(trouble).__name__)

    def write_down(self) -> None:
        """Write the numbers down, and forget what is over: to be called each minute.

        Raises `PeeweeException` where the database refuses; nothing is lost by that. What was
        counted in a minute at whose end the policy does not cover it any more is not written.
        """
        at = self._now()
        with self.counters.lock:
            self._work_off()
            self._visits.forget(at)
            for shares in (self._names, self._begun):
                shares.forget(_minute(at))
            self._count_few(at.date())
        self._is_on = self._may_count(at)
        if self._is_on:
            self.counters.write_down()
            return
        with self.counters.lock:
            self._waiting.clear()
            self._know_nobody()
            self.counters.drop()

    def end(self) -> None:
        """The same as the process ends: of what is held back, how often it came."""
        with self.counters.lock:
            self._work_off()
            self._count_few(None)
        self.write_down()

    def _count_few(self, day: date | None) -> None:
        over, numbers = self._held.let_go(day)
        for what, count in numbers.items():
            self.counters.add(over, (what, FEW), count)

    def _count(self, asked: Asked) -> None:
        asker = self._asker(asked)
        if why := why_not(asker, asked):
            self._leave_out(asked, asker, why)
        elif asked.is_reserved:
            if asked.seen.page:
                hour, _ = self.counters.at(asked.at)
                hour["views"] += 1
                hour["reserved views"] += 1
        else:
            digest = self._visits.digest(asked.address, asked.agent, asked.at.date())
            visit = self._visits.seen(digest, asked.at)
            if visit and visit.is_new and not self._takes(self._begun, asked):
                visit.is_fast = True
            if visit and visit.is_fast:
                self._filter(asked, FAST)
            else:
                self._count_persons(asked, visit, asker)

    def _asker(self, asked: Asked) -> Asker | None:
        """Who asks; None where too many new names come, from there or altogether."""
        if asker := self._askers.known(asked.agent):
            return asker
        if self._askers.knows(asked.agent) or self._takes(self._names, asked):
            return self._askers.of(asked.agent, asked.at)
        return None

    def _takes(self, shares: Shares, asked: Asked) -> bool:
        return shares.take(self._who(asked), _minute(asked.at))

    def _who(self, asked: Asked) -> bytes:
        """What an address is known by to whom it may not be a crowd."""
        return self._visits.mark(asked.address, "", asked.at.date())

    def _count_persons(self, asked: Asked, visit: Visit | None, asker: Asker) -> None:
        seen, (hour, day) = asked.seen, self.counters.at(asked.at)
        if seen.page:
            hour["views"] += 1
            day["page", seen.page] += 1
            if visit and visit.page != seen.page:
                self._go_on(asked, visit, asker, hour, day)
        if visit:
            if seen.step and seen.step not in visit.steps:
                visit.steps |= {seen.step}
                hour[seen.step] += 1
            if seen.shows or asked.via:
                for link in _links(seen.shows, asked.via, visit):
                    day[link] += 1
        if seen.step == "product" and asked.referrer:
            self._bring(asked, "from list", whence.list_of(asked.referrer, self._hosts))
        if seen.search or seen.is_lost:
            self._bring_what_was_wanted(asked, hour)

    def _go_on(self, asked: Asked, visit: Visit, asker: Asker, hour: dict, day: dict) -> None:
        """Have the visit begin with this page, or go on from another one to it."""
        if visit.page:
            # That is not the last one any more: exits are right at any moment.
            day["exit", visit.page] -= 1
        else:
            hour["visits"] += 1
            spoken = language(asked.language)
            for one in (
                ("entry", asked.seen.page),
                ("device", asker.device),
                ("browser", asker.browser),
                ("language", spoken),
            ):
                day[one] += 1
            self._bring_origin(asked)
        visit.page = asked.seen.page
        day["exit", visit.page] += 1

    # What is no person's view

    def _leave_out(self, asked: Asked, asker: Asker | None, why: str) -> None:
        """Count a view under why it is no person's."""
        if not asked.seen.page:
            return
        if asked.is_reserved:
            self.counters.at(asked.at)[0][IN_TOTAL[why]] += 1
            return
        self._filter(asked, why)
        if why == PROGRAM:
            name = asker.program if whence.kept(asker.program) else whence.NOT_KEPT
            self._bring(asked, "bot", name, is_known=asker.is_listed)

    def _filter(self, asked: Asked, why: str) -> None:
        if asked.seen.page:
            hour, day = self.counters.at(asked.at)
            hour[IN_TOTAL[why]] += 1
            day["filtered", why] += 1

    # What comes from outside

    def _bring(self, asked: Asked, what: str, value: str, *, is_known: bool = False) -> None:
        """Count a value from outside: now if it `is_known`, or once several have brought it."""
        if not value:
            return
        day, count = asked.at.date(), 1
        if not is_known:
            self._count_few(day)
            if not self._held.is_free(what, value):
                mark = self._visits.mark(asked.address, f"{what} {value}", day)
                value, count = self._held.bring(what, value, mark, self._who(asked))
        if count:
            self.counters.add(day, (what, value), count)

    def _bring_origin(self, asked: Asked) -> None:
        if asked.referrer:
            self._bring(asked, "referrer", whence.host(asked.referrer, self._hosts))
        self._bring(asked, "campaign", whence.campaign(asked.query))

    def _bring_what_was_wanted(self, asked: Asked, hour: dict) -> None:
        """Count words that were searched for, or an address where nothing is."""
        if asked.seen.is_lost:
            hour["pages not found"] += 1
            path = asked.path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333
            self._bring(asked, "not found", whence.lost(path, self.own))
            return
        searched = whence.words(asked.seen.search)
        hour["searches"] += 1
        self._bring(asked, "search", searched)
        if not asked.seen.found:
            hour["searches in vain"] += 1
            self._bring(asked, "in vain", searched)


def _links(shows: tuple[str, ...], via: str, visit: Visit) -> list[tuple[str, str]]:
    """What counts of links that have a name: once a visit that it was shown, and then followed."""
    new = [("followed", via)] if ("shown", via) in visit.links else []
    new += [("shown", name) for name in shows]
    new = [each for each in new if each not in visit.links]
    visit.links = visit.links.union(new)
    return new


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def is_reserved(environ: dict) -> bool:
    """Whether the visitor's browser asks not to be tracked: such views are in totals only."""
    return environ.get("HTTP_SEC_GPC") == "1" or environ.get("HTTP_DNT") == "1"


def is_fetched_ahead(environ: dict) -> bool:
    """Whether a browser asks before anybody has: Sec-Purpose (Fetch standard), and before it."""
    get = environ.get
    said = get("HTTP_SEC_PURPOSE") or get("HTTP_PURPOSE") or get("HTTP_X_MOZ")
    return said is not None and said.startswith(("prefetch", "prerender"))


def why_not(asker: Asker | None, asked: Asked) -> str:
    """Why that is no person's view, or ""."""
    if asker is None:
        return UNREAD
    if asker.program:
        return UNNAMED if asker.program == NAMELESS else PROGRAM
    if asked.is_ahead:
        return AHEAD
    return STAFF if asked.is_staff else ""
