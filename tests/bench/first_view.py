"""What a browser asks for at a first visit, and whether the page stands still meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SCREENS = ((360, 740), (1280, 800))  # CSS pixels
PAGES = (
    *("home", "listing", "product", "product with testimonials", "cart of 3 lines", "checkout"),
)
NOT_FIRST = ("checkout",)  # nobody begins there: htmx has come with the pages before
MOST_BYTES = 18_000
MOST_REQUESTS = 3
IDLE = 700  # milliseconds after load, for what waits for it

# Shifts right after a click are the visitor's own; there are no clicks here.
WATCH = """
window.shifts = [];
new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(e => e.value)))
    .observe({type: "layout-shift", buffered: true});
"""
BLOCKING = """
performance.getEntriesByType("resource")
    .filter(e => e.renderBlockingStatus === "blocking").map(e => new URL(e.name).pathname)
"""


@dataclass
class View:
    """What a first view took: bytes of headers and bodies on the wire."""

    asked: dict[str, int] = field(default_factory=dict)  # bytes by path, without pictures
    pictures: int = 0
    picture_bytes: int = 0
    blocking: list[str] = field(default_factory=list)
    shift: float = 0.0  # the sum of all layout shifts, the whole page long

    @property
    def bytes(self) -> int:
        """All that is not a picture."""
        return sum(self.asked.values())

    @property
    def light(self) -> bool:
        """Whether every aim is met."""
        few = self.bytes <= MOST_BYTES and len(self.asked) <= MOST_REQUESTS
        return few and not self.blocking and not self.shift


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"{CHROMIUM} is missing; bin/bench installs it. CHROMIUM names another.")
    options = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()


def look(browser: Browser, page, screen: tuple[int, int]) -> View:
    """Open `page` (its `origin`, `path` and `headers`) as somebody who was never here."""
    width, height = screen
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        context.add_cookies(_cookies(page))
        tab, view = context.new_page(), View()
        # Evaluated by the debugger: the page's content policy would refuse a script of ours.
        tab.add_init_script(WATCH)
        _listen(context.new_cdp_session(tab), view)
        tab.goto(page.origin + page.path, wait_until="load")
        tab.wait_for_timeout(IDLE)
        view.blocking = tab.evaluate(BLOCKING)
        tab.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        tab.wait_for_timeout(IDLE / 2)
        view.shift = round(sum(tab.evaluate("shifts")), 4)
    finally:
        context.close()
    return view


def _cookies(page) -> list[dict]:
    pairs = page.headers.get("Cookie", "")
    split = (pair.partition("=") for pair in pairs.split("; ") if pair)
    return [{"name": name, "value": value, "url": page.origin} for name, _, value in split]


def _listen(session, view: View) -> None:
    kinds: dict[str, tuple[str, str]] = {}

    def answered(event) -> None:
        address = urlsplit(event["response"]["url"])
        if address.scheme in ("http", "https"):
            kinds[event["requestId"]] = (event["type"], address.path)

    def finished(event) -> None:
        kind, path = kinds.get(event["requestId"], ("", ""))
        size = int(event["encodedDataLength"])
        if kind == "Image" or path.endswith(".svg"):  # the icon is one, too
            view.pictures += 1
            view.picture_bytes += size
        elif kind:
            view.asked[path] = view.asked.get(path, 0) + size

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
