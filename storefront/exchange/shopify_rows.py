"""The table in a Shopify file: its columns under either name, its rows, and what a cell means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from storefront.exchange.catalogue import (
    BadCatalogue,
    Record,
    minor_units,
    quoted,
    records,
    whole_number,
)

T = TypeVar("T")
Columns = dict[str, tuple[int, str]]  # field → its index, and its header in the file

# Every column that is read, by the names it goes under: the older, then the newer.
COLUMNS = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "description": ("Body (HTML)", "Description"),
    "vendor": ("Vendor",),
    "type": ("Type",),
    "tags": ("Tags",),
    "status": ("Status",),
    "published": ("Published", "Published on online store"),
    "gift_card": ("Gift Card",),
    "seo_title": ("SEO Title",),
    "seo_description": ("SEO Description",),
    "option1_name": ("Option1 Name",),
    "option1_value": ("Option1 Value",),
    "option2_name": ("Option2 Name",),
    "option2_value": ("Option2 Value",),
    "option3_name": ("Option3 Name",),
    "option3_value": ("Option3 Value",),
    "sku": ("Variant SKU", "SKU"),
    "barcode": ("Variant Barcode", "Barcode"),
    "price": ("Variant Price", "Price"),
    "compare_at": ("Variant Compare At Price", "Compare-at price"),
    "cost": ("Cost per item",),
    "grams": ("Variant Grams", "Weight value (grams)"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "stock": ("Variant Inventory Qty", "Inventory quantity"),
    "when_sold_out": ("Variant Inventory Policy", "Continue selling when out of stock"),
    "needs_shipping": ("Variant Requires Shipping", "Requires shipping"),
    "taxable": ("Variant Taxable", "Charge tax"),
    "variant_picture": ("Variant Image", "Variant image URL"),
    "picture": ("Image Src", "Product image URL"),
    "picture_position": ("Image Position",),
    "picture_alt": ("Image Alt Text",),
}
_FIELDS = {name.casefold(): field for field, names in COLUMNS.items() for name in names}
_REQUIRED = ("handle", "title", "price")
OPTIONS = (1, 2, 3)  # a product has three at the most

# Files people bring by mistake, told by columns that only they have.
_OTHERS = (
    ({"sku", "regular price"}, "a WooCommerce product export"),
    ({"sku", "attribute_set_code"}, "a Magento product export"),
    ({"sku", "_type"}, "a Magento product export"),
    ({"handle", "location"}, "a Shopify inventory export"),
    ({"financial status"}, "a Shopify order export"),
    ({"first name", "email"}, "a customer list"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its cells found by field; a field whose column is missing reads as empty."""

    line: int
    cells: list[str]
    columns: Columns

    def raw(self, field: str) -> str:
        """The cell as it stands, with its padding."""
        return self.cells[self.columns[field][0]] if field in self.columns else ""

    def text(self, field: str) -> str:
        return self.raw(field).strip()

    def column(self, field: str) -> str:
        """The field's header as this file has it, or its older name where the file has none."""
        return self.columns[field][1] if field in self.columns else COLUMNS[field][0]

    def code(self, field: str) -> str:
        """Text without the apostrophe that spreadsheets put before digits to keep them text."""
        return self.text(field).removeprefix("'").strip()

    def word(self, field: str, meanings: dict[str, T], blank: T) -> T:
        """What a cell's word means, in any case; `blank` for an empty cell."""
        text = self.text(field)
        if text and text.casefold() not in meanings:
            raise self.bad(field, f"{' or '.join(meanings)} is read, in any case")
        return meanings[text.casefold()] if text else blank

    def number(self, field: str) -> int | None:
        """A whole number, or None for an empty cell."""
        text = self.text(field)
        return whole_number(text, self.line, self.column(field)) if text else None

    def amount(self, field: str, decimals: int) -> int | None:
        """An amount in minor units, or None for an empty cell."""
        text = self.text(field)
        return minor_units(text, decimals, self.line, self.column(field)) if text else None

    def bad(self, field: str, advice: str) -> BadCatalogue:
        """The refusal of a cell: where, what stood there, and what to do."""
        stood = quoted(self.text(field)) if self.text(field) else "empty"
        return BadCatalogue(f"{self.column(field)} is {stood}; {advice}", self.line)

    @property
    def is_variant(self) -> bool:
        """Whether the row sells something, rather than adding a picture to its product."""
        fields = ["price", *(f"option{n}_value" for n in OPTIONS)]
        return any(self.text(field) for field in fields)


def find_columns(source: Iterator[Record]) -> tuple[Columns, int]:
    """Where each field stands, and how wide the header is, which is taken off `source`.

    Unknown columns are passed over: exports carry dozens of them. Raises BadCatalogue.
    """
    header = next(source, None)
    if header is None:
        raise BadCatalogue("the file is empty; a catalogue as CSV in UTF-8 is read")
    columns: Columns = {}
    for index, cell in enumerate(header.cells):
        name = " ".join(cell.split())
        field = _FIELDS.get(name.casefold())
        if field in columns:
            same = f"the columns {quoted(columns[field][1])} and {quoted(name)} hold the same thing"
            raise BadCatalogue(f"{same}; delete one of them", header.line)
        if field:
            columns[field] = (index, name)
    if any(field not in columns for field in _REQUIRED):
        raise BadCatalogue(_not_shopify(header.cells, columns), header.line)
    return columns, len(header.cells)


def _not_shopify(cells: list[str], columns: Columns) -> str:
    """Why a header is refused: what the file looks like, and what a header must have."""
    found = {" ".join(cell.split()).casefold() for cell in cells}
    looks_like = next((name for marks, name in _OTHERS if marks <= found), None)
    if len(cells) == 1 and re.search(r"[;\t|]", cells[0]):
        looks_like = "a table separated by semicolons, tabs or bars instead of commas"
    missing = [field for field in _REQUIRED if field not in columns]
    wanted = ", ".join(quoted(" or ".join(COLUMNS[field])) for field in missing)
    seems = f"this looks like {looks_like}: " if looks_like else ""
    return f"{seems}the header lacks {wanted}; a Shopify product export as CSV is read"


def rows(path: str | Path) -> Iterator[Row]:
    """The rows below the header, each as wide as the header and with a handle to go by."""
    source = records(path)
    columns, width = find_columns(source)
    last_cell_is_read = any(index == width - 1 for index, _ in columns.values())
    for record in source:
        _check_width(record, width)
        if last_cell_is_read and not record.closed:
            # A file cut inside its last cell is as wide as a whole one, and 36.00 may now be 3.
            raise BadCatalogue(
                f"the file ends without a line break, so its last cell, "
                f"{quoted(record.cells[-1])}, may be cut short; add a line break if it is whole",
                record.line,
            )
        row = Row(record.line, record.cells, columns)
        _check_handle(row)
        yield row


def _check_width(record: Record, width: int) -> None:
    if len(record.cells) != width:
        cut = "" if record.closed else "; the file may be cut short here"
        raise BadCatalogue(
            f"the row has {len(record.cells)} cells and the header {width}{cut}; "
            "a comma inside a cell needs quotation marks around the cell",
            record.line,
        )


def _check_handle(row: Row) -> None:
    handle = row.text("handle")
    if not handle or handle.strip(".") == "" or re.search(r"[/\\\x00-\x1f]", handle):
        raise row.bad("handle", "a name for the product's address is read, such as rain-jacket")
