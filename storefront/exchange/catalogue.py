"""What every catalogue reader yields.

A reader turns one file into `ImportedProduct`s, one at a time, with a `Skipped` in the place of
what cannot be sold here, or raises `BadCatalogue`. It knows no database: what is yielded is what
the file says, unsanitised and unjudged.

`extra` is what the file says and the shop has no use for, by column; `told` are the columns of
that kind that the file has, so that a column that is missing takes nothing away. `unsaid` are the
facts that the file has no column for: they stay as they are, or at the shop's default.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

MOST_ROWS = 10_000  # of one product; Shopify allows 2,048 variants, WooCommerce begs for fewer
LARGEST_PRODUCT = 64 * 1024 * 1024  # characters of all its rows

Status = Literal["active", "draft", "archived", "unlisted"]
Kind = Literal["sold", "grouped", "external"]

NOTHING: frozenset[str] = frozenset()


class BadCatalogue(Exception):
    """A file, or a line of one, that cannot be read truly. `reason` is a sentence for a person.

    `line` is the physical line, from 1, where the offending row begins; None when it is the file
    as a whole that is wrong.
    """

    def __init__(self, reason: str, line: int | None = None):
        super().__init__(reason, line)
        self.reason = reason
        self.line = line

    def __str__(self) -> str:
        return self.reason if self.line is None else f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was passed over; `why` completes a sentence about it."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a row that was taken in and may not be what the merchant expects."""

    line: int
    words: str


@dataclass(frozen=True, slots=True)
class ImportedPicture:
    """One picture of a product. `position` runs from 1 without gaps; `source` is never fetched.

    `alt` is None where the format has no place for it.
    """

    source: str
    position: int
    alt: str | None


@dataclass(frozen=True, slots=True)
class ImportedVariant:
    """One thing that can be bought. Amounts are minor units of the shop's currency, weight grams.

    `choice` holds one value per option of the product. `stock` may be negative; None is unknown.
    A price of 0 is what the file says, and may mean "ask us".
    """

    line: int
    choice: tuple[str, ...]
    sku: str
    barcode: str
    price_minor: int
    compare_at_minor: int | None
    cost_minor: int | None
    grams: int
    stock: int | None
    tracked: bool
    oversell: bool
    needs_shipping: bool
    taxable: bool
    picture: str | None
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportedProduct:
    """One product as its file tells it. `description` and `short` are HTML, unsanitised.

    `options` are names, () for a product that comes in one form only. `variants` has at least
    one member, unless the product is a group or sold elsewhere; every variant's `picture` is
    also in `pictures`. `keys` say how to know the product again where its file has no handle
    ("id:44", "slug:mug"); its `handle` is then a proposal.
    """

    line: int
    handle: str
    title: str
    description: str
    vendor: str
    type: str
    tags: tuple[str, ...]
    status: Status
    published: bool
    gift_card: bool
    seo_title: str
    seo_description: str
    options: tuple[str, ...]
    variants: tuple[ImportedVariant, ...]
    pictures: tuple[ImportedPicture, ...]
    category: str = ""
    short: str = ""
    kind: Kind = "sold"
    external_url: str = ""
    button_text: str = ""
    format: str = "shopify"
    extra: dict = field(default_factory=dict)
    told: frozenset[str] = NOTHING
    unsaid: frozenset[str] = NOTHING
    keys: tuple[str, ...] = ()


def quoted(text: str) -> str:
    """What stood in a cell, for an error message: in quotes, escaped, at most 40 characters."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def is_handle(text: str) -> bool:
    """Whether a text can name a product in its address: some letter, no slash, no control sign."""
    return bool(text.strip(".")) and not re.search(r"[/\\\x00-\x1f]", text)


def is_web_address(text: str) -> bool:
    """Whether a text is empty, or an address that a link may lead to: https or http, no other."""
    return not text or bool(re.match(r"https?://[^\s/]", text, re.IGNORECASE))
