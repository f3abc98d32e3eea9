"""What a page weighs: bytes of its answer on the wire, and of all that its first view asks for."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench import first_view, shops, stack, wire
from tests.bench.shops import Scene
from tests.bench.stack import Stack
from tests.bench.table import Table

ROUND_TRIP = 14_600  # bytes that a server may send before it hears back: ten segments of 1460
MOST = 6_000  # of the pages that most people see
LIGHT = ("home", "listing", "product", "product with testimonials", "cart of 3 lines")
CODINGS = ("br", "gzip")
SHEET = re.compile(r"<link\b[^>]*\brel=\"?stylesheet\b[^>]*>")
PLACE = re.compile(r'\bhref="?([^" >]+)')


def main() -> list[Table]:
    """Bytes of every page, and of the first view of those that matter most."""
    with stack.running(shops.demo()) as running:
        pages = pages_of(running)
        answers = _table_of_answers(pages)
        views = _table_of_views({name: pages[name] for name in first_view.PAGES})
    return [answers, views]


@dataclass(frozen=True)
class Page:
    """Where a page is, and what the visitor has."""

    origin: str
    path: str
    headers: Mapping[str, str]
    status: int = 200


def pages_of(running: Stack) -> dict[str, Page]:
    """The pages of a running stack."""
    return every_page(running.shop, running.programs["payment page"].origin, running.scene)


def every_page(shop: str, payment_page: str, scene: Scene) -> dict[str, Page]:
    """The pages that are weighed, of two origins. An order is placed for two of them."""
    order, payment = stack.place_order(shop, scene.cart)
    return {
        "home": Page(shop, "/", {}),
        "listing": Page(shop, "/products", {}),
        "product": Page(shop, scene.product, {}),
        "product with testimonials": Page(shop, scene.said, {}),
        "cart of 3 lines": Page(shop, "/cart", scene.cart),
        "cart, empty": Page(shop, "/cart", {}),
        "checkout": Page(shop, "/checkout", scene.cart),
        "order": Page(shop, order, {}),
        "privacy": Page(shop, "/privacy", {}),
        "delivery": Page(shop, "/pages/delivery", {}),
        "search": Page(shop, scene.search, {}),
        "not found": Page(shop, "/nothing-here", {}, 404),
        "payment page": Page(payment_page, stack.path_of(payment), {}),
    }


@dataclass(frozen=True)
class Weight:
    """Bytes on the wire: of the page's headers and body, and of style sheets it links to."""

    head: int
    body: int
    style: int
    coding: str

    @property
    def sum(self) -> int:
        """All that has to come before anything can be drawn."""
        return self.head + self.body + self.style


def weighed(page: Page, coding: str) -> Weight:
    """What a visitor who takes this coding gets. Raises `RuntimeError` if it is another page."""
    takes = {**page.headers, "Accept-Encoding": coding}
    answer = _settled(lambda: wire.ask(page.origin, page.path, "GET", takes))
    if answer.status != page.status:
        raise RuntimeError(f"{page.path} answered {answer.status}")
    readable = wire.ask(page.origin, page.path, "GET", page.headers).body.decode()
    links = [PLACE.search(link)[1] for link in SHEET.findall(readable)]
    sheets = [wire.ask(page.origin, path, "GET", takes) for path in links]
    style = sum(sheet.head + sheet.length for sheet in sheets)
    return Weight(answer.head, answer.length, style, answer.header("content-encoding"))


def _settled(ask: Callable[[], wire.Answer]) -> wire.Answer:
    """The answer once it has been pressed as hard as it will be, as hot pages for all are."""
    first = answer = ask()
    if first.header("cache-control").startswith("public"):
        for _ in range(50):
            if answer.length < first.length:
                break
            time.sleep(0.02)
            answer = ask()
    return answer


def limit(name: str, coding: str) -> int:
    """Bytes of headers and body together that a page may have, compressed."""
    return MOST if name in LIGHT and coding == "br" else ROUND_TRIP


def _table_of_answers(pages: Mapping[str, Page]) -> Table:
    head = ["page", "headers", "style", "body, br", "sum", "style", "body, gzip", "sum"]
    table = Table("Bytes of headers, HTML and style, over HTTP/1.1", [*head, "aim", "met"])
    plain = []
    for name, page in pages.items():
        weights = [weighed(page, coding) for coding in CODINGS]
        plain += [
            f"{name} ({coding})"
            for weight, coding in zip(weights, CODINGS, strict=True)
            if weight.coding != coding
        ]
        cells = [f"{n:,}" for weight in weights for n in (weight.style, weight.body, weight.sum)]
        limits = [limit(name, coding) for coding in CODINGS]
        fits = [weight.sum < most for weight, most in zip(weights, limits, strict=True)]
        aim, met = f"< {limits[0]:,}", "yes" if all(fits) else "no"
        table.rows.append([name, f"{weights[0].head:,}", *cells, aim, met])
    table.notes.append(
        "The demo's shop. Headers are the status line and all header lines as they are on the "
        "wire; style is that of a linked sheet, with its headers. The sum has to be under the "
        f"aim: with brotli {MOST:,} for the pages most people see, {ROUND_TRIP:,} always, which is "
        "what a server sends before it waits for the first acknowledgement."
    )
    if plain:
        which = ", ".join(plain) if len(plain) < len(CODINGS) * len(pages) else "every page"
        table.notes.append(f"Sent without the compression asked for: {which}.")
    return table


def _table_of_views(pages: Mapping[str, Page]) -> Table:
    head = ["page", "screen", "bytes", "requests", "blocking", "CLS", "pictures", "met"]
    table = Table("First view in Chromium, with an empty cache, without pictures", head)
    asked: dict[str, int] = {}
    with first_view.chromium() as browser:
        for name, page in pages.items():
            for screen in first_view.SCREENS:
                view = first_view.look(browser, page, screen)
                asked |= {path: size for path, size in view.asked.items() if path != page.path}
                table.rows.append(
                    [
                        name,
                        f"{screen[0]} × {screen[1]}",
                        f"{view.bytes:,}",
                        str(len(view.asked)),
                        ", ".join(view.blocking) or "none",
                        f"{view.shift:g}",
                        f"{view.pictures} of {view.picture_bytes:,} B",
                        "yes" if view.light else "no",
                    ]
                )
    table.notes.append(
        f"Aim: at most {first_view.MOST_BYTES:,} B and {first_view.MOST_REQUESTS} requests, htmx "
        "included, none of them blocking the first painting, and no layout shift, also while the "
        "page is scrolled to its end. "
        "Beside the page itself: " + ", ".join(f"{p} ({n:,} B)" for p, n in asked.items()) + "."
    )
    return table
