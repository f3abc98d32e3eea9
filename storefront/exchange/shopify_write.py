"""Writes the product CSV that Shopify reads, under the headers that it documents today.

What Shopify cannot say, and is therefore not written:
- products with more than three options, which are left out and named;
- products that are sold and have no variants, which are left out and named, too;
- what is kept of other formats.
What only this shop knows (short descriptions, groups, what others sell, tags with a comma in
them) stands in metafields.
Cells that a spreadsheet would run as a formula begin with an apostrophe, taken off on import.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import TextIO

from storefront.exchange.amounts import written
from storefront.exchange.cells import guarded, join_list
from storefront.exchange.goods import Good, Kept, Written
from storefront.exchange.shopify_headers import COLUMNS, OPTIONS, OWN, WRITTEN
from storefront.models import Product, Variant

TRACKER = WRITTEN["tracker"]


def write(
    goods: Iterable[Good],
    kept: Kept,
    file: TextIO,
    decimals: int,
    warn: Callable[[str], object] = lambda line: None,
) -> Written:
    """Write the products to a text file opened with `newline=""`; `warn` hears what is left out.

    `kept` says which further columns there are; raises KeyError for one that it does not name.
    """
    others = [n for n in (*kept.of_products, *kept.of_variants) if n != TRACKER]
    header = {**WRITTEN, **{name: COLUMNS[name][0] for name in OWN}}
    header |= {name: name for name in others}
    out = csv.writer(file)
    out.writerow([guarded(name) for name in header.values()])
    report = Written()
    for good in goods:
        if reason := _unsayable(good):
            report.left_out += 1
            warn(f"{good.product.handle} is left out: {reason}")
            continue
        for row in _rows(good, decimals):
            _refuse_unknown(row, header)
            out.writerow([row.get(name, "") for name in header])
        report.note(good)
    return report


def _unsayable(good: Good) -> str:
    if len(good.product.options) > len(OPTIONS):
        return f"it has {len(good.product.options)} options, and Shopify's file has room for three"
    if not good.variants and good.product.kind == "sold":
        return "it has nothing to be sold"
    return ""


def _refuse_unknown(row: dict[str, str], header: dict[str, str]) -> None:
    if unknown := row.keys() - header.keys():
        raise KeyError(f"{unknown.pop()!r} is new since the export began; run it again")


def _rows(good: Good, decimals: int) -> Iterator[dict[str, str]]:
    """A row for each variant or picture, whichever are more; the product's own on the first."""
    kept = good.product.extra.get("shopify", {})
    first = _of_product(good.product) | {name: guarded(cell) for name, cell in kept.items()}
    pairs = list(zip_longest(good.variants, good.pictures)) or [(None, None)]
    for n, (variant, picture) in enumerate(pairs):
        row = {"handle": guarded(good.product.handle)}
        if variant:
            row |= _of_variant(variant, good, decimals)
        if picture:
            row |= {"picture": guarded(picture.source), "picture_alt": guarded(picture.alt)}
            row |= {"picture_position": str(n + 1)}
        if n == 0:
            row |= first | _option_names(good)
        yield row


def _of_product(product: Product) -> dict[str, str]:
    texts = ("title", "description", "vendor", "category", "type", "seo_title", "seo_description")
    own = ("short", "external_url", "button_text")
    return {
        **{name: guarded(getattr(product, name)) for name in (*texts, *own)},
        "tags": guarded(", ".join(product.tags)),
        "published": _flag(product.published),
        "status": product.status,
        "gift_card": _flag(product.gift_card),
        "kind": "" if product.kind == "sold" else product.kind,
        "whole_tags": guarded(join_list(product.tags)) if "," in "".join(product.tags) else "",
    }


def _option_names(good: Good) -> dict[str, str]:
    names = good.product.options or (["Title"] if good.variants else [])
    return {f"option{n}_name": guarded(name) for n, name in enumerate(names, start=1)}


def _of_variant(variant: Variant, good: Good, decimals: int) -> dict[str, str]:
    kept = dict(variant.extra.get("shopify", {}))
    tracker = kept.pop(TRACKER, "shopify")
    choice = variant.choice or ["Default Title"]
    return {
        **{f"option{n}_value": guarded(value) for n, value in enumerate(choice, start=1)},
        **{name: guarded(cell) for name, cell in kept.items()},
        "sku": _code(variant.sku),
        "barcode": _code(variant.barcode),
        "price": written(variant.price_minor, decimals),
        "compare_at": written(variant.compare_at_minor, decimals),
        "cost": written(variant.cost_minor, decimals),
        "taxable": _flag(variant.taxable),
        "tracker": guarded(tracker) if variant.tracked else "",
        "stock": "" if variant.stock is None else str(variant.stock),
        "when_sold_out": "continue" if variant.oversell else "deny",
        "grams": str(variant.grams),
        "needs_shipping": _flag(variant.needs_shipping),
        "variant_picture": guarded(good.picture_of(variant)),
    }


def _code(text: str) -> str:
    """An SKU or barcode; the reader takes one apostrophe off these wherever it stands first."""
    return f"'{text}" if text.startswith("'") else guarded(text)


def _flag(value: bool) -> str:
    return "true" if value else "false"
