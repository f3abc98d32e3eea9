"""The widget on a page of somebody else: another origin, a real browser, the lines as copied."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page, expect

from storefront.assets import Assets
from storefront.config import read_settings
from storefront.embed import lines
from storefront.models import Product, Reseller, Testimonial
from tests.browser.looking import small_targets, until, wider_than_the_screen
from tests.databases import using_database
from tests.resellers import reseller, resold

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hill and Dale</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body><h1>Hill and Dale</h1><p>What others say:</p>{}<p><a href="/">Home</a></p></body></html>"""
WORDS = (
    "I wore it on the coast path through three weeks of rain and two of sun.\nThe seams held, the "
    "colour stayed, and nobody moved away from me on the train home."
)


@contextmanager
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """A web server of somebody else: its origin, and its pages by path, to be filled in."""
    pages: dict[str, str] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.format(pages.get(self.path, "")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", pages
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def database_of(shop) -> using_database:
    """The database of a running shop, for the verbs of records."""
    return using_database(read_settings(shop.place.environ(shop.environ)).database_url)


@pytest.fixture(scope="module")
def embedded(own_shop):
    """Two sites with the lines of the first: (the reseller's, one that is not on its list)."""
    with site() as (listed, pages), site() as (unlisted, stolen):
        at = datetime.now(UTC)
        with database_of(own_shop):
            shirt = Product.get(Product.handle == "second-day-merino-t-shirt")
            ones = resold(shirt, at, 11, words=WORDS)
            (last,) = resold(
                shirt, at, name="רות", email="ruth@example.com", shows_email=True, words=WORDS
            )
            last.answer("Thank you. Come by again.", at)
            ones[-1].change(
                {"words": WORDS * 6, "name": "Ben", "stars": 3, "connection": "works"}, at
            )
            ones[-1].approve(at, at)
            own = reseller(at, origins=[listed])
        assets = Assets(own_shop.instance / "static")
        name = "shop-testimonials.js"
        script = {"script_url": assets.url(name), "integrity": assets.integrity(name)}
        for kind, text in lines(own, own_shop.origin, **script).items():
            pages[f"/{kind}"] = stolen[f"/{kind}"] = text
        yield listed, unlisted, own


@pytest.fixture
def frame_of(new_page, embedded):
    """Open a page of the reseller's; gives it and the frame in it."""

    def open_page(kind: str, **options) -> tuple[Page, Frame]:
        page = new_page(embedded[0], **options)
        page.goto(f"/{kind}")
        expect(page.frame_locator("iframe").locator("article")).to_have_count(10)
        return page, page.frames[1]

    return open_page


def height(page: Page) -> float:
    return page.locator("iframe").bounding_box()["height"]


def test_the_line_shows_ten_testimonials_without_a_script_and_an_address_on_request(
    frame_of, shots, own_shop
):
    page, frame = frame_of("plain", java_script_enabled=False)
    assert height(page) == 480
    inner = page.frame_locator("iframe")
    assert "ruth@" not in frame.content()
    with page.expect_request(lambda request: request.method == "POST") as asked:
        inner.get_by_role("button", name="Show e-mail address of רות").click()
    # All that older browsers tell the door; with another policy it would be null.
    assert asked.value.all_headers()["origin"] == own_shop.origin
    expect(inner.get_by_role("link", name="ruth@example.com")).to_be_visible()
    expect(inner.locator("article")).to_have_count(10)
    assert page.context.cookies() == []
    page.screenshot(path=shots / "widget-address.png")


def test_it_can_be_read_in_the_dark_by_keyboard_and_by_assistive_technology(frame_of, shots):
    page, frame = frame_of("plain")
    for scheme, paper in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(27, 27, 27)")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert frame.evaluate("getComputedStyle(document.documentElement).backgroundColor") == paper
        frame.evaluate(AXE_SCRIPT)
        found = frame.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [(one["id"], one["help"]) for one in found] == []
        page.screenshot(path=shots / f"widget-{scheme}.png")
    page.emulate_media(forced_colors="active")
    page.screenshot(path=shots / "widget-forced.png")
    for _ in range(2):
        page.keyboard.press("Tab")
    assert frame.evaluate("document.activeElement.textContent") == "Second-Day Merino T-shirt"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.frame_locator("iframe").get_by_text("ruth@example.com")).to_be_visible()


WHOLE = "document.body.offsetHeight === innerHeight"  # nothing of it has to be scrolled to


def test_with_the_script_the_frame_is_as_high_as_its_content(frame_of, shots):
    page, frame = frame_of("sized")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("document.querySelector('iframe').offsetHeight > 1000")
        until(frame, WHOLE)
        # In a picture of the whole page, only that part of a frame is drawn which was in sight.
        page.set_viewport_size({"width": width, "height": 3200})
        page.screenshot(path=shots / f"widget-sized-{width}.png")
    assert wider_than_the_screen(page) <= 0
    assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert small_targets(frame) == []


def test_no_message_but_one_number_of_the_frame_itself_does_anything(frame_of):
    page, frame = frame_of("sized")
    until(frame, WHOLE)
    before = height(page)
    page.evaluate("postMessage({height: 99}, '*')")
    for said in ("'99px'", "{height: '99'}", "{height: NaN}", "null", "{}"):
        frame.evaluate(f"parent.postMessage({said}, '*')")
    page.wait_for_timeout(100)
    assert height(page) == before
    for told, becomes in (("9e9", 20000), ("1", 80)):
        frame.evaluate(f"parent.postMessage({{height: {told}}}, '*')")
        page.wait_for_function(f"document.querySelector('iframe').offsetHeight === {becomes}")


def test_elements_may_come_later_go_and_be_many_and_one_without_a_frame_does_nothing(frame_of):
    page, _ = frame_of("sized")
    high = "count => [...document.querySelectorAll('iframe')].filter(f => f.offsetHeight > 999)"
    high += ".length === count"
    page.wait_for_function(high, arg=1)
    page.evaluate("""() => {
        document.body.append(document.createElement("shop-testimonials"));
        const one = document.querySelector("shop-testimonials"), more = one.cloneNode(true);
        more.firstElementChild.removeAttribute("style");
        document.body.prepend(more);
    }""")
    page.wait_for_function(high, arg=2)
    page.evaluate("""() => {
        const one = document.querySelector("shop-testimonials"), frame = one.firstElementChild;
        one.remove();
        frame.removeAttribute("style");
        document.body.append(one);
        frame.scrollIntoView();
    }""")
    page.wait_for_function(high, arg=2)
    page.evaluate("document.querySelectorAll('shop-testimonials').forEach(one => one.remove())")
    page.evaluate("postMessage({height: 99}, '*')")
    page.wait_for_timeout(50)


READ = "url => fetch(url).then(answer => answer.json(), why => String(why))"


def test_a_page_of_another_origin_can_neither_frame_nor_read_it(
    new_page, embedded, own_shop, allowed_errors
):
    listed, unlisted, own = embedded
    json = f"{own_shop.origin}/widget/{own.key}.json"
    page = new_page(listed)
    page.goto("/")
    assert len(page.evaluate(READ, json)["testimonials"]) == 10
    allowed_errors += ["frame-ancestors", "blocked by CORS policy", "ERR_FAILED", "chrome-error:"]
    thief = new_page(unlisted)
    thief.goto("/sized")
    thief.wait_for_function("document.querySelector('iframe').contentWindow")
    thief.wait_for_timeout(300)
    assert thief.frame_locator("iframe").locator("article").count() == 0
    assert re.match("TypeError", thief.evaluate(READ, json))


def test_what_its_author_takes_back_is_gone_from_the_page(new_page, embedded, own_shop):
    listed, _, own = embedded
    with database_of(own_shop):
        gone = Testimonial.select().order_by(Testimonial.id.desc()).offset(2).first()
        name = gone.name
        gone.withdraw()
        assert Reseller.behind(own.key)
    page = new_page(listed)
    page.goto("/plain")
    inner = page.frame_locator("iframe")
    expect(inner.locator("article")).to_have_count(10)
    expect(inner.get_by_text(name, exact=True)).to_have_count(0)
