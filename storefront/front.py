"""What stands in front of Flask: static files, kept pages, compression, security headers.

A public page is drawn for nobody and kept as bytes until the edition changes; for a visitor with a
cart the badge is put into those bytes. Everything else goes to Flask and comes back compressed.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from secrets import choice

from storefront.assets import Assets
from storefront.compression import LARGEST, LEAST, ONCE, coding_for, compressed, is_text
from storefront.config import Settings
from storefront.kept import PUBLIC, Headers, KeptPages, Page
from storefront.models.trial import ARMS
from storefront.traffic.seen import Seen
from storefront.weighed import Weighed

MOST_PRESSED = 2**21  # bytes of drawn pages, as they are and in a coding
# What others show in their pages knows no visitor: whatever tells one from another is not read.
FOR_OTHERS = ("/widget/", "/oembed")
COUNTED = "/insider/archive/"  # of our own pages, without a look at who asks
OF_A_VISITOR = ("HTTP_COOKIE", "HTTP_HX_REQUEST", "HTTP_AUTHORIZATION", "HTTP_REFERER")
NEAR = ("127.0.0.1", "::1", "")
VIA = re.compile(r"[a-z0-9-]{1,40}")  # how links that are counted are named
LONGEST_QUERY = 1000  # characters; what asks for more is drawn for once


@dataclass(frozen=True)
class Behind:
    """What the front asks of the shop behind it.

    `is_public(path)`: whether that page is the same for everybody but for the badge;
    `count(cookies)`: how many things the cart in a Cookie header holds, 0 without a cart, None
    where the visitor needs a page drawn for them; `badge(count)`: its bytes in a page;
    `edition()`: which one is out, None if unknown; `now()`: the moment, in UTC; `seen(path)`: what
    is counted was given out at that path; `viewed(environ, status, seen)`: so was an answer that
    counts as what was `seen`.
    """

    is_public: Callable[[str], bool]
    count: Callable[[str], int | None]
    badge: Callable[[int], bytes]
    edition: Callable[[], str | None]
    now: Callable[[], datetime]
    seen: Callable[[str], None]
    viewed: Callable[[dict, str, Seen | None], None]


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
        self._keep = settings.page_cache
        self._pages = KeptPages(behind.badge, self._guard, behind.now)
        self._guards = {
            scheme: guards(settings, assets, settings.secure or scheme == "https")
            for scheme in ("http", "https")
        }
        self._pressed = Weighed(MOST_PRESSED)

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(FOR_OTHERS):
            start_response = self._for_others(environ, start_response)
        elif environ["PATH_INFO"].startswith(COUNTED) and environ["REQUEST_METHOD"] == "GET":
            start_response = self._counting(environ["PATH_INFO"], start_response)
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            if "via=" in environ["QUERY_STRING"]:
                _take_via(environ)
            if environ["PATH_INFO"].startswith("/static/"):
                return self._file(environ, start_response)
            if (count := self._count(environ)) is not None:
                return self._for_all(count, environ, start_response)
        return self._pass_on(Answer(self._app, environ), environ, start_response)

    def _for_others(self, environ, start_response):
        """Have the request be anybody's; gives a way to answer that notes what was given out."""
        for name in OF_A_VISITOR:
            environ.pop(name, None)
        # Our own pages show it as well, to who sets it up: nobody has seen it by that.
        ours = environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
        counts = environ["REQUEST_METHOD"] == "GET" and not ours
        return self._counting(environ["PATH_INFO"], start_response) if counts else start_response

    def _counting(self, path: str, start_response):
        """A way to answer that notes what was given out."""

        def start(status: str, *rest):
            if status[:3] in ("200", "304"):
                self._behind.seen(path)
            return start_response(status, *rest)

        return start

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
        # Plain HTTP is for this machine alone: the door sees to the others.
        if environ["wsgi.url_scheme"] != "https" and environ.get("REMOTE_ADDR", "") not in NEAR:
            return None
        if len(environ["QUERY_STRING"]) > LONGEST_QUERY:
            return None
        cookies = environ.get("HTTP_COOKIE")
        return self._behind.count(cookies) if cookies else 0

    def _for_all(self, count: int, environ, start_response) -> Iterable[bytes]:
        edition, key = self._behind.edition(), _key(environ)
        page = self._pages.find(key, edition)
        if page is not None and page.on_trial:
            environ["storefront.arm"] = arm = choice(ARMS)
            key = (*key, arm)
            page = self._pages.find(key, edition)
        if page is None:
            if edition is None or not self._behind.is_public(environ["PATH_INFO"]):
                return self._pass_on(Answer(self._app, environ), environ, start_response)
            nobodys = _nobodys(environ) | {"storefront.edition": edition}
            answer = Answer(self._app, nobodys)
            body, until = answer.whole(), nobodys.get("storefront.until")
            if answer.status.startswith("200") and until is not None:
                public = nobodys.get("storefront.public", PUBLIC)
                seen = nobodys.get("storefront.seen")
                page = self._pages.take_in(key, edition, until, answer.headers, body, public, seen)
            if page is None:
                # Not one to keep: a way on, or nothing there. Who has a cookie gets it anew.
                answer.body = [body]
                again = Answer(self._app, environ) if "HTTP_COOKIE" in environ else answer
                environ.setdefault("storefront.seen", nobodys.get("storefront.seen"))
                return self._pass_on(again, environ, start_response)
        return self._give(page, count, environ, start_response)

    def _give(self, page: Page, count: int, environ, start_response) -> Iterable[bytes]:
        coding = coding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
        ready = self._pages.ready(page, coding, count, environ["wsgi.url_scheme"])
        if environ["REQUEST_METHOD"] == "GET":
            self._behind.viewed(environ, "200", page.seen)
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked and (ready.etag in asked or asked == "*"):
            start_response("304 NOT MODIFIED", ready.headers[:3])
            return []
        start_response("200 OK", list(ready.headers))
        return [ready.body] if environ["REQUEST_METHOD"] == "GET" else []

    # What is drawn for one visitor

    def _pass_on(self, answer: Answer, environ, start_response) -> Iterable[bytes]:
        plain = "storefront.uncompressed" in environ or not _is_compressible(answer)
        headers = None if plain else dict(answer.headers)
        if headers is None:
            listed, body = answer.headers, answer.body
        else:
            body = [self._in_coding(answer.whole(), headers, environ)]
            cookies = [pair for pair in answer.headers if pair[0] == "Set-Cookie"]
            headers.pop("Set-Cookie", None)
            listed = [*headers.items(), *cookies]
        self._guard(listed, environ["wsgi.url_scheme"])
        start_response(answer.status, listed)
        if environ["REQUEST_METHOD"] == "HEAD":
            answer.whole()
            return []
        self._behind.viewed(environ, answer.status[:3], environ.get("storefront.seen"))
        return body

    def _in_coding(self, body: bytes, headers: dict[str, str], environ) -> bytes:
        """The body in a coding that is accepted, and the headers that go with it."""
        headers.setdefault("Vary", "Accept-Encoding")
        coding = coding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if environ["REQUEST_METHOD"] == "HEAD":
            headers.pop("Content-Length", None)  # it would depend on the coding
        elif coding:
            # Only what is drawn once for the same rows is kept: nothing that is one visitor's.
            press = partial(compressed, body, coding, ONCE)
            if "storefront.drawn" in environ:
                body = self._pressed.get((body, coding), press, lambda p: len(p) + len(body))
            else:
                body = press()
            headers |= {"Content-Encoding": coding, "Content-Length": str(len(body))}
            if not headers.get("ETag", "W/").startswith("W/"):
                headers["ETag"] = f"W/{headers['ETag']}"  # no longer of the same bytes
        return body

    def _guard(self, headers: Headers, scheme: str) -> None:
        """Add the security headers, but for those that the answer brings itself."""
        present = {name for name, _ in headers}
        for pair in self._guards[scheme]:
            if pair[0] not in present:
                headers.append(pair)


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
        ("Content-Security-Policy", content_policy(settings.payment_origin, assets.hashes)),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(),geolocation=(),microphone=()"),
    ]
    if secure:
        headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    return headers


def content_policy(payment_origin: str, hashes: dict[str, str], *, frames: bool = False) -> str:
    """What a page may load, and where its forms may lead; `frames`: also pages of the shop.

    Without the spaces that might stand in it: headers are sent as they are.
    """
    framed = "frame-src 'self';" if frames else ""
    # The payment page is named because browsers apply form-action to redirects.
    return (
        f"default-src 'none';script-src 'self' {hashes['script']};style-src {hashes['style']};"
        f"img-src 'self';connect-src 'self';{framed}form-action 'self' {payment_origin};"
        "base-uri 'none';frame-ancestors 'none'"
    )


def _take_via(environ) -> None:
    """Take out of the address by which link it was come to: that is counted, and changes nothing
    of the page.
    """
    parts = environ["QUERY_STRING"].split("&")
    named = [part[4:] for part in parts if part.startswith("via=")]
    if named and VIA.fullmatch(named[0]):
        environ["storefront.via"] = named[0]
    environ["QUERY_STRING"] = "&".join(part for part in parts if not part.startswith("via="))


def _key(environ) -> tuple:
    """What an answer for nobody depends on: the address."""
    host = environ.get("HTTP_HOST")
    return environ["PATH_INFO"], environ["QUERY_STRING"], host, environ["wsgi.url_scheme"]


def _nobodys(environ) -> dict:
    """The same request as somebody without cookies would make it."""
    nobodys = environ | {"REQUEST_METHOD": "GET", "storefront.nobody": True}
    for name in ("HTTP_COOKIE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"):
        nobodys.pop(name, None)
    return nobodys
