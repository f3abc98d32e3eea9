"""Lists of e-mail addresses as CSV: read from other services' exports, and written for them.

Read is a file with a column for the address, whatever else stands in it, or with addresses alone.
Where a column says who was subscribed there, or who had left, that is minded. What is said of a
row never quotes it.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from storefront.exchange.catalogue import BadCatalogue, Skipped
from storefront.exchange.cells import guarded, unguarded
from storefront.exchange.records import Record, records
from storefront.exchange.testimonial_headers import delimiter_of
from storefront.models import Insider, PolicyVersion

EMAIL = ("email", "emailaddress", "mail", "mailaddress", "address", "subscriberemail", "contact")
# Of who is subscribed there; these may stand side by side, and each has its say.
SUBSCRIBED = (
    *("status", "subscriptionstatus", "emailstatus", "subscribed", "acceptsmarketing", "optin"),
    *("acceptsemailmarketing", "emailmarketing", "emailmarketingconsent", "optedin", "consent"),
)
YES = frozenset(
    "subscribed active yes true 1 y confirmed optedin optin enabled granted member".split()
)
# Of who has left there, or whom no mail reaches.
LEFT = (
    *("unsubscribed", "unsubscribedat", "unsubscribedate", "unsubtime", "optedout", "optouttime"),
    *("cleantime", "bounced", "bouncedat", "suppressed"),
)
NO = frozenset(("", "no", "false", "0", "n", "never"))
WHAT_IS_READ = (
    "lists of e-mail addresses are read, as CSV in UTF-8, with a column that is called email, or "
    "with one address on each line"
)
HEAD = ("email", "signed up", "confirmed", "where", "policy version", "agreed to", "statement")


@dataclass(frozen=True, slots=True)
class Listed:
    """An address that somebody could be written to, as mail servers take it."""

    line: int
    email: str


@dataclass
class Addresses:
    """A file of addresses. Going through it reads it; `heard` is told of the bytes as they are."""

    path: Path
    heard: Callable[[int], object] = lambda count: None

    @property
    def work(self) -> int:
        """The bytes to be read."""
        return self.path.stat().st_size

    def __iter__(self) -> Iterator[Listed | Skipped]:
        found = records(
            self.path, self.heard, delimiter=delimiter_of(self.path), what_is_read=WHAT_IS_READ
        )
        header = next(found, None)
        if header is None:
            raise BadCatalogue(f"the file is empty; {WHAT_IS_READ}")
        columns = _columns(header)
        if "@" in header.cells[columns["email"][0]]:
            yield _read(header, columns)
        for record in found:
            yield _read(record, columns)


def _columns(header: Record) -> dict[str, list[int]]:
    """Where stand the address, who is subscribed, and who has left; raises BadCatalogue."""
    names = [re.sub(r"[\W_]", "", cell.casefold()) for cell in header.cells]
    email = next((names.index(name) for name in EMAIL if name in names), None)
    if email is None:  # no header at all, perhaps
        email = next((n for n, cell in enumerate(header.cells) if "@" in cell), None)
    if email is None:
        raise BadCatalogue(f"no column holds e-mail addresses; {WHAT_IS_READ}", header.line)
    return {
        "email": [email],
        "subscribed": [n for n, name in enumerate(names) if name in SUBSCRIBED],
        "left": [n for n, name in enumerate(names) if name in LEFT],
    }


def _read(record: Record, columns: dict[str, list[int]]) -> Listed | Skipped:
    from wtforms import ValidationError  # most that imports needs no forms; see `sparing`

    from storefront.fields import address_of_mail

    def said(what: str) -> list[str]:
        here = [record.cells[n] for n in columns[what] if n < len(record.cells)]
        return [re.sub(r"[\W_]", "", cell.casefold()) for cell in here]

    if any(word not in YES for word in said("subscribed")):
        return Skipped(record.line, "it does not say that they are subscribed there")
    if any(word not in NO for word in said("left")):
        return Skipped(record.line, "they have left there, or no mail reached them")
    (place,) = columns["email"]
    cell = record.cells[place] if place < len(record.cells) else ""
    try:
        return Listed(record.line, address_of_mail(unguarded(cell.strip())).lower())
    except ValidationError:
        return Skipped(record.line, "it holds no e-mail address that can be written to")


def write_down(file: BinaryIO) -> None:
    """The same into an open file, as UTF-8."""
    out = TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        write(out)
    finally:
        out.flush()
        out.detach()


def write(out: TextIO) -> int:
    """Write all who get the Insider Update, with what proves that they asked for it; how many."""
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEAD)
    found = Insider.reading().select(Insider, PolicyVersion).join(PolicyVersion)
    count = 0
    for one in found.iterator():
        cells = (one.email, _moment(one.asked_at), _moment(one.confirmed_at), one.way)
        agreed = one.in_words(Insider.wording)
        rows.writerow(map(guarded, (*cells, str(one.policy.number), agreed, one.statement)))
        count += 1
    return count


def _moment(at) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
