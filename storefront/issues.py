"""An issue as it is read: its words, and its products as they are now, in HTML and as text."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import nh3
from markupsafe import Markup

from storefront.markdown import SAFE_TAGS
from storefront.models.insider_issue import products
from storefront.models.issue_text import handles, pieces
from storefront.money import Money
from storefront.textual import READER, WITHIN, as_text

SCHEMES = {scheme.partition(":")[0] for scheme in WITHIN}


@dataclass(frozen=True)
class Put:
    """A product that was put in; one that is no longer in the shop has no address."""

    handle: str
    title: str = ""
    price: Money | None = None
    varies: bool = False
    address: str = ""


def in_html(text: str, origin: str) -> list[tuple[str, Markup | Put]]:
    """The pieces of a text: ("words", HTML that is safe to show) and ("product", Put)."""
    return _drawn(text, origin, _html)


def in_text(text: str, origin: str) -> tuple[list[tuple[str, str | Put]], list[str]]:
    """The same without marks, and the addresses that its numbers stand for."""
    links: list[str] = []
    return _drawn(text, origin, lambda words, base: as_text(words, base, links)), links


def _drawn(text: str, origin: str, draw) -> list:
    known = products(handles(text))
    return [
        (kind, draw(said, origin) if kind == "words" else _put(said, known.get(said), origin))
        for kind, said in pieces(text)
    ]


def _put(handle: str, product, origin: str) -> Put:
    if product is None:
        return Put(handle)
    varies = product.price_from != product.price_to
    address = f"{origin}/products/{quote(handle)}"
    return Put(handle, product.title, product.lowest, varies, address)


@lru_cache(maxsize=64)
def _html(words: str, origin: str) -> Markup:
    """No picture is fetched to read it, by anybody's mail program."""
    clean = nh3.clean(
        READER.render(words),
        tags=SAFE_TAGS,
        link_rel="noopener",
        url_schemes=SCHEMES,
        url_relative=("rewrite_with_base", origin),
    )
    return Markup(clean)  # noqa: S704 nh3 has cleaned it
