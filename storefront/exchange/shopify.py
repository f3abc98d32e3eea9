"""Reads the product CSV that Shopify exports, in its older and newer headers, mixed or not.

Rows that share a handle and stand together are one product, and the first of them carries
what belongs to the product. Rules: Shopify's "Using CSV files to import and export products".
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from storefront.exchange.amounts import grams
from storefront.exchange.catalogue import (
    LARGEST_PRODUCT,
    MOST_ROWS,
    BadCatalogue,
    ImportedPicture,
    ImportedProduct,
    ImportedVariant,
    is_web_address,
    quoted,
)
from storefront.exchange.cells import split_list
from storefront.exchange.notebook import notebook
from storefront.exchange.records import records
from storefront.exchange.shopify_headers import FACTS, OPTIONS, TOLD_BY_COLUMN, of_variant
from storefront.exchange.shopify_rows import Columns, Row, find_columns, rows

_FLAGS = {"true": True, "false": False}
_STATUSES = {status: status for status in ("active", "draft", "archived", "unlisted")}
_WHEN_SOLD_OUT = {"deny": False, "continue": True}
_KINDS = {kind: kind for kind in ("sold", "grouped", "external")}


def sniff(path: str | Path) -> str:
    """`'shopify'` when the file's header is one this module reads; else raises BadCatalogue."""
    find_columns(records(path))
    return "shopify"


def read(
    path: str | Path, decimals: int, heard: Callable[[int], object] = lambda count: None
) -> Iterator[ImportedProduct]:
    """The products of a file in its order, one in memory at a time; handles are noted on disk.

    `decimals` is how many the shop's currency has, as the file names none; `heard` is told the
    bytes of each row. Raises BadCatalogue at the first row that cannot be read truly, after what
    came before it was yielded: take all or keep nothing.
    """
    count = 0
    with notebook("first (handle TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID") as notes:
        for handle, group in groupby(rows(path, heard), key=lambda row: row.text("handle")):
            same = _whole_product(group)
            _refuse_scattered(notes, handle, same[0].line)
            yield _product(same, decimals)
            count += 1
    if not count:
        raise BadCatalogue("the file has headers but no products")


def _whole_product(group: Iterator[Row]) -> list[Row]:
    """All rows of one product, up to what fits in memory."""
    same, size = [], 0
    for row in group:
        same.append(row)
        size += sum(map(len, row.cells))
        if len(same) > MOST_ROWS or size > LARGEST_PRODUCT:
            raise BadCatalogue(
                f"the product has more than {MOST_ROWS} rows or {LARGEST_PRODUCT >> 20} million "
                "letters; so large a product is not read",
                same[0].line,
            )
    return same


def _refuse_scattered(notes, handle: str, line: int) -> None:
    first = notes.execute("SELECT line FROM first WHERE handle = ?", (handle,)).fetchone()
    if first:
        raise BadCatalogue(
            f"the handle {quoted(handle)} stood on line {first[0]} already, and "
            "other products between; put all rows of one product together",
            line,
        )
    notes.execute("INSERT INTO first VALUES (?, ?)", (handle, line))


def _product(rows: list[Row], decimals: int) -> ImportedProduct:
    """The product that these rows tell of; a fact a line."""
    first = rows[0]
    if not first.text("title"):
        raise first.bad("title", "the first row of a product carries its title")
    if not is_web_address(first.text("external_url")):
        raise first.bad("external_url", "an address beginning with https:// or http:// is read")
    _check_further_rows(first, rows[1:])
    options, variants = _variants(rows, decimals)
    texts = ("handle", "title", "vendor", "type", "category", "seo_title", "seo_description")
    own = ("short", "external_url", "button_text")
    return ImportedProduct(
        line=first.line,
        **{name: first.text(name) for name in (*texts, *own)},
        description=first.raw("description"),
        tags=_tags(first),
        status=first.word("status", _STATUSES, "active"),
        published=first.word("published", _FLAGS, True),
        gift_card=first.word("gift_card", _FLAGS, False),
        kind=first.word("kind", _KINDS, "sold"),
        options=options,
        variants=variants,
        pictures=_pictures(rows),
        extra={name: cell for name, cell in first.kept().items() if not of_variant(name)},
        told=frozenset(first.columns.kept) | {"Inventory tracker"},
        unsaid=_unsaid(first.columns),
    )


def _unsaid(columns: Columns) -> frozenset[str]:
    """The facts that the file has no column for."""
    missing = {FACTS.get(field, field) for field in TOLD_BY_COLUMN if field not in columns}
    pictured = "picture" in columns or "variant_picture" in columns
    return frozenset(missing if pictured else missing | {"pictures"})


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
    sold = [row for row in rows if row.is_variant or (row is rows[0] and not _only_shown(row))]
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
    made = zip(sold, choices, strict=True)
    return options, tuple(_variant(r, choice, decimals, r is rows[0]) for r, choice in made)


def _only_shown(first: Row) -> bool:
    """Whether a product has no price because it is a group, or sold elsewhere."""
    return first.text("kind").casefold() in ("grouped", "external") and not first.is_variant


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


def _variant(row: Row, choice: tuple[str, ...], decimals: int, is_first: bool) -> ImportedVariant:
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
        extra=_kept_of_variant(row, is_first),
    )


def _kept_of_variant(row: Row, is_first: bool) -> dict[str, str]:
    """What the row keeps for its variant; the first row's other columns are the product's."""
    kept = {n: cell for n, cell in row.kept().items() if of_variant(n) or not is_first}
    tracker = row.text("tracker")
    return kept if tracker.casefold() in ("", "shopify") else kept | {"Inventory tracker": tracker}


def _tags(first: Row) -> tuple[str, ...]:
    """The tags, whole where our own export says which commas are part of one."""
    tags = _parted(first.text("tags"))
    whole = split_list(first.text("whole_tags"))
    return whole if whole and _parted(", ".join(whole)) == tags else tags


def _parted(text: str) -> tuple[str, ...]:
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
