"""The lines that resellers copy into their pages, and the addresses in them."""

from html import escape
from urllib.parse import urlencode

from storefront.models import Reseller

TITLE = "What customers say"
WIDTH, HEIGHT = 640, 480  # CSS pixels; what does not fit is scrolled


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
