"""Visits that several processes or machines tell as one: in memcached, which keeps nothing on disk.

What is kept there is what a process keeps of a visit that goes on, by the same digest, for half an
hour; and the key of the day, which the first process draws and which goes with the day.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from storefront.traffic.visits import IDLE, Visit

log = logging.getLogger(__name__)

LASTS = int(IDLE.total_seconds())
PATIENCE = 0.3  # seconds, for an answer; nobody's page waits meanwhile
PAUSE = 5  # seconds, after which a store that did not answer is asked again
WARNS = 60  # seconds between two warnings


class NoAnswer(Exception):
    """The shared store does not answer, or not as it should."""


class Shared:
    """The store at `memcached://host:port`. What is kept there is told apart by the shop's origin.

    All that asks it raises `NoAnswer`.
    """

    def __init__(self, url: str, origin: str) -> None:
        from pymemcache.client.base import Client  # few have a shared store

        parts = urlsplit(url)
        self._store = Client(
            (parts.hostname, parts.port or 11211),
            connect_timeout=PATIENCE,
            timeout=PATIENCE,
            no_delay=True,
            default_noreply=False,
        )
        self._prefix = f"{origin}/"
        self._not_before = self._warned = float("-inf")

    def key(self, day: date, own: bytes, at: datetime) -> bytes:
        """The key of that day: `own`, if nobody has put another one there before."""
        name = f"{self._prefix}key/{day}"
        over = datetime.combine(day + timedelta(days=1), datetime.min.time(), at.tzinfo)
        left = max(1, int((over - at).total_seconds()))
        kept = self._ask("get", name)
        if kept is None and not self._ask("add", name, own, expire=left):
            kept = self._ask("get", name)
        if kept and len(kept) != len(own):  # of somebody else's
            self._warn(trouble := NoAnswer())
            raise trouble
        return kept or own

    def find(self, digests: Iterable[bytes]) -> dict[bytes, Visit]:
        """The visits of these digests that are there."""
        names = {self._name(digest): digest for digest in digests}
        found = self._ask("get_many", list(names)) if names else {}
        visits = {names[name]: _unpacked(kept) for name, kept in found.items()}
        return {digest: visit for digest, visit in visits.items() if visit}

    def begin(self, digest: bytes, visit: Visit) -> bool:
        """Put a visit there that begins; False if another process has done so before."""
        return self._ask("add", self._name(digest), _packed(visit), expire=LASTS)

    def keep(self, visits: Mapping[bytes, Visit]) -> None:
        """Put there what has become of these visits."""
        packed = {self._name(digest): _packed(visit) for digest, visit in visits.items()}
        if packed:
            self._ask("set_many", packed, expire=LASTS)

    def close(self) -> None:
        """Let go of the connection."""
        self._store.close()

    def _name(self, digest: bytes) -> str:
        return f"{self._prefix}visit/{digest.hex()}"

    def _ask(self, what: str, *given, **named):
        from pymemcache.exceptions import MemcacheError

        if time.monotonic() < self._not_before:
            raise NoAnswer
        try:
            return getattr(self._store, what)(*given, **named)
        except (MemcacheError, OSError) as trouble:
            self._not_before = time.monotonic() + PAUSE
            self._warn(trouble)
            raise NoAnswer from None

    def _warn(self, trouble: Exception) -> None:
        if time.monotonic() >= self._warned + WARNS:
            self._warned = time.monotonic()
            log.warning(
                "the shared store does not answer (%s); each process tells visits by itself",
                type(trouble).__name__,
            )


def _packed(visit: Visit) -> bytes:
    moments = [visit.last.isoformat(), visit.since.isoformat()]
    sets = [*visit.steps], [*visit.links]
    return json.dumps([*moments, visit.page, *sets, visit.views, visit.is_fast]).encode()


def _unpacked(kept: bytes) -> Visit | None:
    """A visit out of the store; None of what is none, as of another release or another hand."""
    try:
        last, since, page, steps, links, views, is_fast = json.loads(kept)
        moments = [datetime.fromisoformat(one) for one in (last, since)]
        links = frozenset((str(what), str(name)) for what, name in links)
        steps = frozenset(str(one) for one in steps)
        visit = Visit(*moments, str(page), steps, links, int(views), bool(is_fast))
    except (ValueError, TypeError):
        return None
    return visit if all(moment.tzinfo for moment in moments) else None
