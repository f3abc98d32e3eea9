"""Declares what is personal, where it is stored: one declaration drives notice, copy and erasure.

A column, a form field, a cookie, a recipient or the vault says which clause of the policy covers
it, why it is asked for, on what basis, and how long it is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

BASES = ("contract", "consent", "law", "interest")
# What a column may be without saying so: numbers, moments, yes and no. Text, blobs and whatever
# else there may ever be must be declared.
PLAIN = frozenset("AUTO BIGAUTO INT BIGINT SMALLINT BOOL DATETIME DATE TIME DECIMAL".split())


class Undeclared(Exception):
    """Something that can hold a fact about a person has not been declared."""


@dataclass(frozen=True)
class Fact:
    """One thing the shop may hold or send about a person.

    `keep` is counted from the moment its record names in `since`; None means "for the visit".
    `hold` keeps it against erasure until `keep` runs out. `words` say what it is, where its name
    would not.
    """

    kind: str
    where: str
    clause: str
    why: str
    basis: str
    keep: timedelta | None
    hold: bool = False
    words: str = ""
    since: str = ""


def days(number: int) -> timedelta:
    """A period of that many days."""
    return timedelta(days=number)


def years(number: int) -> timedelta:
    """A period of that many years, of 365.25 days."""
    return timedelta(days=round(number * 365.25))


def personal(field, *, clause, why, basis, keep=None, hold=False, words=""):
    """Mark a column or a form field as personal and give it back."""
    if basis not in BASES:
        raise ValueError(f"basis {basis!r} is none of {', '.join(BASES)}")
    said = {"clause": clause, "why": why, "basis": basis, "keep": keep, "hold": hold}
    field.personal = said | {"words": words}
    return field


_declared: dict[tuple[str, str], Fact] = {}


def declare(kind, where, *, clause, why, basis, keep=None, hold=False, words="") -> Fact:
    """Enter something that is no column: a cookie, a recipient, the vault."""
    if basis not in BASES:
        raise ValueError(f"basis {basis!r} is none of {', '.join(BASES)}")
    fact = Fact(kind, where, clause, why, basis, keep, hold, words)
    _declared[kind, where] = fact
    return fact


def withdraw(kind: str, where: str) -> None:
    """Take back what was declared, once it is no longer so."""
    _declared.pop((kind, where), None)


def declared(kind: str | None = None) -> list[Fact]:
    """What `declare` was told, of one kind or of all."""
    return [fact for fact in _declared.values() if kind in (None, fact.kind)]


def columns(records: Iterable[type]) -> Iterator[Fact]:
    """Every personal column of `records`, as facts named `record.column`."""
    for record in records:
        for field in record._meta.sorted_fields:
            if hasattr(field, "personal"):
                where = f"{record._meta.table_name}.{field.name}"
                yield Fact("column", where, **field.personal, since=record.since)


def fields(form: type) -> Iterator[Fact]:
    """Every personal field of a form class, as facts named `form.field`."""
    for name in dir(form):
        field = getattr(form, name)
        if hasattr(field, "personal"):
            yield Fact("form field", f"{form.__name__}.{name}", **field.personal)


def check(records: Iterable[type], forms: Iterable[type] = ()) -> None:
    """Refuse records and forms with columns and fields that nobody has declared, or not well.

    Raises `Undeclared`, naming every one of them and what to write.
    """
    problems = [problem for record in records for problem in _problems(record)]
    problems += [problem for form in forms for problem in _problems_of_form(form)]
    if problems:
        raise Undeclared("; ".join(problems))


def _problems_of_form(form: type) -> Iterator[str]:
    """Of every field, hidden or not: WTForms leaves on the class what stands for each of them."""
    impersonal = set(getattr(form, "impersonal", ()))
    fields = {name: getattr(form, name) for name in dir(form)}
    fields = {name: field for name, field in fields.items() if hasattr(field, "field_class")}
    for name in impersonal - set(fields):
        yield f"{form.__name__}.impersonal lists {name}, which is no field"
    for name, field in fields.items():
        marked = hasattr(field, "personal")
        if marked and name in impersonal:
            yield f"{form.__name__}.{name} is both personal and listed as impersonal"
        if not marked and name not in impersonal:
            yield f"{form.__name__}.{name}: make it personal(…) or list it as impersonal"


def _problems(record: type) -> Iterator[str]:
    impersonal = set(record.impersonal)
    fields = record._meta.fields
    for name in impersonal - set(fields):
        yield f"{record.__name__}.impersonal lists {name}, which is no column"
    for name, field in fields.items():
        marked = hasattr(field, "personal")
        if marked and name in impersonal:
            yield f"{record.__name__}.{name} is both personal and listed as impersonal"
        if marked and field.personal["keep"] is None:
            yield f"{record.__name__}.{name} is personal and does not say how long it is kept"
        if not marked and name not in impersonal and field.field_type not in PLAIN:
            yield f"{record.__name__}.{name} is text: make it personal(…) or list it as impersonal"
    if any(hasattr(field, "personal") for field in fields.values()):
        yield from _unfindable(record)


def _unfindable(record: type) -> Iterator[str]:
    if "about" not in vars(record):
        yield f"{record.__name__} holds personal columns and needs about(email)"
    if getattr(record._meta.fields.get(record.since), "field_type", "") != "DATETIME":
        yield f"{record.__name__} holds personal columns and needs since = a moment's name"
