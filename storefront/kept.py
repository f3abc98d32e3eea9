"""Public pages as they were drawn for nobody, kept as bytes in every coding that was asked for."""

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storefront.compression import AHEAD, KEPT, LEAST, compressed, is_text
from storefront.traffic.seen import Seen

MOST_BYTES = 6 * 2**20  # of all pages, in each process
LARGEST = 256 * 1024  # bytes of one page
LONGEST = timedelta(seconds=60)  # as shared caches are told
MOST_ANSWERS = 24  # of one page: codings, and counts of carts
MOST_WAITING = 8  # pages that are to be pressed harder
HOT = 3  # times that a page has been asked for, before it is worth 25 ms to press it harder
PUBLIC = "public,max-age=0,s-maxage=60,stale-while-revalidate=600"
# Of pages that show what its author may take back: gone from every cache within a minute, from a
# browser behind a shared cache, too: 20 and 20 seconds there, and 20 more where the browser allows
# itself to show a page while it asks anew.
SHORT = "public, max-age=0, s-maxage=20, stale-while-revalidate=20"
# Of what is kept by browsers as well, such as what resellers show: gone as soon.
BRIEF = "public, max-age=30, stale-while-revalidate=30"
PRIVATE = "private, no-cache"
VARY = "Accept-Encoding,Cookie,HX-Request,HX-Boosted"  # without spaces, which are sent as they are

Headers = list[tuple[str, str]]


@dataclass
class Ready:
    """An answer in one coding, for one count of the cart."""

    etag: str
    headers: Headers
    body: bytes
    asked: int = 0
    is_hard: bool = False  # or is about to be pressed so


@dataclass
class Page:
    """A page as it was drawn for nobody, and its answers by coding and count of the cart."""

    edition: str
    until: datetime
    headers: Headers
    body: bytes
    has_badge: bool
    public: str = PUBLIC  # what shared caches are told
    answers: dict[tuple[str, int], Ready] = field(default_factory=dict)
    weight: int = 0  # bytes in memory, about
    seen: Seen | None = None  # what it counts as
    on_trial: bool = False  # then this is the page of one arm
    is_kept: bool = True


class KeptPages:
    """The pages of one process. `badge(count)` is what stands in a page for a cart; `guard` adds
    the security headers of a scheme to a list.
    """

    def __init__(
        self,
        badge: Callable[[int], bytes],
        guard: Callable[[Headers, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._badge, self._guard, self._now = badge, guard, now
        self._empty_badge = badge(0)
        self._pages: OrderedDict[tuple, Page] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()
        self._later = ThreadPoolExecutor(1, "press")
        self._room = threading.Semaphore(MOST_WAITING)

    def find(self, key: tuple, edition: str | None, at: datetime) -> Page | None:
        """The page of that address, if it is of this edition and not too old at that moment."""
        page = self._pages.get(key)
        if page is None or page.edition != edition or at >= page.until:
            return None
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
        return page

    def take_in(
        self,
        key: tuple,
        edition: str,
        until: datetime,
        headers: Headers,
        body: bytes,
        public: str = PUBLIC,
        seen: Seen | None = None,
    ) -> Page | None:
        """Keep a page that was drawn for nobody; None if it is too large for that."""
        if len(body) > LARGEST:
            return None
        headers = [pair for pair in headers if pair[0] != "Content-Length"]
        until = min(until, self._now() + LONGEST)
        page = Page(edition, until, headers, body, self._empty_badge in body, public, seen=seen)
        page.on_trial = seen is not None and seen.on_trial
        with self._lock:
            self._let_go(self._pages.pop(key, None))
            self._pages[key] = page
        self._weigh(page, len(body) + 1000 + sum(len(str(part)) for part in key))
        return page

    def _weigh(self, page: Page, more: int) -> None:
        """Count what a page has come to, and let the longest unasked go while all are too much."""
        with self._lock:
            page.weight += more
            if page.is_kept:
                self._weight += more
            while self._weight > MOST_BYTES and self._pages:
                self._let_go(self._pages.popitem(last=False)[1])

    def _let_go(self, page: Page | None) -> None:
        if page is not None:
            page.is_kept = False
            self._weight -= page.weight

    def ready(self, page: Page, coding: str, count: int, scheme: str) -> Ready:
        """Its answer in that coding, for a cart of so many things."""
        ready = page.answers.get((coding, count))
        if ready is None:
            ready = self._press(page, coding, count, scheme)
        ready.asked += 1
        if ready.asked >= HOT and not ready.is_hard and coding == "br" and not count:
            self._press_harder(page, ready, scheme)
        return ready

    def _press_harder(self, page: Page, ready: Ready, scheme: str) -> None:
        """In the background; if much waits for that already, the next visitor asks again."""
        if not self._room.acquire(blocking=False):
            return

        def press() -> None:
            try:
                if page.is_kept:
                    self._press(page, "br", 0, scheme, AHEAD)
            finally:
                self._room.release()

        ready.is_hard = True
        with suppress(RuntimeError):  # the program is about to end
            self._later.submit(press)

    def _press(self, page: Page, coding: str, count: int, scheme: str, qualities=KEPT) -> Ready:
        """The page's answer in that coding, for a cart of so many things."""
        whole, headers = page.body, dict(page.headers)
        if page.has_badge:
            headers |= {"Cache-Control": PRIVATE if count else page.public, "Vary": VARY}
            if count:
                whole = whole.replace(self._empty_badge, self._badge(count), 1)
        headers.setdefault("Vary", "Accept-Encoding")
        used = coding if is_text(headers["Content-Type"]) and len(whole) >= LEAST else ""
        body = compressed(whole, used, qualities)
        if used:
            headers["Content-Encoding"] = used
        digest = hashlib.blake2b(body, digest_size=6).digest()
        etag = f'"{urlsafe_b64encode(digest).decode()}"'
        # The first three are what a 304 repeats (RFC 9110, 15.4.5).
        first = [("ETag", etag)] + [(name, headers.pop(name)) for name in ("Cache-Control", "Vary")]
        listed = [*first, *headers.items(), ("Content-Length", str(len(body)))]
        self._guard(listed, scheme)
        before, ready = page.answers.get((coding, count)), Ready(etag, listed, body)
        if before:
            ready.is_hard = before.is_hard
        if before or len(page.answers) < MOST_ANSWERS:
            page.answers[coding, count] = ready
            self._weigh(page, len(body) - len(before.body) if before else len(body) + 2000)
        return ready
