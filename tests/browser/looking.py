"""What is asked of every page however it looks: measured in the browser, not guessed."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import Page

from storefront.db import open_database
from storefront.models import Order

if TYPE_CHECKING:
    from tests.browser.conftest import Shop

# WCAG 2.2, 2.5.8: 24 px, but for links within a sentence. What is pressed to buy has 44.
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter(one => one.checkVisibility() && one.type !== "hidden" && !one.closest(".unseen, .skip"))
  .filter(one => !one.closest("p, .words, .notice, address, .lines > li > div:not(.change)"))
  .map(one => [one, /radio|checkbox/.test(one.type) ? one.labels[0] : one])
  .map(([one, target]) => [one, target.getBoundingClientRect()])
  .filter(([one, box]) => box.width < 24 || box.height < (one.matches("button, .button") ? 44 : 24))
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} is ${box.width} × ${box.height}`)"""
# WCAG 2.2, 1.4.12.
TEXT_SPACING = """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(
  "* { line-height: 1.5 !important; letter-spacing: .12em !important }" +
  "* { word-spacing: .16em !important } p { margin-bottom: 2em !important }");
  document.adoptedStyleSheets = [sheet] }"""
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter(one => !one.closest(".unseen, .option input, .skip, .row, .shots, input"))
  .filter(one => getComputedStyle(one).overflowX !== "visible")
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => one.outerHTML.slice(0, 90))"""
WATCH_SHIFTS = """() => { window.shifts = []; new PerformanceObserver(list => {
  for (const one of list.getEntries()) shifts.push([one.value,
    ...one.sources.map(from => from.node?.outerHTML?.slice(0, 60) ?? "")]) })
  .observe({type: "layout-shift"}) }"""


def small_targets(page: Page) -> list[str]:
    return page.evaluate(SMALL_TARGETS)


def wider_than_the_screen(page: Page) -> int:
    """By how many CSS pixels the page has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def shifts(page: Page) -> list:
    """What has moved since WATCH_SHIFTS; two frames are waited for, so that the last is counted."""
    page.evaluate("new Promise(end => requestAnimationFrame(() => requestAnimationFrame(end)))")
    return page.evaluate("shifts")


def put_into_state(shop: "Shop", page: Page, state: str) -> None:
    """Have the order that `page` shows be in that state, as if the desk had answered."""
    at_home = f"sqlite:///{shop.instance}/shop.sqlite"
    base = open_database(shop.environ.get("DATABASE_URL", at_home))
    number = page.url.rpartition("/")[2].split(".")[0]
    with base.bind_ctx([Order]), base.connection_context():
        facts = {"state": state} | ({"hold_until": None} if state in ("lapsed", "charged") else {})
        assert Order.update(facts).where(Order.number == number).execute() == 1
    page.reload()


def hard_catalogue(folder: Path) -> tuple[Path, Path]:
    """A file of products that try a layout, and a folder with photographs of one of them."""
    pictures, file = folder / "pictures", folder / "hard.csv"
    pictures.mkdir()
    for n, (colour, size) in enumerate({"#7a8c6a": (800, 1000), "#8c6a5a": (1200, 800)}.items()):
        name = "photographed" if not n else f"photographed-{n + 1}"
        Image.new("RGB", size, colour).save(pictures / f"{name}.jpg")
    rows = [row("photographed", "Photographed Anorak")]
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenreinigungsbürste"
    rows += [row("german", long)]
    title = "A Coat with a Title that goes on about Itself for as Long as Anybody lets It, and More"
    rows += [row("long-title", title, was="1249.00")]
    rows += [row("forty", "Thread in Forty Shades", "Shade", f"Shade {n}") for n in range(40)]
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return file, pictures


def row(
    handle: str, title: str, option: str = "Title", value: str = "Default Title", was=""
) -> dict:
    return {
        "Handle": handle,
        "Title": title,
        "Body (HTML)": f"<p>{title}. It is made to see what a page does with it.</p>",
        "Vendor": "Nethermoor",
        "Type": "Trials",
        "Published": "TRUE",
        "Option1 Name": option,
        "Option1 Value": value,
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "40",
        "Variant Inventory Policy": "deny",
        "Variant Price": "1149.00",
        "Variant Compare At Price": was,
        "Status": "active",
    }


def quickened(page) -> None:
    """Wait until htmx has come."""
    until(page, "'htmx' in window")


def until(frame, script: str) -> None:
    """Wait until that is true in a page or a frame of ours; fails after ten seconds.

    By asking again: waiting for it in there would be an eval, which the policy of pages forbids.
    """
    for _ in range(200):
        if frame.evaluate(script):
            return
        frame.wait_for_timeout(50)
    raise AssertionError(f"in vain: {script}")


def small_picture(page: Page, path: Path, width: int = 0, **asked) -> None:
    """What the docs show of a page as it stands: a WebP, small enough to be kept, and of that
    width at most; `asked` is what Playwright is asked for besides.
    """
    drawn = Image.open(io.BytesIO(page.screenshot(caret="initial", **asked))).convert("RGB")
    drawn.thumbnail((width or drawn.width, drawn.height))
    drawn.save(path, quality=70, method=6)
