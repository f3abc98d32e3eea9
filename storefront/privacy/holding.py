"""What is held about an address: every personal column of every row that is about it."""

from dataclasses import dataclass
from datetime import datetime

from storefront import letters, register  # noqa: F401 — the letters name the kinds of mail
from storefront.blanks import Need, is_blank
from storefront.db import Record
from storefront.erasures import Erasures, normal
from storefront.models import RECORDS


@dataclass(frozen=True)
class Value:
    """One column of one row: what it says, in words what it is, and what is declared of it.

    It goes by itself at `until`, None while that is not counted yet; with `hold` not before.
    """

    name: str
    label: str
    text: str
    clause: str
    why: str
    basis: str
    until: datetime | None
    hold: bool


@dataclass(frozen=True)
class Holding:
    """One row about somebody, and the values it holds; `need` says what cannot spare it yet."""

    row: Record
    called: str
    values: list[Value]
    need: Need | None

    @property
    def table(self) -> str:
        """The table the row stands in."""
        return self.row._meta.table_name

    @property
    def pictures(self) -> list[dict]:
        """The pictures that the row holds, as `prints.Photograph` has them."""
        return self.row.pictures if "pictures" in self.row._meta.fields else []

    def kept(self, at: datetime) -> list[Value]:
        """What an erasure at that moment leaves."""
        if self.need:
            return self.values
        return [value for value in self.values if self.holds(value, at)]

    def holds(self, value: Value, at: datetime) -> bool:
        """Whether the value is kept against erasure."""
        is_over = value.until is not None and value.until <= at
        return value.hold and self.row.is_binding and not is_over


def held(email: str, erasures: Erasures, at: datetime) -> list[Holding]:
    """Everything that is held about an address, table by table, the newest rows first."""
    return [
        holding(row, at)
        for record in RECORDS
        if record.personal_fields()
        for row in rows_about(record, email, erasures)
        if any_value(row)
    ]


def rows_about(record: type[Record], email: str, erasures: Erasures):
    """The query for the rows about an address, of a table with personal columns.

    Also for those that it was erased from and that something else is still held in.
    """
    key, fields = record._meta.primary_key, record._meta.fields
    if not normal(email):
        raise ValueError("rows from which an address was erased are about nobody in particular")
    found = key.in_(record.about(normal(email)).select(key))
    if "whose" in fields:
        found |= fields["whose"] == erasures.mark(email)
    return record.select().where(found).order_by(key.desc())


def any_value(row: Record) -> bool:
    """Whether anything personal stands in the row."""
    return any(not is_blank(f, getattr(row, f.name)) for f in row.personal_fields())


def holding(row: Record, at: datetime) -> Holding:
    """The row with what it holds."""
    values = [
        _value(row, field)
        for field in row.personal_fields()
        if not is_blank(field, getattr(row, field.name))
    ]
    return Holding(row, row.called, values, row.needed(at))


def _value(row: Record, field) -> Value:
    said = field.personal
    return Value(
        name=field.name,
        label=said.get("words") or label_of(field.name),
        text=row.in_words(field),
        clause=said["clause"],
        why=said["why"],
        basis=said["basis"],
        until=row.gone_at(field),
        hold=said["hold"],
    )


LABELS = {
    "to": "e-mail address it went to",
    "line1": "street address",
    "line2": "second address line",
}


def label_of(name: str) -> str:
    """A column's name as a person would say it."""
    return LABELS.get(name) or register.NAMES.get(name) or name.replace("_", " ")
