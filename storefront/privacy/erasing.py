"""Erasure: what it takes and what is kept, done in one transaction, and done again after a restore.

The log of erasures is written first. Whatever happens after, a program that starts sees that the
database has not caught up with it and erases then.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from storefront.config import NotSetUp, Settings
from storefront.db import Record, database, locked
from storefront.erasures import Erasures, normal
from storefront.models import RECORDS, Upkeep
from storefront.privacy.files import scour
from storefront.privacy.holding import Holding, Value, held, holding, rows_about

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """Something that an erasure leaves: of what, what, why (after "kept"), and until when."""

    of: str
    labels: list[str]
    why: str
    until: datetime | None


@dataclass(frozen=True)
class Outcome:
    """What an erasure takes, as pairs of rows and labels, and what it leaves."""

    gone: list[tuple[str, list[str]]]
    kept: list[Kept]

    @property
    def as_json(self) -> dict:
        """The same without the values, to be kept for an hour."""
        kept = [asdict(one) | {"until": one.until and one.until.isoformat()} for one in self.kept]
        return {"gone": self.gone, "kept": kept}

    @classmethod
    def from_json(cls, told: dict) -> "Outcome":
        """What `as_json` gave."""
        dates = [one["until"] and datetime.fromisoformat(one["until"]) for one in told["kept"]]
        kept = [Kept(**one | {"until": d}) for one, d in zip(told["kept"], dates, strict=True)]
        return cls([(of, labels) for of, labels in told["gone"]], kept)


def plan(holdings: list[Holding], at: datetime) -> Outcome:
    """What an erasure would take of these, and what it would leave."""
    alike, kept = defaultdict(list), []
    for one in holdings:
        stays = one.kept(at)
        goes = tuple(value.label for value in one.values if value not in stays)
        if goes:
            alike[one.table, goes].append(one.called)
        kept += _reasons(one, stays, at)
    gone = [(", ".join(called), list(goes)) for (_, goes), called in alike.items()]
    return Outcome(gone, kept)


def _reasons(one: Holding, stays: list[Value], at: datetime) -> Iterator[Kept]:
    """What stays of a row, together where it stays for the same reason."""
    held = [value for value in stays if one.holds(value, at)]
    if one.need:
        others = [value.label for value in stays if value not in held]
        if others:
            yield Kept(one.called, others, f"because {one.need.why}", one.need.until)
    for why, until in dict.fromkeys((value.why, value.until) for value in held):
        labels = [value.label for value in held if (value.why, value.until) == (why, until)]
        yield Kept(one.called, labels, why, until)


def erase(email: str, settings: Settings, at: datetime) -> Outcome:
    """Erase what can be; note it in the log outside. Gives what went, and what is kept and why.

    What is kept because an order is under way goes with the next sweep after that.
    """
    erasures = Erasures(settings)
    with erasures.alone():
        number = erasures.add(email, Upkeep.now().applied, at)
        with database.atomic():
            outcome = plan(held(email, erasures, at), at)
            _erase_rows(email, erasures, at, at)
            Upkeep.note(applied=number, changed=Upkeep.changed + 1)
    return outcome


def take_back(row: Record, settings: Settings, at: datetime) -> None:
    """Withdraw what somebody takes back; noted in the log outside, as an erasure is."""
    erasures = Erasures(settings)
    with erasures.alone():
        number = erasures.add(_named(row, getattr(row, row.named_by)), Upkeep.now().applied, at)
        with database.atomic():
            row.go_back(at)
            Upkeep.note(applied=number)


def _named(row: Record | type[Record], name: str) -> str:
    return f"{row._meta.table_name} {name}"


def _erase_rows(email: str, erasures: Erasures, before: datetime, at: datetime) -> int:
    """Erase what can be of the rows made until `before`; how many rows."""
    count = 0
    for record in RECORDS:
        if not record.personal_fields():
            continue
        rows = rows_about(record, email, erasures)
        made, key = record._meta.fields[record.made or record.since], record._meta.primary_key
        # In an order that is everybody's, so that no two wait for each other.
        rows = list(locked(rows.where(made <= before).order_by(key)))
        for row in rows:
            one = holding(row, at)
            stays = one.kept(at)
            goes = [value.name for value in one.values if value not in stays]
            if goes:
                row.erase(goes, erasures.mark, at)
                count += 1
        record.erased(rows)
    return count


def erase_again(erasures: Erasures, at: datetime) -> int:
    """Erase what the log names, in rows that are older than its entry, and what was taken back;
    how many rows.

    These are rows that came back with a backup, or that were needed when they were to go.
    """
    moments = erasures.moments()
    count = 0
    for address in _addresses() if moments else ():
        if erased := moments.get(erasures.mark(address)):
            with database.atomic():
                count += _erase_rows(address, erasures, erased, at)
    return count + (_take_back_again(erasures, moments) if moments else 0)


def _take_back_again(erasures: Erasures, moments: dict[str, datetime]) -> int:
    count = 0
    for record in RECORDS:
        if not record.named_by:
            continue
        key = record._meta.primary_key
        named = record.select(key, record._meta.fields[record.named_by]).tuples()
        marks = {row: erasures.mark(_named(record, name)) for row, name in named}
        back = [row for row, mark in marks.items() if mark in moments]
        for row in list(record.select().where(key.in_(back))):
            row.go_back(moments[marks[row._pk]])
        count += len(back)
    return count


def _addresses() -> set[str]:
    """Every e-mail address that stands in a personal column."""
    found = set()
    for record in RECORDS:
        for field in record.personal_fields():
            if field.field_type in ("TEXT", "VARCHAR"):
                rows = record.select(field).where(field.contains("@")).distinct().tuples()
                found.update(normal(row[0]) for row in rows if isinstance(row[0], str))
    return found


def catch_up(settings: Settings, at: datetime) -> int:
    """Where the database has seen less than the log, erase again what it names; how many rows.

    To be called before the first page is served: a backup may have been put in its place.
    """
    erasures = Erasures(settings)
    if not (last := erasures.last()):
        return 0
    with _connected(), erasures.alone():
        if not Upkeep.table_exists():
            raise NotSetUp("The database is older than this program: run `storefront init`.")
        if Upkeep.now().applied >= last:
            return 0
        count = erase_again(erasures, at)
        Upkeep.note(applied=last, changed=Upkeep.changed + 1)
        scour(settings, at)
    log.warning("the database was older than the log of erasures: %d rows erased again", count)
    return count


@contextmanager
def _connected() -> Iterator[None]:
    fresh = database.is_closed()
    database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if fresh:
            database.close()
