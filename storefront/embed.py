"""The embed of a reseller: its addresses, the lines they copy, and how the desk and they see it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from html import escape
from urllib.parse import unquote, urlencode, urlsplit

from storefront.assets import Assets
from storefront.models import Product, Reseller, WidgetViews
from storefront.models.widget_reading import chosen

TITLE = "What customers say"
WIDTH, HEIGHT = 640, 480  # CSS pixels; what does not fit is scrolled
SCRIPT = "shop-testimonials.js"
WIDTHS = ("full", "360", "640")  # of the page, or CSS pixels
SCHEMES = ("own", "light", "dark")  # of whoever looks, or as a visitor may have it
COUNTED = 30  # days


def address(reseller: Reseller, origin: str, *, handle: str = "", sized: bool = False) -> str:
    """The absolute address of its widget: of one product where `handle` names one, and with
    `sized` of the frame that tells how high it is."""
    asked = {"product": handle} if handle else {}
    asked |= {"sized": "1"} if sized else {}
    way = f"{origin}/widget/{reseller.key}/testimonials"
    return f"{way}?{urlencode(asked)}" if asked else way


def frame(source: str, width: int | str = "100%", height: int = HEIGHT) -> str:
    """The frame that shows what is at that address."""
    return (
        f'<iframe src="{escape(source)}" title="{TITLE}" width="{width}" height="{height}" '
        'loading="lazy" referrerpolicy="no-referrer" style="border:0"></iframe>'
    )


def lines(
    reseller: Reseller, origin: str, *, script_url: str, integrity: str, handle: str = ""
) -> dict[str, str]:
    """What a reseller copies: "plain" is a frame, complete without a script; "sized" is one that
    the script of `script_url` (a path here) makes as high as what is in it."""
    script = (
        f'<script src="{escape(origin + script_url)}" integrity="{escape(integrity)}" '
        'crossorigin="anonymous" defer></script>'
    )
    inner = frame(address(reseller, origin, handle=handle, sized=True))
    return {
        "plain": frame(address(reseller, origin, handle=handle)),
        "sized": f"{script}\n<shop-testimonials>{inner}</shop-testimonials>",
    }


def discovery(widget: str, origin: str) -> dict[str, str]:
    """Where oEmbed tells of the widget at that address, by media type (oembed.com, 4)."""
    asked = urlencode({"url": widget})
    return {
        "application/json+oembed": f"{origin}/oembed?{asked}&format=json",
        "text/xml+oembed": f"{origin}/oembed?{asked}&format=xml",
    }


@dataclass(frozen=True)
class Embed:
    """What is shown and copied of a reseller's embed, as the query of an address asks for it.

    `origin` is the shop's own. `asked` may have a product, by its handle or the address of its
    page, a width of `WIDTHS` and a scheme of `SCHEMES`; anything else is passed over.
    """

    reseller: Reseller
    origin: str
    assets: Assets
    asked: dict[str, str]

    @cached_property
    def products(self) -> list[Product]:
        """Those that were chosen for them; none where all may be shown."""
        return self.reseller.chosen()

    @cached_property
    def product(self) -> Product | None:
        """The one that is asked for, if they may show it; one query."""
        handle = _handle_in(self.wanted)
        return chosen(self.reseller, handle) if handle else None

    @property
    def wanted(self) -> str:
        """The product that is asked for, as it was typed."""
        return self.asked.get("product", "").strip()[:500]

    @property
    def width(self) -> str:
        """How wide the page shows it."""
        return _one_of(WIDTHS, self.asked.get("width"))

    @property
    def scheme(self) -> str:
        """In whose colours the page shows it."""
        return _one_of(SCHEMES, self.asked.get("scheme"))

    @property
    def source(self) -> str:
        """The address of the frame, within the shop."""
        return address(self.reseller, "", handle=self._handle)

    @property
    def lines(self) -> dict[str, str]:
        """What is copied into a page; see `lines` of this module."""
        return lines(
            *(self.reseller, self.origin),
            script_url=self.assets.url(SCRIPT),
            integrity=self.assets.integrity(SCRIPT),
            handle=self._handle,
        )

    @property
    def machines(self) -> str:
        """The address of the same as JSON."""
        asked = f"?{urlencode({'product': self._handle})}" if self._handle else ""
        return f"{self.origin}/widget/{self.reseller.key}.json{asked}"

    @property
    def oembed(self) -> dict[str, str]:
        """Where oEmbed tells of it, by media type."""
        widget = address(self.reseller, self.origin, handle=self._handle)
        return discovery(widget, self.origin)

    def way(self, **other: str) -> str:
        """The query that asks for the same but for these."""
        now = {"product": self._handle, "width": self.width, "scheme": self.scheme} | other
        plain = {"product": "", "width": WIDTHS[0], "scheme": SCHEMES[0]}
        return f"?{urlencode({name: now[name] for name in now if now[name] != plain[name]})}"

    @property
    def _handle(self) -> str:
        return self.product.handle if self.product else ""


def _handle_in(address: str) -> str:
    """The last part of the path, "" where there is none or this is no address."""
    try:
        path = urlsplit(address).path
    except ValueError:  # a bracket that is not closed
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2])


def _one_of(these: tuple[str, ...], asked: str | None) -> str:
    return asked if asked in these else these[0]


def views(reseller: Reseller, at: datetime) -> list[tuple[date, int]]:
    """How often their widget was asked for on each of the last days, today first; one query."""
    return WidgetViews.of_days(reseller, [at.date() - timedelta(days=n) for n in range(COUNTED)])
