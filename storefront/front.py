"""What stands in front of Flask: static files, kept pages, compression, security headers.

A public page is drawn for nobody and kept as bytes until the edition changes; for a visitor with a
cart the badge is put into those bytes. Everything else goes to Flask and comes back compressed.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from storefront.assets import Assets
from storefront.compression import KEPT, LARGEST, LEAST, ONCE, coding_for, compressed, is_text
from storefront.config import Settings

MOST_BYTES = 6 * 2**20  # of kept pages, in each process
MOST_PRESSED = 100  # drawn pages whose bytes are kept in a coding, about six kilobytes each
LARGEST_KEPT = 256 * 1024  # bytes of one page
LONGEST = timedelta(seconds=60)  # as shared caches are told
PUBLIC = "public, max-age=0, s-maxage=60, stale-while-revalidate=600"
PRIVATE = "private, no-cache"
VARY = "Accept-Encoding, Cookie, HX-Request, HX-Boosted"
NEAR = ("127.0.0.1", "::1", "")

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Behind:
    """What the front asks of the shop behind it.

    `is_public(path)`: whether that page is the same for everybody but for the badge;
    `count(cookies)`: how many things the cart in a Cookie header holds, 0 without a cart, None
    where the visitor needs a page drawn for them; `badge(count)`: its bytes in a page;
    `edition()`: which one is out, None if unknown; `now()`: the moment, in UTC.
    """

    is_public: Callable[[str], bool]
    count: Callable[[str], int | None]
    badge: Callable[[int], bytes]
    edition: Callable[[], str | None]
    now: Callable[[], datetime]


@dataclass
class Page:
    """A page as it was drawn for nobody, and its answers by coding and count of the cart."""

    edition: str
    until: datetime
    headers: Headers
    body: bytes
    has_badge: bool
    answers: dict[tuple[str, int], tuple[str, Headers, bytes]] = field(default_factory=dict)
    weight: int = 0  # bytes in memory, about


class Answer:
    """What the app behind answered: status and headers, and the body once it is asked for."""

    def __init__(self, app, environ) -> None:
        self.status, self.headers = "", []
        self.body = app(environ, self._start)

    def _start(self, status: str, headers: Headers, _error=None) -> None:
        self.status, self.headers = status, headers

    def whole(self) -> bytes:
        """The body in one piece."""
        try:
            return b"".join(self.body)
        finally:
            if hasattr(self.body, "close"):
                self.body.close()


class Front:
    """A WSGI app in front of another; unless it is to `keep` pages, all are drawn anew."""

    def __init__(self, app, settings: Settings, assets: Assets, behind: Behind) -> None:
        self._app, self._assets, self._behind = app, assets, behind
        self._keep, self._empty_badge = settings.page_cache, behind.badge(0)
        self._guards = {
            scheme: guards(settings, assets, settings.secure or scheme == "https")
            for scheme in ("http", "https")
        }
        self._pages: OrderedDict[tuple, Page] = OrderedDict()
        self._weight = 0
        self._pressed = lru_cache(MOST_PRESSED)(_press)
        self._lock = threading.Lock()

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            if environ["PATH_INFO"].startswith("/static/"):
                return self._file(environ, start_response)
            if (count := self._count(environ)) is not None:
                return self._for_all(count, environ, start_response)
        return self._pass_on(Answer(self._app, environ), environ, start_response)

    def _file(self, environ, start_response) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        found = self._assets.answer(environ["PATH_INFO"], accepted)
        if found is None:
            return self._pass_on(Answer(self._app, environ), environ, start_response)
        headers, data = found
        start_response("200 OK", list(headers))
        return [data] if environ["REQUEST_METHOD"] == "GET" else []

    # Pages for everybody

    def _count(self, environ) -> int | None:
        """How many things are in the visitor's cart; None where the page must be their own."""
        if not self._keep or "HTTP_HX_REQUEST" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        cookies = environ.get("HTTP_COOKIE")
        return self._behind.count(cookies) if cookies else 0

    def _for_all(self, count: int, environ, start_response) -> Iterable[bytes]:
        edition, key = self._behind.edition(), _key(environ)
        page = self._find(key, edition)
        if page is None:
            if edition is None or not self._behind.is_public(environ["PATH_INFO"]):
                return self._pass_on(Answer(self._app, environ), environ, start_response)
            nobodys = _nobodys(environ)
            answer = Answer(self._app, nobodys)
            body = answer.whole()
            page = self._take_in(key, edition, answer, body, nobodys.get("storefront.until"))
            if page is None:
                # Not one to keep: a way on, or nothing there. Who has a cookie gets it anew.
                answer.body = [body]
                again = Answer(self._app, environ) if "HTTP_COOKIE" in environ else answer
                return self._pass_on(again, environ, start_response)
        return self._give(page, count, environ, start_response)

    def _find(self, key: tuple, edition: str | None) -> Page | None:
        page = self._pages.get(key)
        if page is None or page.edition != edition or self._behind.now() >= page.until:
            return None
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
        return page

    def _take_in(self, key, edition, answer: Answer, body: bytes, until) -> Page | None:
        if not answer.status.startswith("200") or until is None or len(body) > LARGEST_KEPT:
            return None
        until = min(until, self._behind.now() + LONGEST)
        headers = [pair for pair in answer.headers if pair[0] != "Content-Length"]
        page = Page(edition, until, headers, body, self._empty_badge in body)
        with self._lock:
            if old := self._pages.pop(key, None):
                self._weight -= old.weight
            self._pages[key] = page
        self._weigh(page, len(body) + 1000)
        return page

    def _weigh(self, page: Page, more: int) -> None:
        """Count what a page has come to, and let the longest unasked go while all are too much."""
        with self._lock:
            page.weight += more
            self._weight += more
            while self._weight > MOST_BYTES and self._pages:
                _, old = self._pages.popitem(last=False)
                self._weight -= old.weight

    def _give(self, page: Page, count: int, environ, start_response) -> Iterable[bytes]:
        coding = coding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
        ready = page.answers.get((coding, count)) or self._press(page, coding, count, environ)
        etag, headers, body = ready
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked and (etag in asked or asked == "*"):
            start_response("304 NOT MODIFIED", headers[:3])
            return []
        start_response("200 OK", list(headers))
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def _press(self, page: Page, coding: str, count: int, environ):
        """The page's answer in that coding, for a cart of so many things."""
        whole, headers = page.body, dict(page.headers)
        if page.has_badge:
            headers |= {"Cache-Control": PRIVATE if count else PUBLIC, "Vary": VARY}
            if count:
                whole = whole.replace(self._empty_badge, self._behind.badge(count), 1)
        headers.setdefault("Vary", "Accept-Encoding")
        used = coding if is_text(headers["Content-Type"]) and len(whole) >= LEAST else ""
        body = compressed(whole, used, KEPT)
        if used:
            headers["Content-Encoding"] = used
        digest = hashlib.blake2b(whole, digest_size=9).hexdigest()
        etag = f'"{digest}{used and "-" + used}"'
        # The first three are what a 304 repeats (RFC 9110, 15.4.5).
        first = [("ETag", etag)] + [(name, headers.pop(name)) for name in ("Cache-Control", "Vary")]
        listed = [*first, *headers.items(), ("Content-Length", str(len(body)))]
        self._guard(listed, environ)
        page.answers[coding, count] = etag, listed, body
        self._weigh(page, len(body) + 2000)
        return etag, listed, body

    # What is drawn for one visitor

    def _pass_on(self, answer: Answer, environ, start_response) -> Iterable[bytes]:
        headers = dict(answer.headers) if _is_compressible(answer) else None
        if headers is None:
            listed, body = answer.headers, answer.body
        else:
            body = [self._in_coding(answer.whole(), headers, environ)]
            cookies = [pair for pair in answer.headers if pair[0] == "Set-Cookie"]
            headers.pop("Set-Cookie", None)
            listed = [*headers.items(), *cookies]
        self._guard(listed, environ)
        start_response(answer.status, listed)
        return body

    def _in_coding(self, body: bytes, headers: dict[str, str], environ) -> bytes:
        """The body in a coding that is accepted, and the headers that go with it."""
        headers.setdefault("Vary", "Accept-Encoding")
        coding = coding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding and environ["REQUEST_METHOD"] != "HEAD":
            # Only what is drawn once for the same rows is kept: nothing with a name or an address.
            press = self._pressed if "storefront.drawn" in environ else _press
            body = press(body, coding)
            headers |= {"Content-Encoding": coding, "Content-Length": str(len(body))}
            if not headers.get("ETag", "W/").startswith("W/"):
                headers["ETag"] = f"W/{headers['ETag']}"  # no longer of the same bytes
        return body

    def _guard(self, headers: Headers, environ) -> None:
        """Add the security headers, but for those that the answer brings itself."""
        present = {name for name, _ in headers}
        for pair in self._guards[environ["wsgi.url_scheme"]]:
            if pair[0] not in present:
                headers.append(pair)


def _press(body: bytes, coding: str) -> bytes:
    return compressed(body, coding, ONCE)


def _is_compressible(answer: Answer) -> bool:
    headers = dict(answer.headers)
    return (
        LEAST <= int(headers.get("Content-Length", 0)) <= LARGEST
        and is_text(headers.get("Content-Type", ""))
        and "Content-Encoding" not in headers
        and answer.status[:3] != "206"
    )


def guards(settings: Settings, assets: Assets, secure: bool) -> Headers:
    """The security headers of every answer, error pages included."""
    headers = [
        ("Content-Security-Policy", _content_policy(settings.payment_origin, assets.hashes)),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ]
    if secure:
        headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    return headers


def _content_policy(payment_origin: str, hashes: dict[str, str]) -> str:
    # The payment page is named because browsers apply form-action to redirects.
    return (
        f"default-src 'none'; script-src 'self' {hashes['script']}; style-src {hashes['style']}; "
        f"img-src 'self'; connect-src 'self'; form-action 'self' {payment_origin}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _key(environ) -> tuple:
    """What an answer for nobody depends on: the address, and whether the door lets them in."""
    scheme = environ["wsgi.url_scheme"]
    return (
        environ["PATH_INFO"],
        environ["QUERY_STRING"],
        environ.get("HTTP_HOST"),
        scheme,
        # Plain HTTP is for this machine alone.
        scheme == "https" or environ.get("REMOTE_ADDR", "") in NEAR,
    )


def _nobodys(environ) -> dict:
    """The same request as somebody without cookies would make it."""
    nobodys = environ | {"REQUEST_METHOD": "GET", "storefront.nobody": True}
    for name in ("HTTP_COOKIE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"):
        nobodys.pop(name, None)
    return nobodys
