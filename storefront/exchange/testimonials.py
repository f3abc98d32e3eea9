"""Reads the exports of other shops' testimonials, one row in memory at a time.

A row becomes an `ImportedTestimonial`, or a `Skipped` or `LeftOut` in its place; a `Remark` may
stand before it. It knows no database: products are looked for, and people who had themselves
erased are left out, where it is loaded. What is said of a row never quotes who wrote it or what.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from storefront.exchange.catalogue import Remark, Skipped
from storefront.exchange.records import Record, records
from storefront.exchange.testimonial_cells import State, order_of
from storefront.exchange.testimonial_headers import (
    WHAT_IS_READ,
    Columns,
    columns_of,
    delimiter_of,
)
from storefront.exchange.testimonial_row import Row, Unusable
from storefront.models.authoring import LONGEST_NAME
from storefront.models.plain_text import one_line

FIRST_YEAR = 1994  # programs write 1970-01-01, or 0001-01-01, where they know no date
PASSES = 2  # dates in numbers are looked at first: whether days or months come first in them


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not shown there, and so is not here."""

    line: int
    why: str = "it is not shown where it comes from"


@dataclass(frozen=True, slots=True)
class ImportedTestimonial:
    """One testimonial as its file tells it, its texts as they are kept.

    `product` says how to know the product, by handle, url, sku, id and product (its title);
    `number` is the row's own, where the export has one. `waits` is for a moderator, `pictured`
    whether it names pictures, which nobody fetches.
    """

    line: int
    number: str
    product: dict[str, str]
    waits: bool
    stars: int | None
    words: str
    name: str
    email: str
    written_at: datetime
    reply: str
    replied_at: datetime | None
    pictured: bool


Item = ImportedTestimonial | Skipped | LeftOut | Remark


@dataclass
class Testimonials:
    """A file of a known kind. Going through it reads it.

    `source` is whose export it is; `heard`, when set, is told of the bytes as they are read. What
    is written after `at` is not believed.
    """

    path: Path
    columns: Columns
    delimiter: str
    day_first: bool | None
    source: str
    at: datetime
    heard: Callable[[int], object] = lambda count: None

    @property
    def work(self) -> int:
        """The bytes to be read."""
        return self.path.stat().st_size * PASSES

    def __iter__(self) -> Iterator[Item]:
        day_first = self._survey() if self.day_first is None else self.day_first
        for record in self._rows():
            yield from self._read(record, day_first)

    def _rows(self) -> Iterator[Record]:
        how = {"delimiter": self.delimiter, "what_is_read": WHAT_IS_READ}
        rows = records(self.path, self.heard, **how)
        next(rows)
        yield from rows

    def _survey(self) -> bool | None:
        """Whether days come first in this file's dates; None where nothing tells."""
        where = self.columns.at["date"]
        seen = {order_of(row.cells[where]) for row in self._rows() if len(row.cells) > where}
        seen.discard(None)
        return seen.pop() if len(seen) == 1 else None

    def _read(self, record: Record, day_first: bool | None) -> Iterator[Item]:
        try:
            row = Row(record, self.columns)
            state = row.state()
            if state == "hidden":
                yield LeftOut(record.line)
                return
            made = self._made(row, state, day_first)
        except Unusable as unusable:
            yield Skipped(record.line, str(unusable))
            return
        for words in row.remarks:
            yield Remark(record.line, words)
        yield made

    def _made(self, row: Row, state: State, day_first: bool | None) -> ImportedTestimonial:
        stars, words = row.stars(), row.words()
        if not words and stars is None:
            raise Unusable("it says nothing, in words or stars")
        written_at = row.date(day_first)
        if written_at > self.at + timedelta(days=1):
            raise Unusable("its date is still to come")
        if written_at.year < FIRST_YEAR:
            raise Unusable("its date is older than any shop on the web, and today's is not true")
        reply = row.reply()
        return ImportedTestimonial(
            line=row.line,
            number=row.cell("number"),
            product=row.product(),
            waits=state == "waiting",
            stars=stars,
            words=words,
            name=row.name(),
            email=row.email(),
            written_at=written_at,
            reply=reply,
            replied_at=row.replied(day_first, written_at) if reply else None,
            pictured=bool(row.cell("pictures")),
        )


def open_testimonials(
    path: Path, at: datetime, day_first: bool | None = None, source: str = ""
) -> Testimonials:
    """The testimonials in a file, of which no more than the header has been read.

    `day_first` says how dates such as 05/03/2024 are meant, where the file does not tell;
    `source` whose export it is, where the header does not. Raises BadCatalogue for any other kind
    of file, and OSError for one that cannot be opened.
    """
    delimiter = delimiter_of(path)
    columns = columns_of(path, delimiter)
    named = one_line(source)[:LONGEST_NAME] or columns.source
    return Testimonials(path, columns, delimiter, day_first, named, at)
