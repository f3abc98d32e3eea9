"""Finds out what kind of catalogue a file is, by its headers and never by its name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from storefront.exchange import shopify, woocommerce
from storefront.exchange.catalogue import BadCatalogue, ImportedProduct, Remark, Skipped, quoted
from storefront.exchange.records import WHAT_IS_READ, records
from storefront.exchange.shopify_headers import FIELDS
from storefront.exchange.shopify_rows import what_else
from storefront.exchange.woocommerce_rows import is_foreign, is_woocommerce

Format = Literal["shopify", "woocommerce"]


@dataclass
class Catalogue:
    """A file whose format is known. Going through it reads it: products, rows skipped, remarks.

    `work` is how many bytes will be read in all; `heard`, when set, is told of them as they are.
    """

    path: Path
    format: Format
    decimals: int
    today: date
    heard: Callable[[int], object] = lambda count: None

    @property
    def work(self) -> int:
        """The bytes to be read: a file of WooCommerce's is read twice."""
        passes = woocommerce.PASSES if self.format == "woocommerce" else 1
        return self.path.stat().st_size * passes

    def __iter__(self) -> Iterator[ImportedProduct | Skipped | Remark]:
        if self.format == "woocommerce":
            return woocommerce.read(self.path, self.decimals, self.today, self.heard)
        return shopify.read(self.path, self.decimals, self.heard)


def open_catalogue(path: str | Path, decimals: int, today: date | None = None) -> Catalogue:
    """The catalogue in a file, of which no more than the header has been read.

    `decimals` is how many the shop's currency has; `today` (in UTC where it is not given) decides
    about sale prices with dates. Raises BadCatalogue for any other kind of file, saying what it
    looks like and what is read, and OSError for one that cannot be opened.
    """
    today = today or datetime.now(UTC).date()
    return Catalogue(Path(path), sniff(path), decimals, today)


def sniff(path: str | Path) -> Format:
    """The format of a file, by its header. Raises BadCatalogue."""
    header = next(records(path), None)
    if header is None:
        raise BadCatalogue(f"the file is empty; {WHAT_IS_READ}")
    names = {" ".join(cell.split()).casefold() for cell in header.cells}
    fields = {FIELDS.get(name) for name in names}
    if is_woocommerce(header.cells):
        return "woocommerce"
    if {"handle", "title"} <= fields or {"handle", "price"} <= fields:
        return "shopify"
    raise BadCatalogue(_unknown(header.cells), header.line)


def _unknown(cells: list[str]) -> str:
    looks_like = what_else(cells)
    if looks_like is None and is_foreign(cells):
        looks_like = (
            "a WooCommerce product export in a language that is not known here; switch the site to "
            "English, German, French, Spanish, Dutch or Italian for the export"
        )
    if looks_like:
        return f"this looks like {looks_like}; {WHAT_IS_READ}"
    first = ", ".join(quoted(cell.strip()) for cell in cells[:4])
    return f"the header begins with {first}, which belongs to no catalogue that is known here; " + (
        WHAT_IS_READ
    )
