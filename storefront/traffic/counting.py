"""Counts the answers that the front has given out."""

import logging
from collections.abc import Callable
from datetime import datetime

from storefront.traffic.counters import Counters
from storefront.traffic.seen import Seen
from storefront.traffic.visits import Visit, Visits

log = logging.getLogger(__name__)


class Traffic:
    """What one process of the shop has seen; `now()` gives the moment in UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._visits = Visits()
        self.counters = Counters()

    def note(self, environ: dict, status: str, seen: Seen | None) -> None:
        """Count an answer to a request; a fault in that is logged and goes no further."""
        try:
            self._note(environ, status, seen)
        except Exception as trouble:
            log.warning("a view was not counted: %s", type(trouble).__name__)

    def _note(self, environ: dict, status: str, seen: Seen | None) -> None:
        if seen is None:
            return
        at = self._now()
        if is_reserved(environ):
            if seen.page:
                self.counters.add(at, ("views", "reserved views"))
            return
        address = environ.get("REMOTE_ADDR", "")
        digest = self._visits.digest(address, environ.get("HTTP_USER_AGENT", ""), at.date())
        visit = self._visits.seen(digest, at)
        totals, values, less = _of_page(seen, visit) if seen.page else ([], [], [])
        if visit and seen.step and seen.step not in visit.steps:
            visit.steps |= {seen.step}
            totals.append(seen.step)
        if visit:
            values += _links(seen.shows, environ.get("storefront.via"), visit)
        self.counters.add(at, totals, values, less)


def _links(shows: tuple[str, ...], via: str | None, visit: Visit) -> list[tuple[str, str]]:
    """What counts of links that have a name: once a visit that it was shown, and then followed."""
    new = [("followed", via)] if ("shown", via) in visit.links else []
    new += [("shown", name) for name in shows]
    new = [each for each in new if each not in visit.links]
    visit.links = visit.links.union(new)
    return new


def is_reserved(environ: dict) -> bool:
    """Whether the visitor's browser asks not to be tracked: such views are in totals only."""
    return environ.get("HTTP_SEC_GPC") == "1" or environ.get("HTTP_DNT") == "1"


def _of_page(seen: Seen, visit: Visit | None) -> tuple[list, list, list]:
    """Totals, values, and values of which there is one less, of a view of a page."""
    totals, values, less = ["views"], [("page", seen.page)], []
    if visit:
        if visit.new:
            totals.append("visits")
            values.append(("entry", seen.page))
        elif visit.page:
            # The page before is not the last one any more: exits are right at any moment.
            less.append(("exit", visit.page))
        values.append(("exit", seen.page))
        visit.page = seen.page
    return totals, values, less
