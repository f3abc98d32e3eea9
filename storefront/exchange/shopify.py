"""Reads the product CSV that Shopify exports, in its older and newer headers, mixed or not.

Rows that share a handle and stand together are one product, and the first of them carries
what belongs to the product. Rules: Shopify's "Using CSV files to import and export products".
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from storefront.exchange.catalogue import (
    BadCatalogue,
    ImportedPicture,
    ImportedProduct,
    ImportedVariant,
    grams,
    quoted,
    records,
)
from storefront.exchange.shopify_rows import OPTIONS, Row, find_columns, rows

_FLAGS = {"true": True, "false": False}
_STATUSES = {status: status for status in ("active", "draft", "archived", "unlisted")}
_WHEN_SOLD_OUT = {"deny": False, "continue": True}


def sniff(path: str | Path) -> str:
    """`'shopify'` when the file's header is one this module reads; else raises BadCatalogue."""
    find_columns(records(path))
    return "shopify"


def read(path: str | Path, decimals: int) -> Iterator[ImportedProduct]:
    """The products of a file in its order, one in memory at a time, with all handles.

    `decimals` is how many the shop's currency has, as the file names none. Raises BadCatalogue
    at the first row that cannot be read truly, after what came before it was yielded: take all
    or keep nothing.
    """
    first_lines: dict[str, int] = {}
    for handle, group in groupby(rows(path), key=lambda row: row.text("handle")):
        same = list(group)
        if handle in first_lines:
            raise BadCatalogue(
                f"the handle {quoted(handle)} stood on line {first_lines[handle]} already, and "
                "other products between; put all rows of one product together",
                same[0].line,
            )
        first_lines[handle] = same[0].line
        yield _product(same, decimals)
    if not first_lines:
        raise BadCatalogue("the file has headers but no products")


def _product(rows: list[Row], decimals: int) -> ImportedProduct:
    first = rows[0]
    if not first.text("title"):
        raise first.bad("title", "the first row of a product carries its title")
    _check_further_rows(first, rows[1:])
    options, variants = _variants(rows, decimals)
    return ImportedProduct(
        line=first.line,
        handle=first.text("handle"),
        title=first.text("title"),
        description=first.raw("description"),
        vendor=first.text("vendor"),
        type=first.text("type"),
        tags=_tags(first.text("tags")),
        status=first.word("status", _STATUSES, "active"),
        published=first.word("published", _FLAGS, True),
        gift_card=first.word("gift_card", _FLAGS, False),
        seo_title=first.text("seo_title"),
        seo_description=first.text("seo_description"),
        options=options,
        variants=variants,
        pictures=_pictures(rows),
    )


def _check_further_rows(first: Row, further: list[Row]) -> None:
    """Refuse rows that add nothing, and rows of another product under the same handle."""
    for row in further:
        for field in ("title", *(f"option{n}_name" for n in OPTIONS)):
            if row.text(field) not in ("", first.text(field)):
                advice = f"line {first.line}, the first of this handle, says otherwise"
                raise row.bad(field, advice)
        if not row.is_variant and not row.text("picture"):
            raise BadCatalogue(
                "the row has no price and no option value, so it is not a variant, and no "
                "picture either; complete or delete it",
                row.line,
            )


def _variants(
    rows: list[Row], decimals: int
) -> tuple[tuple[str, ...], tuple[ImportedVariant, ...]]:
    """Option names, and one variant from the first row and from every other that is one."""
    names = _option_names(rows[0])
    sold = [row for row in rows if row.is_variant or row is rows[0]]
    choices = [_choice(row, names) for row in sold]
    options = tuple(names.values())
    if options == ("Title",) and choices == [("Default Title",)]:
        options, choices = (), [()]
    lines: dict[tuple[str, ...], int] = {}
    for row, choice in zip(sold, choices, strict=True):
        if choice in lines:
            what = " / ".join(choice) or "a variant without options"
            raise BadCatalogue(
                f"{quoted(what)} stands on line {lines[choice]} already; delete one of the two",
                row.line,
            )
        lines[choice] = row.line
    return options, tuple(map(lambda row, choice: _variant(row, choice, decimals), sold, choices))


def _option_names(first: Row) -> dict[int, str]:
    names = {n: first.text(f"option{n}_name") for n in OPTIONS}
    names = {n: name for n, name in names.items() if name}
    if len({name.casefold() for name in names.values()}) < len(names):
        listed = ", ".join(names.values())
        raise BadCatalogue(f"two options have the same name ({listed}); rename one", first.line)
    return names


def _choice(row: Row, names: dict[int, str]) -> tuple[str, ...]:
    for n in OPTIONS:
        field = f"option{n}_value"
        if n in names and not row.text(field):
            raise row.bad(field, f"every variant needs its {names[n]}")
        if n not in names and row.text(field):
            raise row.bad(field, "the option has no name on the first row of the product")
    return tuple(row.text(f"option{n}_value") for n in names)


def _variant(row: Row, choice: tuple[str, ...], decimals: int) -> ImportedVariant:
    price = row.amount("price", decimals)
    if price is None:
        raise row.bad("price", "a variant needs one; write 0 for a price on request")
    return ImportedVariant(
        line=row.line,
        choice=choice,
        sku=row.code("sku"),
        barcode=row.code("barcode"),
        price_minor=price,
        # Exports write 0.00 where there is no former price; nothing ever cost nothing before.
        compare_at_minor=row.amount("compare_at", decimals) or None,
        cost_minor=row.amount("cost", decimals),
        grams=grams(row.text("grams") or "0", row.line, row.column("grams")),
        stock=row.number("stock"),
        tracked=bool(row.text("tracker")),
        oversell=row.word("when_sold_out", _WHEN_SOLD_OUT, False),
        # Left empty, the careful reading: a parcel needs an address, and a sale is taxed.
        needs_shipping=row.word("needs_shipping", _FLAGS, True),
        taxable=row.word("taxable", _FLAGS, True),
        picture=row.text("variant_picture") or None,
    )


def _tags(text: str) -> tuple[str, ...]:
    tags = (tag.strip() for tag in text.split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _pictures(rows: list[Row]) -> tuple[ImportedPicture, ...]:
    """Distinct addresses by stated position, else by appearance; variants' own ones follow."""
    found: dict[str, tuple[int, str]] = {}
    for row in rows:
        if row.text("picture"):
            position = row.number("picture_position")
            position = len(found) + 1 if position is None else position
            found.setdefault(row.text("picture"), (position, row.text("picture_alt")))
    last = max((position for position, _ in found.values()), default=0) + 1
    for row in rows:
        if row.text("variant_picture"):
            found.setdefault(row.text("variant_picture"), (last, ""))
    ordered = sorted(found.items(), key=lambda item: item[1][0])
    return tuple(
        ImportedPicture(source, position, alt)
        for position, (source, (_, alt)) in enumerate(ordered, start=1)
    )
