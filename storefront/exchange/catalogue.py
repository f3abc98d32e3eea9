"""What every catalogue reader yields, and the ground all of them stand on.

A reader turns one file into `ImportedProduct`s, one at a time, or raises `BadCatalogue`.
It knows no database: what is yielded is what the file says, unsanitised and unjudged.

Shared by readers of CSV: `records` (bytes to rows, in bounded memory), `minor_units` and
`whole_number` (text to numbers, never a guess).
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import BinaryIO, Literal

LONGEST_CELL = 16 * 1024 * 1024  # characters; a description with a picture inlined is below 10 MiB
LONGEST_LINE = 4 * LONGEST_CELL  # bytes; a row of several such cells
LARGEST_NUMBER = 2**31 - 1  # what an integer column holds in every database the shop runs on

Status = Literal["active", "draft", "archived", "unlisted"]


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
class ImportedPicture:
    """One picture of a product. `position` runs from 1 without gaps; `source` is never fetched."""

    source: str
    position: int
    alt: str


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


@dataclass(frozen=True, slots=True)
class ImportedProduct:
    """One product as its file tells it. `description` is HTML, unsanitised.

    `options` are names, () for a product that comes in one form only. `variants` has at least
    one member; every variant's `picture` is also in `pictures`.
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


def quoted(text: str) -> str:
    """What stood in a cell, for an error message: in quotes, escaped, at most 40 characters."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def minor_units(text: str, decimals: int, line: int, column: str) -> int:
    """An amount such as `36.00` in minor units, of a currency that has `decimals` of them.

    Commas are refused wherever they stand: `1,299` is one amount in Boston, another in Berlin.
    """
    amount = text.strip()
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?|\.[0-9]+", amount):
        raise BadCatalogue(
            f"{column} is {quoted(text)}; an amount is read as digits with at most one point, "
            "such as 36 or 36.00, with no sign, comma, space, exponent or currency",
            line,
        )
    whole, _, fraction = amount.partition(".")
    if fraction[decimals:].strip("0"):
        raise BadCatalogue(
            f"{column} is {quoted(text)}, finer than the shop's currency, "
            f"which has {decimals} decimals; round it",
            line,
        )
    return _storable(Decimal(whole + fraction[:decimals].ljust(decimals, "0")), text, line, column)


def whole_number(text: str, line: int, column: str) -> int:
    """A count such as `12`, `-3` or `4.0`."""
    if not re.fullmatch(r"-?[0-9]+(\.0+)?", text.strip()):
        raise BadCatalogue(
            f"{column} is {quoted(text)}; a whole number such as 12 is read, without commas", line
        )
    return _storable(Decimal(text.strip()), text, line, column)


def grams(text: str, line: int, column: str) -> int:
    """A weight in grams, such as `454` or `226.796`, to the nearest gram (halves up)."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text.strip()):
        raise BadCatalogue(
            f"{column} is {quoted(text)}; grams are read as digits such as 454, without a unit",
            line,
        )
    return _storable(Decimal(text.strip()), text, line, column)


def _storable(number: Decimal, text: str, line: int, column: str) -> int:
    if abs(number) > LARGEST_NUMBER:
        raise BadCatalogue(f"{column} is {quoted(text)}, larger than the shop can hold", line)
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a CSV file. `closed` is False when the file ends without a line break after it."""

    line: int
    cells: list[str]
    closed: bool


def records(path: str | Path) -> Iterator[Record]:
    """The rows of a UTF-8, comma-separated file, blank ones passed over, one in memory at a time.

    Raises BadCatalogue for anything else, and OSError when the file cannot be opened.
    """
    csv.field_size_limit(LONGEST_CELL)  # of the process; every reader sets the same
    with open(path, "rb") as file:
        _refuse_other_kinds(file)
        lines = _Lines(file)
        reader = csv.reader(lines, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise BadCatalogue(_why(error), line) from error
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield Record(line, cells, lines.closed)


class _Lines:
    """The lines of a file as text; remembers whether the last one handed out was whole."""

    def __init__(self, file: BinaryIO):
        self.closed = True
        self._lines = self._read(file)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def _read(self, file: BinaryIO) -> Iterator[str]:
        line = 0
        while raw := file.readline(LONGEST_LINE):
            text = _decode(raw, line + 1)
            # A lone carriage return, as old spreadsheets write it, ends a line as well.
            for part in io.StringIO(text.removeprefix("\ufeff") if line == 0 else text, newline=""):
                line += 1
                self.closed = part.endswith(("\n", "\r"))
                yield part


def _decode(raw: bytes, line: int) -> str:
    if len(raw) == LONGEST_LINE:
        raise BadCatalogue(f"the line is longer than {LONGEST_LINE >> 20} MiB", line)
    if b"\0" in raw:
        raise BadCatalogue("holds a NUL byte, so the file is damaged or not text", line)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadCatalogue(
            f"byte {error.start + 1} (hexadecimal {raw[error.start]:02x}) is not UTF-8, so the "
            "file is damaged or in an older encoding such as Windows-1252; save it as CSV UTF-8",
            line,
        ) from error


def _why(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "the file ends inside a quoted cell of this row: it is cut short, bring all of it"
    if "field limit" in str(error):
        return (
            f"a cell is longer than {LONGEST_CELL >> 20} MiB; a quotation mark that is "
            "never closed has the same effect"
        )
    return f"the quotation marks of this row do not pair up ({error})"


_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an older Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "HTML or XML"),
)


def _refuse_other_kinds(file: BinaryIO) -> None:
    """Name what is not CSV by its first bytes, where a wrong header would only puzzle people."""
    head = file.read(512)
    file.seek(0)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise BadCatalogue("the file is empty; a catalogue as CSV in UTF-8 is read")
    kind = next((name for start, name in _KINDS if text.startswith(start)), None)
    if kind is None and b"\0" in head:
        # Letters of Europe and America fill every other byte of UTF-16 with zeros.
        zeros = max(head[::2].count(0), head[1::2].count(0))
        kind = "UTF-16 text" if zeros > len(head) // 4 else "a binary file"
    if kind:
        raise BadCatalogue(f"this looks like {kind}; a catalogue as CSV in UTF-8 is read")
