"""No page asks another host for anything, and nobody gets a cookie before they act.

Every address that GET reaches is asked for, by following links, forms and htmx from the front page,
the sitemap and what well-known programs look for. Of each kind of page one is then opened in
Chromium, to its end, where all that it asks for is listened to.
"""

import http.client
import re
from contextlib import closing
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from storefront import personal, register
from tests.browser.conftest import Shop

FIRST = (
    *("/", "/sitemap.xml", "/robots.txt", "/feeds/google.xml", "/cart", "/checkout", "/search"),
    *("/search?q=merino", "/search?q=watrproof", "/search?q=zzz", "/products?flavour=mint"),
    *("/privacy/data-map.json", "/privacy/cookies", "/cart?lost=1", "/nothing-here", "/healthz"),
    *("/.well-known/gpc.json", "/.well-known/security.txt", "/products/not-sold-here"),
)
# What names an address without asking for it; the rest is asked for as soon as it is met.
FOLLOWED = {("a", "href"), ("form", "action"), ("link", "canonical")}
NAMES_ADDRESSES = re.compile(r"^\s*(https?:)?//|^\s*(https?|wss?|blob|ftp):", re.I)
IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", re.I)
# Headers by which an answer has a browser ask for more, or report elsewhere.
MORE = ("Link", "Refresh", "NEL", "Report-To", "Reporting-Endpoints", "Set-Cookie", "SourceMap")
STORED = """async () => [
  document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length,
  window.caches ? (await caches.keys()).length : 0,
  (await navigator.serviceWorker?.getRegistrations() ?? []).length]"""
NOTHING = ["", 0, 0, 0, 0, 0]


class Read(HTMLParser):
    """What a page leads to, what it asks for by itself, and the names of its fields."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address, self.leads_to, self.asks_for, self.fields = address, set(), set(), set()
        self.form = None
        self.feed(page)

    def handle_starttag(self, tag: str, pairs) -> None:
        given = dict(pairs)
        if tag == "link" and given.get("rel") == "canonical":
            return
        if tag == "form" and (given.get("method") or "get").lower() == "get":
            self.form = (given.get("action") or self.address, {})
        elif tag == "form":
            return  # a post is the visitor's own act
        if tag in ("input", "select", "textarea", "button") and given.get("name"):
            self.fields.add(given["name"])
            if self.form and given.get("type") in ("checkbox", "radio"):
                self._lead(f"{self.form[0]}?{urlencode({given['name']: given.get('value', 'on')})}")
            elif self.form and tag == "input":
                self.form[1][given["name"]] = given.get("value") or ""
        for name, value in pairs:
            self._look_at(tag, name, value or "")

    def _look_at(self, tag: str, name: str, value: str) -> None:
        if (tag, name) in FOLLOWED or name == "hx-get":
            self._lead(value)
        elif name in ("src", "poster", "data", "background", "manifest", "ping", "formaction"):
            self.asks_for.add(value)
        elif name == "srcset" or name == "imagesrcset":
            self.asks_for |= {part.split()[0] for part in value.split(",") if part.strip()}
        elif name == "href" or NAMES_ADDRESSES.match(value):
            self.asks_for.add(value)
        elif name == "style":
            self.handle_data(value)
        elif (tag, name) == ("meta", "content") and "url=" in value.lower():
            self.asks_for.add(value.lower().partition("url=")[2])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form:
            action, fields = self.form
            self._lead(f"{action}?{urlencode(fields)}" if fields else action)
            self.form = None

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" or "url(" in data:
            self.asks_for |= {found[0] or found[1] for found in IN_STYLE.findall(data)}

    def _lead(self, address: str) -> None:
        self.leads_to.add(address)


class Crawl:
    """Everything that GET reaches in a shop, from what somebody without a cookie is shown."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.wrong, self.fields = shop, [], {}
        self.waiting, self.seen = list(FIRST), {}

    def run(self) -> None:
        with closing(http.client.HTTPConnection("localhost", self.shop.port)) as line:
            while self.waiting:
                path = self.waiting.pop()
                if path not in self.seen:
                    line.request("GET", path)
                    answer = line.getresponse()
                    self._take(path, answer, answer.read())

    def _take(self, path: str, answer, body: bytes) -> None:
        self.seen[path] = answer.status
        self.wrong += [(path, pair) for pair in answer.getheaders() if pair[0].title() in MORE]
        if where := answer.headers["Location"]:
            self._follow(path, where)
        kind = answer.headers.get_content_type()
        if kind.endswith("xml") and "svg" not in kind:
            found = re.findall(rb"<(?:loc|link)>([^<]+)</", body)
            # The feed names each choice of each product; some of them will do.
            for address in found[:: 8 if b"<rss" in body else 1]:
                self._follow(path, unescape(address.decode()))
        if kind == "text/html":
            page = Read(body.decode(), path)
            for address in page.leads_to:
                self._follow(path, address)
            for address in page.asks_for:
                self._ask(path, address)
            self.fields.update(dict.fromkeys(page.fields, path))

    def _follow(self, path: str, address: str) -> None:
        """What leads on within the shop; a narrowed list is not narrowed any further."""
        parts = urlsplit(urljoin(self.shop.origin + path, address))
        if parts.path.startswith("/pictures/"):
            parts = parts._replace(query="")  # the same drawing in each colour
        further = f"{parts.path}?{parts.query}" if parts.query else parts.path
        ours = f"{parts.scheme}://{parts.netloc}" == self.shop.origin
        if ours and further not in self.seen and not (parts.query and "?" in path):
            self.waiting.append(further)

    def _ask(self, path: str, address: str) -> None:
        if address.startswith(("mailto:", "tel:", "#")):
            return
        parts = urlsplit(urljoin(self.shop.origin + path, address))
        if f"{parts.scheme}://{parts.netloc}" != self.shop.origin:
            self.wrong.append((path, address))
        else:
            self._follow(path.partition("?")[0], address)

    def one_of_each_kind(self) -> list[str]:
        """Addresses of pages, one of each kind: by the first part of the path and the query's."""
        kinds = {}
        for path in sorted(self.seen):
            if not re.search(r"\.(\w{2,5})(\?|$)", path):
                parts = urlsplit(path)
                first, *more = parts.path.strip("/").split("/")
                names = re.findall(r"([\w-]+)=", parts.query)
                deep = more if first == "privacy" else len(more)
                kinds.setdefault((first, str(deep), *names[:1], self.seen[path]), path)
        return list(kinds.values())


@pytest.fixture(scope="module")
def crawl(running_shop) -> Crawl:
    crawl = Crawl(running_shop)
    crawl.run()
    return crawl


def test_no_answer_sets_a_cookie_or_names_another_host(crawl):
    assert len(crawl.seen) > 150
    assert {200, 404} <= set(crawl.seen.values())
    assert not [path for path, status in crawl.seen.items() if status >= 500]
    assert crawl.wrong == []


def test_every_kind_of_page_was_met(crawl):
    paths = " ".join(crawl.seen)
    for part in (
        *(
            "/products/second-day",
            "/collections/",
            "/pages/terms",
            "?page=2",
            "option-",
            "/static/",
        ),
        *("/pictures/", "/privacy/data-map", "/privacy/recipients", "/privacy/cookies"),
    ):
        assert part in paths, part


def test_every_field_that_anybody_meets_is_declared_or_asks_for_no_fact_about_them(crawl):
    narrowing = {"q", "vendor", "sort", "price", "type", "stock"}
    choosing = {"product", "variant", "quantity", "option1", "option2", "option3"}
    signing_in = {"credential", "ticket"}  # what a passkey answers, and to which question
    others = {name for name in crawl.fields if not name.startswith("option-")}
    assert others - declared_names() <= narrowing | choosing | signing_in, crawl.fields


def declared_names() -> set[str]:
    """The names of the fields that the shop's forms declare, as they stand in a page."""
    fields = [
        (name, getattr(form, name))
        for form in register.forms()
        for name in dir(form)
        if hasattr(getattr(form, name), "field_class")
    ]
    return {field.name or name for name, field in fields}


def test_the_crawl_itself_finds_what_is_wrong():
    page = """<link rel=preconnect href="//cdn.example"><img srcset="/a.webp 1x, //b.example/c 2x">
    <style>p{background:url(https://d.example/x)}</style><script src=https://e.example/s.js>
    </script><p style="background:url(//f.example)"><a href="https://fine.example">x</a>"""
    foreign = {urlsplit(urljoin("http://shop/", each)).netloc for each in Read(page, "/").asks_for}
    assert foreign == {"shop", *(f"{name}.example" for name in ("cdn", "b", "d", "e", "f"))}


def test_in_a_browser_no_page_asks_another_host_or_keeps_anything(crawl, new_page, allowed_errors):
    allowed_errors.append("status of 404")
    page, asked = new_page(crawl.shop.origin), []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda line: asked.append(line.url))
    page.context.on("serviceworker", lambda worker: asked.append(worker.url))
    kinds = crawl.one_of_each_kind()
    assert len(kinds) > 15
    for path in kinds:
        page.goto(path, wait_until="networkidle" if path in ("/", "/products") else "load")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert page.evaluate(STORED) == NOTHING, path
    assert page.context.cookies() == []
    own = f"{crawl.shop.origin}/"
    assert len(asked) > len(kinds)
    assert [url for url in asked if not url.startswith((own, "data:"))] == []


def test_the_first_cookie_comes_with_the_cart_and_is_on_the_register(running_shop, new_page):
    page = new_page(running_shop.origin)
    page.goto("/products/second-day-merino-t-shirt")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_text("Added to your cart").first.wait_for()
    (cookie,) = page.context.cookies()
    assert cookie["name"] in {fact.where for fact in personal.declared("cookie")}
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert page.evaluate(STORED) == NOTHING  # document.cookie does not show it either


def test_a_visitor_removes_cookies_one_by_one_without_javascript(running_shop, new_page):
    page = new_page(running_shop.origin, java_script_enabled=False)
    page.goto("/products/second-day-merino-t-shirt")
    page.get_by_role("button", name="Add to cart").click()
    foreign = {"name": "_ga", "value": "GA1.2", "url": running_shop.origin}
    damaged = {"name": "session", "value": "broken", "url": running_shop.origin}
    page.context.add_cookies([foreign, damaged])
    page.goto("/privacy/cookies")
    for name in ("_ga", "session", "cart"):
        page.get_by_role("button", name=f"Remove the cookie {name}").click()
        assert name not in {cookie["name"] for cookie in page.context.cookies()}
    assert page.get_by_text("You have none from this shop.").is_visible()
    assert page.context.cookies() == []
