"""The table in a WooCommerce file: its columns in any known language, and what a cell says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from storefront.exchange.amounts import LARGEST_NUMBER, minor_units, whole_number
from storefront.exchange.catalogue import BadCatalogue, quoted
from storefront.exchange.cells import split_list, unguarded
from storefront.exchange.records import WHAT_IS_READ, Record
from storefront.exchange.woocommerce_headers import (
    CORE,
    GRAMS,
    WRITTEN,
    attribute_of,
    field_of,
    kept_name,
    language_of,
    names_of,
    plain,
    weight_unit,
)

T = TypeVar("T")
OWN = "Meta: _storefront"  # what our own files say besides, as JSON; WooCommerce keeps it as it is


@dataclass(frozen=True)
class Attribute:
    """One attribute of a row; `rest` has its visible, global and default cells, where filled."""

    name: str
    values: tuple[str, ...]
    rest: dict[str, str]

    @property
    def kept(self) -> dict:
        """The attribute as it is kept for its product."""
        return {"name": self.name, "values": list(self.values), **self.rest}


@dataclass
class Table:
    """Where a file has what: by field, by attribute, and the columns kept under their names."""

    language: str
    width: int
    index: dict[str, int] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    attributes: dict[int, dict[str, int]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    grams: Decimal = Decimal(1000)

    def __contains__(self, name: str) -> bool:
        return name in self.index


@dataclass(frozen=True)
class Row:
    """One row, as wide as the header. `comma` is whether decimals follow a comma in this file."""

    line: int
    cells: list[str]
    table: Table
    comma: bool = False

    def text(self, name: str) -> str:
        """The cell of a field, or "" where the file has no such column."""
        index = self.table.index.get(name)
        return "" if index is None else unguarded(self.cells[index].strip())

    def column(self, name: str) -> str:
        """The field's header as this file has it, or as WooCommerce writes it."""
        return self.table.header.get(name, WRITTEN.get(name, name))

    def listed(self, name: str) -> tuple[str, ...]:
        """The parts of a cell that is a list."""
        return split_list(self.text(name))

    def word(self, name: str, meanings: dict[str, T]) -> T:
        """What a cell's word means, in any case; the meaning of "" for an empty cell."""
        text = self.text(name)
        if text.casefold() not in meanings:
            known = " or ".join(word for word in meanings if word)
            raise self.bad(name, f"{known} is read")
        return meanings[text.casefold()]

    def number(self, name: str) -> str:
        """The text of a number with a point, whatever this file has before its decimals."""
        text = self.text(name)
        if self.comma and "." in text:
            raise self.bad(name, "this file has a comma before decimals, and no other sign")
        return text.replace(",", ".") if self.comma else text

    def amount(self, name: str, decimals: int) -> int | None:
        """An amount in minor units, or None for an empty cell."""
        text = self.number(name)
        with self._as_it_stood(name, text):
            return minor_units(text, decimals, self.line, self.column(name)) if text else None

    def count(self, name: str) -> int:
        """A whole number, such as 12, -3 or 4.0."""
        text = self.number(name)
        with self._as_it_stood(name, text):
            return whole_number(text, self.line, self.column(name))

    @contextmanager
    def _as_it_stood(self, name: str, text: str) -> Iterator[None]:
        """Have a refusal quote the cell, and not what its comma was turned into."""
        try:
            yield
        except BadCatalogue as refusal:
            reason = refusal.reason.replace(quoted(text), quoted(self.text(name)), 1)
            raise BadCatalogue(reason, refusal.line) from None

    def weight(self) -> int | None:
        """The weight in grams, to the nearest; None for an empty cell."""
        text = self.number("weight")
        if not text:
            return None
        if not re.fullmatch(r"[0-9]*\.?[0-9]+", text):
            raise self.bad("weight", "a weight is read as digits such as 0.25")
        grams = Decimal(text) * self.table.grams
        if grams > LARGEST_NUMBER:
            raise self.bad("weight", "that is larger than the shop can hold")
        return int(grams.quantize(Decimal(1), ROUND_HALF_UP))

    def kept(self) -> dict[str, str]:
        """What stands in the columns that the shop has no use for, by their names."""
        cells = ((name, self.cells[index].strip()) for name, index in self.table.kept.items())
        return {name: unguarded(cell) for name, cell in cells if cell}

    def attributes(self) -> list[Attribute]:
        """The row's attributes that have a name, in the order of their numbers."""
        found = []
        for _, parts in sorted(self.table.attributes.items()):
            cells = {part: unguarded(self.cells[i].strip()) for part, i in parts.items()}
            if name := cells.pop("name", ""):
                values = split_list(cells.pop("values", ""))
                found.append(Attribute(name, values, {k: v for k, v in cells.items() if v}))
        return found

    def bad(self, name: str, advice: str) -> BadCatalogue:
        """The refusal of a cell: where, what stood there, and what to do."""
        stood = quoted(self.text(name)) if self.text(name) else "empty"
        return BadCatalogue(f"{self.column(name)} is {stood}; {advice}", self.line)


def find_table(source: Iterator[Record]) -> Table:
    """Where everything stands; the header is taken off `source`. Raises BadCatalogue."""
    header = next(source, None)
    if header is None:
        raise BadCatalogue(f"the file is empty; {WHAT_IS_READ}")
    table = Table(language_of(header.cells), len(header.cells))
    for index, cell in enumerate(header.cells):
        _place(table, index, unguarded(cell), header.line)
    _refuse_unknown_names(table, header.line)
    return table


def _place(table: Table, index: int, cell: str, line: int) -> None:
    name, unit = " ".join(cell.split()), weight_unit(cell)
    found = "weight" if unit else "own" if name == OWN else field_of(cell, table.language)
    if unit:
        table.grams = _grams(unit, name, line)
    if found in table.index:
        raise BadCatalogue(
            f"the columns {quoted(table.header[found])} and {quoted(name)} hold the same thing; "
            "delete one of them",
            line,
        )
    if found:
        table.index[found], table.header[found] = index, name
    elif attribute := attribute_of(cell):
        table.attributes.setdefault(attribute[0], {})[attribute[1]] = index
    elif name:
        table.kept.setdefault(kept_name(cell), index)


def _grams(unit: str, header: str, line: int) -> Decimal:
    if unit not in GRAMS:
        known = ", ".join(GRAMS)
        raise BadCatalogue(f"{quoted(header)} has a unit that is not known; {known} are read", line)
    return Decimal(GRAMS[unit])


def _refuse_unknown_names(table: Table, line: int) -> None:
    """Refuse a header that lacks what every export has, by the name it should have."""
    needed = ("type", "name", "regular_price") if table.language == "English" else CORE
    missing = [names_of(name, table.language) for name in needed if name not in table]
    if missing:
        listed = ", ".join(f"'{name}'" for name in missing)
        advice = (
            ""
            if table.language == "English"
            else (
                f", which exports in {table.language} have; switch the site to English for the "
                "export, or rename the columns that hold this"
            )
        )
        raise BadCatalogue(f"the header lacks {listed}{advice}; {WHAT_IS_READ}", line)


def is_woocommerce(cells: list[str]) -> bool:
    """Whether a header is one of WooCommerce's, in a language that is known."""
    language = language_of(cells)
    fields = {field_of(cell, language) for cell in cells}
    telling = {"sku", "published", "regular_price", "parent", "in_stock", "visibility"}
    return {"type", "name"} <= fields and len(telling & fields) >= 2


def is_foreign(cells: list[str]) -> bool:
    """Whether a header looks like WooCommerce's in a language that nobody here knows."""
    measured = [cell for cell in cells if re.search(r"\((kg|g|lbs|oz|cm|mm|m|in)\)$", plain(cell))]
    return len(measured) >= 4
