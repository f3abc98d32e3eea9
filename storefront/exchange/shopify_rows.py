"""The table in a Shopify file: its columns under either name, its rows, and what a cell means."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from storefront.exchange.amounts import minor_units, whole_number
from storefront.exchange.catalogue import BadCatalogue, is_handle, quoted
from storefront.exchange.cells import unguarded
from storefront.exchange.records import WHAT_IS_READ, Record, records
from storefront.exchange.shopify_headers import (
    COLUMNS,
    FIELDS,
    OPTIONS,
    OTHERS,
    REQUIRED,
    kept_name,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file has what: `index` and `header` by field, `kept` by the names of the rest."""

    index: dict[str, int]
    header: dict[str, str]
    kept: dict[str, int]
    width: int

    def __contains__(self, field: str) -> bool:
        return field in self.index


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its cells found by field; a field whose column is missing reads as empty."""

    line: int
    cells: list[str]
    columns: Columns

    def _cell(self, field: str) -> str:
        return self.cells[self.columns.index[field]] if field in self.columns else ""

    def raw(self, field: str) -> str:
        """The cell as it stands, with its padding."""
        return unguarded(self._cell(field))

    def text(self, field: str) -> str:
        """The cell without its padding, "" where there is no such column."""
        return unguarded(self._cell(field).strip())

    def column(self, field: str) -> str:
        """The field's header as this file has it, or its older name where the file has none."""
        return self.columns.header.get(field, COLUMNS[field][0])

    def code(self, field: str) -> str:
        """Text without the apostrophe that spreadsheets put before digits to keep them text."""
        return self._cell(field).strip().removeprefix("'").strip()

    def kept(self) -> dict[str, str]:
        """What stands in the columns that the shop has no use for, by their names."""
        cells = ((name, self.cells[index].strip()) for name, index in self.columns.kept.items())
        return {name: unguarded(cell) for name, cell in cells if cell}

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


def find_columns(source: Iterator[Record]) -> Columns:
    """Where each field stands; the header is taken off `source`. Raises BadCatalogue."""
    header = next(source, None)
    if header is None:
        raise BadCatalogue(f"the file is empty; {WHAT_IS_READ}")
    columns = Columns({}, {}, {}, len(header.cells))
    for index, cell in enumerate(header.cells):
        name = unguarded(" ".join(cell.split()))
        field = FIELDS.get(name.casefold())
        if field in columns:
            same = f"the columns {quoted(columns.header[field])} and {quoted(name)} hold the same"
            raise BadCatalogue(f"{same} thing; delete one of them", header.line)
        if field:
            columns.index[field], columns.header[field] = index, name
        elif name:
            columns.kept[kept_name(name, columns.kept)] = index
    if any(field not in columns for field in REQUIRED):
        raise BadCatalogue(_not_shopify(header.cells, columns), header.line)
    return columns


def _not_shopify(cells: list[str], columns: Columns) -> str:
    """Why a header is refused: what the file looks like, and what a header must have."""
    looks_like = what_else(cells)
    missing = [field for field in REQUIRED if field not in columns]
    wanted = ", ".join(quoted(" or ".join(COLUMNS[field])) for field in missing)
    seems = f"this looks like {looks_like}: " if looks_like else ""
    return f"{seems}the header lacks {wanted}; a Shopify product export as CSV is read"


def what_else(cells: list[str]) -> str | None:
    """What a header is of that people bring by mistake, or None."""
    found = {" ".join(cell.split()).casefold() for cell in cells}
    if len(cells) == 1 and re.search(r"[;\t|]", cells[0]):
        return "a table separated by semicolons, tabs or bars instead of commas"
    return next((name for marks, name in OTHERS if marks <= found), None)


def rows(path: str | Path, heard: Callable[[int], object] = lambda count: None) -> Iterator[Row]:
    """The rows below the header, each as wide as the header and with a handle to go by."""
    source = records(path, heard)
    columns = find_columns(source)
    last = columns.width - 1
    last_cell_is_read = last in (*columns.index.values(), *columns.kept.values())
    for record in source:
        _check_width(record, columns.width)
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
    if not is_handle(handle):
        raise row.bad("handle", "a name for the product's address is read, such as rain-jacket")
