"""A made-up log of a shop, asked of it as it goes, and written down as a server would.

`planned` draws who comes, when, and what they ask for: people with visits across pages, searches,
orders, referrers and campaigns, in many browsers and languages, over two days around midnight;
robots of several kinds; pages fetched ahead; those who ask not to be tracked; what is not here.
`replay` asks it of an app, with a clock that follows, and gives lines as `docs/count_log.py`
reads them.
"""

import io
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.journey import ANN, hidden_in

HOURS = 36  # from a noon on
AGENTS = Path(__file__).with_name("agents.txt").read_text()
_named = [line.split("\t") for line in AGENTS.splitlines() if line[0] != "#"]
PROGRAMS = ("listed", "new")
ROBOTS = [name.strip("-") for kind, _, name in _named if kind in PROGRAMS]
BROWSERS = [name for kind, _, name in _named if kind not in PROGRAMS]
LANGUAGES = (
    *("en-GB,en;q=0.9", "en-US", "de-DE,de;q=0.9,en;q=0.8", "fr", "pt-BR,pt;q=0.9", "es-419"),
    *("zh-Hant-TW,zh;q=0.9", "*", "", "en;q=0.5, nl", "not a language, really", "DE-at"),
)
REFERRERS = (
    *("https://www.google.com/", "https://duckduckgo.com/?q=words+of+somebody", "http://bing.com"),
    *("https://news.example:8443/a/story", "https://Blog.Example/one", "android-app://com.example"),
    *("not an address", "https://", "https://203.0.113.9/x", "https://localhost:8000/from/here"),
)
CAMPAIGNS = ("autumn-sale", "Newsletter 12", "newsletter-12", "b" * 90, "ä&ö", "once-only")
MISSING = (
    *("/wp-login.php", "/old/page.html", "/.env", "/products/gone-long-ago", "/favicon.ico"),
    *("/orders/somebody-s-own", "/unsubscribe/ann@example.com/now", "/tel/0171-2345678"),
)
VIA = ("banner-1", "banner-2", "Not%20one")
FOUND = ("linen", "jacket", "wool shirt", "merino", "Linen", " LINEN ", "boots")
IN_VAIN = ("zebra wallpaper", "submarine", "ann.walker@example.com", "kajak", "4000 0000 0000")
PREFETCHES = ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"})
RESERVED = ({"Sec-GPC": "1"}, {"DNT": "1"}, {"Sec-GPC": "1", "DNT": "1"})
WIRED = ({"Sec-GPC": "0"}, {"DNT": "0"}, {"DNT": "null"})


@dataclass
class Visitor:
    """Who asks: the headers of all their requests, and the cookies they have been given."""

    address: str
    headers: dict[str, str]
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(order=True)
class Asked:
    """One request, and what is in its form."""

    at: datetime
    number: int
    visitor: Visitor = field(compare=False)
    path: str = field(compare=False)
    method: str = field(compare=False, default="GET")
    headers: dict = field(compare=False, default_factory=dict)
    form: dict | None = field(compare=False, default=None)
    address: str = field(compare=False, default="")

    def __post_init__(self) -> None:
        self.address = self.visitor.address


class Planner:
    """Draws visits, from a catalogue of `paths` and `items`, forms that put things into a cart."""

    def __init__(self, seed: int, noon: datetime, paths: list[str], items: list[dict]) -> None:
        self._random, self._noon, self._paths, self._items = random.Random(seed), noon, paths, items
        self._popular = [1 / (n + 1) for n in range(len(paths))]
        self._asked: list[Asked] = []

    def planned(self, count: int) -> list[Asked]:
        """So many requests, in the order of time."""
        while len(self._asked) < count:
            kind = self._random.random()
            rare = (self._noise, self._reader, self._worker)
            who = self._robot if kind < 0.12 else self._random.choice(rare)
            (self._visit if kind > 0.17 else who)()
        return sorted(self._asked[:count])

    def _ask(self, at: datetime, visitor: Visitor, path: str, *rest, **more) -> None:
        one = Asked(at, len(self._asked), visitor, path, *rest, **more)
        # Computers change the second half of an IPv6 address now and then (RFC 8981).
        one.address += str(self._random.randrange(1, 4)) if ":" in one.address else ""
        self._asked.append(one)

    def _moment(self) -> datetime:
        # Most come in the evening, and several each minute around midnight.
        seconds = self._random.triangular(0, HOURS * 3600, 12 * 3600)
        return self._noon + timedelta(seconds=seconds)

    def _address(self) -> str:
        draw = self._random
        if draw.random() < 0.2:  # a household's, whose computers each have several
            return f"2001:db8:{draw.randrange(400):x}:7::"
        return f"198.51.{draw.randrange(100)}.{draw.randrange(1, 255)}"

    def _person(self) -> Visitor:
        draw = self._random
        headers = {"User-Agent": draw.choice(BROWSERS), "Accept": "text/html,*/*;q=0.8"}
        if language := draw.choice(LANGUAGES):
            headers["Accept-Language"] = language
        kind = draw.random()
        headers |= draw.choice(RESERVED) if kind < 0.06 else {}
        headers |= draw.choice(WIRED) if kind > 0.97 else {}
        return Visitor(self._address(), headers)

    def _page(self) -> str:
        return self._random.choices(self._paths, self._popular)[0]

    def _visit(self) -> None:
        """Somebody looks at pages, searches, perhaps buys; a pause may make it two visits."""
        draw, visitor, at = self._random, self._person(), self._moment()
        path, headers = self._page(), {}
        if draw.random() < 0.5:
            headers["Referer"] = draw.choice(REFERRERS)
        if draw.random() < 0.15:
            path += "?" + urlencode({"utm_source": "mail", "utm_campaign": draw.choice(CAMPAIGNS)})
        self._ask(at, visitor, path, headers=headers)
        for _ in range(min(40, int(draw.expovariate(0.3)))):
            pause = draw.choices(("short", "edge", "long"), (88, 8, 4))[0]
            at += {
                "short": timedelta(seconds=draw.expovariate(1 / 45)),
                "edge": timedelta(minutes=30, microseconds=draw.choice((-1, 0, 1))),
                "long": timedelta(minutes=draw.uniform(31, 300)),
            }[pause]
            path = self._next(visitor, at, path)
        if draw.random() < 0.04:
            self._buy(visitor, at)

    def _next(self, visitor: Visitor, at: datetime, before: str) -> str:
        """One more request of a visit; where the visitor is afterwards."""
        draw = self._random
        headers = {"Referer": f"http://localhost:8000{before}"}
        kind = draw.random()
        if kind < 0.14:
            words = draw.choice(FOUND if draw.random() < 0.7 else IN_VAIN)
            if draw.random() < 0.1:
                words = f"{draw.choice(FOUND)} {draw.randrange(500)}"  # hardly anybody else's
            path = f"/search?{urlencode({'q': words})}"
        elif kind < 0.18:
            path = draw.choice(MISSING)
        elif kind < 0.23:
            path = f"{self._page()}?via={draw.choice(VIA)}"
        elif kind < 0.26:
            self._ask(at, visitor, "/products?page=2", headers=headers | {"HX-Request": "true"})
            return before
        elif kind < 0.29:
            ahead = headers | draw.choice(PREFETCHES)
            self._ask(at, visitor, self._page(), headers=ahead)
            return before
        elif kind < 0.33:
            headers["If-None-Match"] = "*"
            path = self._page()
        else:
            path = self._page()
        self._ask(at, visitor, path, headers=headers)
        return path.partition("?")[0]

    def _buy(self, visitor: Visitor, at: datetime) -> None:
        draw = self._random
        steps = draw.choices((1, 2, 3), (3, 2, 3))[0]
        for _ in range(draw.randrange(1, 3)):
            at += timedelta(seconds=30)
            self._ask(at, visitor, "/cart/items", "POST", form=draw.choice(self._items))
            self._ask(at + timedelta(seconds=1), visitor, "/cart")
        if steps > 1:
            self._ask(at + timedelta(seconds=20), visitor, "/checkout")
        if steps > 2:
            # Its hidden fields are those of the page before.
            self._ask(at + timedelta(seconds=90), visitor, "/checkout", "POST", form=dict(ANN))

    def _robot(self) -> None:
        draw, at = self._random, self._moment()
        visitor = Visitor(self._address(), {"User-Agent": draw.choice(ROBOTS)})
        for _ in range(draw.randrange(1, 30)):
            at += timedelta(seconds=draw.uniform(0.2, 5))
            path = draw.choice(MISSING) if draw.random() < 0.1 else draw.choice(self._paths)
            self._ask(at, visitor, path)

    def _noise(self) -> None:
        """What is no view of a page: pictures of the address bar, a look at the headers alone."""
        draw, visitor, at = self._random, self._person(), self._moment()
        self._ask(at, visitor, self._page(), "HEAD")
        self._ask(at, visitor, draw.choice(("/robots.txt", "/sitemap.xml", "/healthz")))

    def _reader(self) -> None:
        """A program that passes for a browser, but for how fast it reads."""
        draw, visitor, at = self._random, self._person(), self._moment()
        for _ in range(draw.choice((20, 119, 120, 121, 160))):
            at += timedelta(seconds=draw.uniform(0.1, 0.6))
            self._ask(at, visitor, self._page())

    def _worker(self) -> None:
        """Somebody who works here, until their session has run out, and afterwards."""
        draw, visitor, at = self._random, self._person(), self._moment()
        visitor.cookies["session"] = "run-out"
        for n in range(draw.randrange(1, 4)):
            self._ask(at + n * timedelta(seconds=20), visitor, self._page())


def replay(app, clock, asked: Iterable[Asked]) -> Iterator[str]:
    """Ask all of it, at its moment; a line of each."""
    forms: dict[int, dict] = {}
    links: dict[str, str] = {}  # of pages that browsers have in their own memory
    for one in asked:
        clock.moment = one.at
        form = one.form
        if form is not None and one.path == "/checkout":
            form = form | forms.get(id(one.visitor), {})
        is_staff = "session" in one.visitor.cookies
        status, headers, body = _answered(app, one, form)
        for value in (value for name, value in headers if name == "Set-Cookie"):
            name, _, rest = value.partition("=")
            one.visitor.cookies[name] = rest.partition(";")[0]
            if not one.visitor.cookies[name]:
                del one.visitor.cookies[name]
        kind = dict(headers).get("Content-Type", "-").partition(";")[0]
        text = body.decode() if kind == "text/html" else ""
        if one.path == "/checkout" and one.method == "GET":
            forms[id(one.visitor)] = hidden_in(text)
        if text:
            links[one.path] = _links(text)
        named = links.get(one.path, "-")
        yield _line(one, status, len(body), is_staff, kind, _found(text), named)


def _answered(app, one: Asked, form: dict | None) -> tuple[int, list, bytes]:
    parts, sent = urlsplit(one.path), urlencode(form).encode() if form else b""
    environ = {
        "REQUEST_METHOD": one.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8000",
        "HTTP_X_FORWARDED_FOR": one.address,
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in (one.visitor.headers | one.headers).items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    if one.visitor.cookies:
        environ["HTTP_COOKIE"] = "; ".join(f"{k}={v}" for k, v in one.visitor.cookies.items())
    if sent:
        environ |= {
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(sent)),
            "HTTP_SEC_FETCH_SITE": "same-origin",
        }
    begun: list = []
    parts = app(environ, lambda status, headers, *_: begun.extend((status, headers)))
    try:
        body = b"".join(parts)
    finally:
        getattr(parts, "close", lambda: None)()
    return int(begun[0][:3]), begun[1], body


def _found(page: str) -> str:
    """How many products the page says there are, if it is one that does."""
    said = re.search(r'id="count">\s*(?:(One)|([\d,]+))? ?', page)
    if not said:
        return "-"
    return "1" if said[1] else (said[2] or "0").replace(",", "")


def _links(page: str) -> str:
    """The names that links of a page have."""
    return " ".join(sorted(set(re.findall(r'\?via=([a-z0-9-]+)"', page)))) or "-"


def _line(one: Asked, status: int, length: int, is_staff: bool, *of_answer: str) -> str:
    """The line of a combined log, with more of the request's and the answer's headers after it."""
    sent = one.visitor.headers | one.headers
    ahead = sent.get("Sec-Purpose") or sent.get("Purpose") or sent.get("X-Moz") or "-"
    asked = ("Referer", "User-Agent", "Accept", "Accept-Language", "Sec-GPC", "DNT")
    quoted = [sent.get(name, "-") for name in asked]
    quoted += [ahead, sent.get("HX-Request", "-"), "staff" if is_staff else "-", *of_answer]
    rest = " ".join(f'"{value}"' for value in quoted)
    when = one.at.strftime("%d/%b/%Y:%H:%M:%S.%f +0000")
    request = f"{one.method} {one.path} HTTP/1.1"
    return f'{one.address} - - [{when}] "{request}" {status} {length} {rest}'
