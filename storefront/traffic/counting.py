"""Counts the answers that the front has given out; docs/traffic.md says what of each."""

import logging
from collections.abc import Callable, Collection
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
# What one address may have within a minute: a network of mobile telephones stays far below it.
NEW_NAMES = 30  # names of browsers that nobody had before
NEW_VISITS = 30
log = logging.getLogger(__name__)


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

    def _know_nobody(self) -> None:
        self._visits, self._held = Visits(), Held()
        self._names, self._begun = Shares(NEW_NAMES), Shares(NEW_VISITS)

    def note(self, environ: dict, status: str, seen: Seen | None) -> None:
        """Count an answer to a request; a fault in that is logged and goes no further."""
        if self._counts(status, seen):
            self._count_at(environ, seen, self._now())

    def _counts(self, status: str, seen: Seen | None) -> bool:
        # What broke after the view had said what it would count as was not given out.
        return seen is not None and self._is_on and (seen.is_lost or status[:1] in ("2", "3"))

    def _count_at(self, environ: dict, seen: Seen, at: datetime) -> None:
        try:
            self._note(environ, seen, at)
        except Exception as trouble:
            log.warning("a view was not counted: %s", type(trouble).__name__)

    def write_down(self) -> None:
        """Write the numbers down, and forget what is over: to be called each minute.

        Raises `PeeweeException` where the database refuses; nothing is lost by that. What was
        counted in a minute at whose end the policy does not cover it any more is not written.
        """
        at = self._now()
        self._visits.forget(at)
        for shares in (self._names, self._begun):
            shares.forget(_minute(at))
        self._count_few(at.date())
        self._is_on = self._may_count(at)
        if not self._is_on:
            self._know_nobody()
            self.counters.drop()
        elif self.counters:
            self.counters.write_down()

    def end(self) -> None:
        """The same as the process ends: of what is held back, how often it came."""
        self._count_few(None)
        self.write_down()

    def _count_few(self, day: date | None) -> None:
        over, numbers = self._held.let_go(day)
        for what, count in numbers.items():
            self.counters.add_many(over, what, FEW, count)

    def _note(self, environ: dict, seen: Seen, at: datetime) -> None:
        agent = environ.get("HTTP_USER_AGENT", "")
        asker = self._asker(environ, agent, at)
        if why := _why_not(asker) or self._why_not(environ):
            self._leave_out(environ, seen, asker, why, at)
        elif is_reserved(environ):
            if seen.page:
                self.counters.add(at, ("views", "reserved views"))
        else:
            digest = self._visits.digest(environ.get("REMOTE_ADDR", ""), agent, at.date())
            visit = self._visits.seen(digest, at)
            if visit and visit.is_new and not self._begun.take(self._who(environ, at), _minute(at)):
                visit.is_fast = True
            if visit and visit.is_fast:
                self._filter(seen, FAST, at)
            else:
                self._count(environ, seen, visit, asker, at)

    def _asker(self, environ: dict, agent: str, at: datetime) -> Asker | None:
        """Who asks; None where too many new names come, from there or altogether."""
        if asker := self._askers.known(agent):
            return asker
        if self._askers.knows(agent) or self._names.take(self._who(environ, at), _minute(at)):
            return self._askers.of(agent, at)
        return None

    def _who(self, environ: dict, at: datetime) -> bytes:
        """What an address is known by to whom it may not be a crowd."""
        return self._visits.mark(environ.get("REMOTE_ADDR", ""), "", at.date())

    def _is_persons(self, environ: dict, at: datetime) -> bool:
        asker = self._asker(environ, environ.get("HTTP_USER_AGENT", ""), at)
        return not (_why_not(asker) or self._why_not(environ) or is_reserved(environ))

    def _count(
        self, environ: dict, seen: Seen, visit: Visit | None, asker: Asker, at: datetime
    ) -> None:
        """Count a person's view."""
        first = visit and seen.page and not visit.page
        totals, values, less = _of_page(seen, visit) if seen.page else ([], [], [])
        if visit:
            if seen.step and seen.step not in visit.steps:
                visit.steps |= {seen.step}
                totals.append(seen.step)
            if first:
                asked = environ.get("HTTP_ACCEPT_LANGUAGE", "")
                values += [("device", asker.device), ("browser", asker.browser)]
                values.append(("language", language(asked)))
                self._bring_origin(environ, at)
            if seen.shows or "storefront.via" in environ:
                values += _links(seen.shows, environ.get("storefront.via"), visit)
        if seen.step == "product" and "HTTP_REFERER" in environ:
            self._bring(environ, at, "from list", self._list_before(environ))
        if seen.search or seen.is_lost:
            totals += self._bring_what_was_wanted(environ, seen, at)
        self.counters.add(at, totals, values, less)

    # What is no person's view

    def _why_not(self, environ: dict) -> str:
        if is_fetched_ahead(environ):
            return AHEAD
        return STAFF if self._is_staff(environ) else ""

    def _is_staff(self, environ: dict) -> bool:
        cookies = environ.get("HTTP_COOKIE")
        return bool(cookies) and self._session in f" {cookies}"

    def _leave_out(
        self, environ: dict, seen: Seen, asker: Asker | None, why: str, at: datetime
    ) -> None:
        """Count a view under why it is no person's."""
        if not seen.page:
            return
        if is_reserved(environ):
            self.counters.add(at, (IN_TOTAL[why],))
            return
        self._filter(seen, why, at)
        if why == PROGRAM:
            name = asker.program if whence.kept(asker.program) else whence.NOT_KEPT
            self._bring(environ, at, "bot", name, is_known=asker.is_listed)

    def _filter(self, seen: Seen, why: str, at: datetime) -> None:
        if seen.page:
            self.counters.add(at, (IN_TOTAL[why],), [("filtered", why)])

    # What comes from outside

    def _bring(
        self, environ: dict, at: datetime, what: str, value: str, *, is_known: bool = False
    ) -> None:
        """Count a value from outside: now if it `is_known`, or once several have brought it."""
        day, count = at.date(), 1
        if value and not is_known:
            self._count_few(day)
        if value and not is_known and not self._held.is_free(what, value):
            mark = self._visits.mark(environ.get("REMOTE_ADDR", ""), f"{what} {value}", day)
            value, count = self._held.bring(what, value, mark, self._who(environ, at))
        if value and count:
            self.counters.add_many(day, what, value, count)

    def _bring_origin(self, environ: dict, at: datetime) -> None:
        referrer = environ.get("HTTP_REFERER")
        if referrer:
            self._bring(environ, at, "referrer", whence.host(referrer, self._hosts))
        self._bring(environ, at, "campaign", whence.campaign(environ.get("QUERY_STRING", "")))

    def _list_before(self, environ: dict) -> str:
        return whence.list_of(environ["HTTP_REFERER"], self._hosts)

    def _bring_what_was_wanted(self, environ: dict, seen: Seen, at: datetime) -> list[str]:
        """Count words that were searched for, or an address where nothing is; gives totals."""
        if seen.is_lost:
            path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")  # PEP 3333
            self._bring(environ, at, "not found", whence.lost(path, self.own))
            return ["pages not found"]
        searched = whence.words(seen.search)
        self._bring(environ, at, "search", searched)
        if seen.found:
            return ["searches"]
        self._bring(environ, at, "in vain", searched)
        return ["searches", "searches in vain"]


def _links(shows: tuple[str, ...], via: str | None, visit: Visit) -> list[tuple[str, str]]:
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
    said = (
        environ.get("HTTP_SEC_PURPOSE") or environ.get("HTTP_PURPOSE") or environ.get("HTTP_X_MOZ")
    )
    return said is not None and said.startswith(("prefetch", "prerender"))


def _why_not(asker: Asker | None) -> str:
    if asker is None:
        return UNREAD
    if asker.program:
        return UNNAMED if asker.program == NAMELESS else PROGRAM
    return ""


def _of_page(seen: Seen, visit: Visit | None) -> tuple[list, list, list]:
    """Totals, values, and values of which there is one less, of a view of a page."""
    totals, values, less = ["views"], [("page", seen.page)], []
    if visit:
        if not visit.page:
            totals.append("visits")
            values.append(("entry", seen.page))
        else:
            # The page before is not the last one any more: exits are right at any moment.
            less.append(("exit", visit.page))
        values.append(("exit", seen.page))
        visit.page = seen.page
    return totals, values, less
