"""One row of an export of testimonials, fact by fact, and the remarks that reading it calls for."""

import re
from datetime import datetime

from storefront.exchange.catalogue import BadCatalogue, quoted
from storefront.exchange.cells import unguarded
from storefront.exchange.records import Record
from storefront.exchange.testimonial_cells import (
    Ambiguous,
    State,
    date_of,
    plain,
    shortened,
    stars_of,
    state_of,
)
from storefront.exchange.testimonial_headers import PRODUCT, Columns
from storefront.models.authoring import ADDRESS, LINK, LONGEST, LONGEST_NAME, as_read
from storefront.models.moderating import LONGEST_REPLY
from storefront.models.plain_text import one_line, tidied
from storefront.refusals import Refused

NAMELESS = "A customer"
LONGEST_CELL = 50_000  # characters that are looked at, tags and all
EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,189}\.[^\s@<>,;.]{2,63}")


class Unusable(Exception):
    """A row that is passed over; says why."""


class Row:
    """One row, and the remarks that reading it calls for."""

    def __init__(self, record: Record, columns: Columns) -> None:
        self.line, self._cells, self._columns = record.line, record.cells, columns
        self.remarks: list[str] = []
        if over := len(record.cells) - columns.count:
            self._fit(over)
        if self.cell("answers").strip("0"):
            raise Unusable("it answers another one, and is no testimonial of its own")

    def _fit(self, over: int) -> None:
        if over > 0 and any(cell.strip() for cell in self._cells[self._columns.count :]):
            raise Unusable("it has more cells than the header: one may be in another's place")
        self._cells = [*self._cells, *[""] * -over]

    def cell(self, fact: str) -> str:
        """What stands in the column for that fact; "" where there is none."""
        where = self._columns.at.get(fact)
        return "" if where is None else unguarded(self._cells[where]).strip()

    def state(self) -> State:
        """Whether it was shown there. What is not known, or not said, waits for a moderator."""
        if not self._columns.states:
            return "shown"
        said = {
            state for name, at in self._columns.states.items() if (state := self._said(name, at))
        }
        for state in ("hidden", "waiting", "shown"):
            if state in said:
                return state
        return "waiting"

    def _said(self, name: str, at: int) -> State | None:
        cell = self._cells[at].strip()
        if not cell and name != "hidden":
            return None
        try:
            return state_of(name, cell)
        except KeyError:
            self.remarks.append(f"its state, {quoted(cell)}, is not known here: it waits")
            return "waiting"

    def stars(self) -> int | None:
        """Its rating, or None."""
        cell = self.cell("stars")
        try:
            stars, exactly = stars_of(cell)
        except ValueError:
            raise Unusable(f"its rating, {quoted(cell)}, cannot be read") from None
        if not exactly:
            self.remarks.append(f"its rating, {quoted(cell)}, counts as {stars} here")
        return stars

    def words(self) -> str:
        """Title and body as plain text; "" where there is neither."""
        title, body = one_line(self._text("title", LONGEST)), self._text("body", LONGEST)
        words = body if body.startswith(title) else f"{title}\n\n{body}".strip()
        if len(words) > LONGEST:
            raise Unusable(f"its words are longer than {LONGEST:,} characters")
        read = as_read(words)
        if ADDRESS.search(read):
            raise Unusable("its words hold an e-mail address, and we show none among them")
        if LINK.search(read):
            raise Unusable("its words hold the address of a web page, and we show none")
        return words

    def _text(self, fact: str, longest: int) -> str:
        cell = self.cell(fact)
        if len(cell) > LONGEST_CELL:
            raise Unusable(f"its words are longer than {longest:,} characters")
        text = plain(cell)
        try:
            return tidied(text, LONGEST_CELL)
        except Refused:
            return ""

    def date(self, day_first: bool | None) -> datetime:
        """When it was written."""
        cell = self.cell("date")
        try:
            return date_of(cell, day_first)
        except Ambiguous:
            raise BadCatalogue(
                f"its date, {quoted(cell)}, may mean two days, and no other in the file tells "
                "which; say --day-first or --month-first",
                self.line,
            ) from None
        except (ValueError, OverflowError):
            said = f"its date, {quoted(cell)}, cannot be read" if cell else "it has no date"
            raise Unusable(f"{said}, and today's would not be true") from None

    def product(self) -> dict[str, str]:
        """How its product is named."""
        named = {fact: self.cell(fact) for fact in PRODUCT}
        named = {fact: cell for fact, cell in named.items() if cell}
        if not named:
            raise Unusable("it names no product: it may be about the shop")
        return named

    def name(self) -> str:
        """The name to show; of a name in full the first, and a letter of the last."""
        name, columns = one_line(_untagged(self.cell("name"))), self._columns
        name = shortened(name) if columns.names_in_full else name
        name = name or shortened(one_line(_untagged(self.cell("full_name"))))
        read = as_read(name[: LONGEST_NAME + 1])
        if len(name) > LONGEST_NAME or LINK.search(read) or ADDRESS.search(read):
            self.remarks.append(f"its name cannot be shown, and is left out: “{NAMELESS}”")
            return NAMELESS
        return name or NAMELESS

    def email(self) -> str:
        """Its author's address, or ""."""
        email = self.cell("email").lower()
        return email if EMAIL.fullmatch(email) else ""

    def reply(self) -> str:
        """The shop's answer."""
        cell = self.cell("reply")
        reply = self._text("reply", LONGEST_REPLY) if len(cell) <= LONGEST_CELL else cell
        if len(reply) > LONGEST_REPLY:
            words = f"the reply is longer than {LONGEST_REPLY:,} characters, and is left out"
            self.remarks.append(words)
            return ""
        return reply

    def replied(self, day_first: bool | None, written_at: datetime) -> datetime:
        """When the shop answered; where that is not said, when it was asked to."""
        try:
            return date_of(self.cell("replied"), day_first)
        except (ValueError, OverflowError):
            return written_at


def _untagged(text: str) -> str:
    """A name without tags and entities."""
    return plain(text[:LONGEST_CELL])
