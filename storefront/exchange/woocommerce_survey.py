"""The first of two passes over a WooCommerce file: where variations stand, and of which product.

What is noted lies on disk: of a file of 3 GB only places and names are kept, and not in memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from storefront.exchange.catalogue import MOST_ROWS, BadCatalogue, Skipped, quoted
from storefront.exchange.records import Record, records
from storefront.exchange.woocommerce_facts import kind_of, own, slug
from storefront.exchange.woocommerce_numbers import Style
from storefront.exchange.woocommerce_rows import Row, Table, find_table

TABLES = (
    "variation (line INTEGER PRIMARY KEY, parent TEXT, start INTEGER, end INTEGER)",
    "parent (ref TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID",
    "number (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID",
    "handle (handle TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID",
)


@dataclass(frozen=True)
class Survey:
    """What the first pass found out; `notes` has the tables above."""

    table: Table
    comma: bool
    notes: Connection

    def row(self, record: Record) -> Row:
        """A record as a row of this file."""
        return Row(record.line, padded(record, self.table.width), self.table, self.comma)

    def variations(self, refs: list[str]) -> list[tuple[int, int, int]]:
        """Line and place of each variation of the product that goes by these names."""
        marks = ", ".join("?" * len(refs))
        sql = f"SELECT line, start, end FROM variation WHERE parent IN ({marks}) ORDER BY line"  # noqa: S608
        return self.notes.execute(f"{sql} LIMIT {MOST_ROWS + 1}", refs).fetchall()

    def orphans(self) -> Iterator[Skipped]:
        """The variations whose product the file does not have."""
        sql = "SELECT line, parent FROM variation WHERE parent NOT IN (SELECT ref FROM parent)"
        for line, ref in self.notes.execute(f"{sql} ORDER BY line"):
            what = quoted(ref.removeprefix("sku:")) if ref else "nothing"
            yield Skipped(line, f"a variation of {what}, which is no variable product of this file")

    def free_handle(self, name: str, row: Row) -> str:
        """A handle made of a name that no other row of the file has; it is taken from now on."""
        made = slug(name) or f"product-{row.text('id') or row.line}"
        tried, number = made, 1
        while not _take(self.notes, tried, row.line):
            number += 1
            tried = f"{made}-{number}"
        return tried


def survey(path: str | Path, notes: Connection, heard: Callable[[int], object]) -> Survey:
    """Read the file once. Raises BadCatalogue for what cannot be read truly."""
    source = records(path, heard)
    table = find_table(source)
    style, found = Style(), False
    for record in source:
        _refuse_cut(record)
        row = Row(record.line, padded(record, table.width), table)
        style.note(row)
        _note(notes, row, record)
        found = True
    if not found:
        raise BadCatalogue("the file has headers but no products")
    notes.execute("CREATE INDEX variation_parent ON variation (parent)")
    return Survey(table, style.comma, notes)


def padded(record: Record, width: int) -> list[str]:
    """The cells of a row, as many as the header has: exports leave empty ones off at the end."""
    if len(record.cells) > width:
        raise BadCatalogue(
            f"the row has {len(record.cells)} cells and the header {width}; "
            "a comma inside a cell needs quotation marks around the cell",
            record.line,
        )
    return record.cells + [""] * (width - len(record.cells))


def _refuse_cut(record: Record) -> None:
    if not record.closed:
        raise BadCatalogue(
            f"the file ends without a line break, so this row, which ends in "
            f"{quoted(record.cells[-1])}, may be cut short; add a line break if it is whole",
            record.line,
        )


def _note(notes: Connection, row: Row, record: Record) -> None:
    kind, _ = kind_of(row)
    if kind == "variation":
        if "parent" not in row.table:
            raise BadCatalogue("a variation needs the column 'Parent', which is missing", row.line)
        place = (row.line, ref_of(row.text("parent")), record.start, record.end)
        notes.execute("INSERT INTO variation VALUES (?, ?, ?, ?)", place)
        return
    _refuse_twice(notes, "number", row.text("id"), "the ID", row.line)
    if kind == "variable":
        for ref in refs_of(row):
            _refuse_twice(notes, "parent", ref, "a variable product known as", row.line)
    if handle := own(row).get("handle"):
        _refuse_twice(notes, "handle", handle, "the handle", row.line)


def _refuse_twice(notes: Connection, table: str, key: str, what: str, line: int) -> None:
    if key and not _take(notes, key, line, table):
        column = {"number": "id", "parent": "ref", "handle": "handle"}[table]
        sql = f"SELECT line FROM {table} WHERE {column} = ?"  # noqa: S608
        first = notes.execute(sql, (key,)).fetchone()[0]
        raise BadCatalogue(
            f"{what} {quoted(key.removeprefix('sku:'))} stood on line {first} already; "
            "delete one of the two",
            line,
        )


def _take(notes: Connection, key: str, line: int, table: str = "handle") -> bool:
    sql = f"INSERT OR IGNORE INTO {table} VALUES (?, ?)"  # noqa: S608
    return notes.execute(sql, (key, line)).rowcount == 1


def ref_of(text: str) -> str:
    """The name by which a parent is looked up: `id:100` as it is, an SKU as `sku:…`."""
    number = text.casefold().removeprefix("id:").strip()
    if text.casefold().startswith("id:") and number.isdigit():
        return f"id:{number}"
    return f"sku:{text}" if text else ""


def refs_of(row: Row) -> list[str]:
    """The names by which variations may call this row their parent."""
    named = (("id", row.text("id")), ("sku", row.text("sku")))
    return [f"{kind}:{value}" for kind, value in named if value]
