"""Bytes to rows: a CSV file, one record in memory at a time, each with its place in the file."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storefront.exchange.catalogue import BadCatalogue

LONGEST_CELL = 16 * 1024 * 1024  # characters; a description with a picture inlined is below 10 MiB
LONGEST_LINE = 2 * LONGEST_CELL  # bytes of a line, and of all lines of one row
WHAT_IS_READ = "product exports of Shopify and of WooCommerce are read, as CSV in UTF-8"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a CSV file, and the bytes of the file that it stands in.

    `closed` is False when the file ends without a line break after it.
    """

    line: int
    cells: list[str]
    closed: bool
    start: int
    end: int


def records(
    path: str | Path,
    heard: Callable[[int], object] = lambda count: None,
    *,
    delimiter: str = ",",
    what_is_read: str = WHAT_IS_READ,
) -> Iterator[Record]:
    """The rows of a UTF-8, comma-separated file, blank ones passed over, one in memory at a time.

    `heard` is told how many bytes each row took. Raises BadCatalogue for any other kind of file,
    saying `what_is_read`, and OSError when it cannot be opened.
    """
    with open(path, "rb") as file:
        _refuse_other_kinds(file, what_is_read)
        lines = _Lines(file)
        reader = _reader(lines, delimiter)
        while True:
            line, start = reader.line_num + 1, lines.place
            lines.begin_row()
            cells = _next_row(reader, line)
            if cells is None:
                return
            heard(lines.place - start)
            if any(cell.strip() for cell in cells):
                yield Record(line, cells, lines.closed, start, lines.place)


def record_at(file: BinaryIO, line: int, start: int, end: int) -> Record:
    """A row read before, once more: `file` holds it from `start` up to `end`."""
    file.seek(start)
    text = file.read(end - start).decode()
    cells = _next_row(_reader(io.StringIO(text, newline="")), line)
    return Record(line, cells or [], True, start, end)


def _reader(lines, delimiter: str = ","):
    csv.field_size_limit(LONGEST_CELL)  # of the process; every reader sets the same
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _next_row(reader, line: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise BadCatalogue(_why(error), line) from error


class _Lines:
    """The lines of a file as text; remembers how far it was read, and whether to a line's end."""

    def __init__(self, file: BinaryIO):
        self.closed = True
        self.place = 0
        self._row_from, self._line = 0, 0
        self._lines = self._read(file)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def begin_row(self) -> None:
        """Start counting the bytes of a row anew."""
        self._row_from, self._row_line = self.place, self._line + 1

    def _read(self, file: BinaryIO) -> Iterator[str]:
        while raw := file.readline(LONGEST_LINE):
            text = _decode(raw, self._line + 1)
            if self.place == 0 and text.startswith("\ufeff"):
                text, self.place = text[1:], 3
            # A lone carriage return, as old spreadsheets write it, ends a line as well.
            for part in io.StringIO(text, newline=""):
                self._line += 1
                self.place += len(part.encode())
                self._refuse_endless_row()
                self.closed = part.endswith(("\n", "\r"))
                yield part

    def _refuse_endless_row(self) -> None:
        if self.place - self._row_from > LONGEST_LINE:
            raise BadCatalogue(
                f"the row is longer than {LONGEST_LINE >> 20} MiB; a quotation mark that is never "
                "closed has the same effect",
                self._row_line,
            )


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
    (b"%!PS", "PostScript"),
)


def _refuse_other_kinds(file: BinaryIO, what_is_read: str) -> None:
    """Name what is not CSV by its first bytes, where a wrong header would only puzzle people."""
    head = file.read(512)
    file.seek(0)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise BadCatalogue(f"the file is empty; {what_is_read}")
    kind = next((name for start, name in _KINDS if text.startswith(start)), None)
    if kind is None and b"\0" in head:
        # Letters of Europe and America fill every other byte of UTF-16 with zeros.
        zeros = max(head[::2].count(0), head[1::2].count(0))
        kind = "UTF-16 text" if zeros > len(head) // 4 else "a binary file"
    if kind:
        raise BadCatalogue(f"this looks like {kind}; {what_is_read}")
