"""The register of what may be held about people: every declared fact, and how it is said in words.

Columns and form fields declare themselves where they stand; cookies, recipients, the vault and
other places where the code that sets or asks them stands (`personal.py`). What draws facts for
people or machines reads them here.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from markupsafe import escape
from wtforms import Form

from storefront import personal
from storefront.models import RECORDS
from storefront.personal import Fact


def facts() -> list[Fact]:
    """Everything that is declared."""
    asked = [fact for form in forms() for fact in personal.fields(form)]
    return [*personal.columns(RECORDS), *asked, *personal.declared()]


def forms() -> list[type]:
    """Every form of the shop that this process has loaded; a shop that serves has loaded all.

    What forms only stand on is none of them: nobody fills it in.
    """
    ours = {form for form in _below(Form) if form.__module__.startswith("storefront.")}
    filled_in = [form for form in ours if not form.__subclasses__()]
    return sorted(filled_in, key=lambda form: form.__qualname__)


def _below(form: type) -> Iterator[type]:
    for kind in form.__subclasses__():
        yield kind
        yield from _below(kind)


def check() -> None:
    """Refuse what is not declared, of records and of forms. Raises `Undeclared`."""
    personal.check(RECORDS, forms())


def clauses() -> list[str]:
    """The clauses under which anything at all is declared."""
    return sorted({fact.clause for fact in facts()})


def period_of(where: str) -> str:
    """How long the fact of that name is kept, in words."""
    fact = next((fact for fact in facts() if fact.where == where), None)
    return how_long(fact) if fact else f"({where} is not on the register)"


def table(clause: str) -> str:
    """The facts of a clause as an HTML table, or "" where there are none."""
    rows: dict[tuple[str, str], list[str]] = {}
    for fact in facts():
        if fact.clause == clause and fact.kind not in ("recipient", "form field"):
            names = rows.setdefault((fact.why, how_long(fact)), [])
            names.append(what(fact) if fact.kind == "column" else f"{what(fact)} ({fact.kind})")
    body = "".join(
        f"<tr><td>{escape(', '.join(names))}</td><td>{escape(why)}</td><td>{escape(keep)}</td></tr>"
        for (why, keep), names in rows.items()
    )
    head = "<tr><th scope=col>What</th><th scope=col>Why</th><th scope=col>How long</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>" if rows else ""


# In words

NAMES = {
    "line1": "address",
    "line2": "second address line",
    "city": "town",
    "region": "state or region",
    "postal_code": "postal code",
    "email": "e-mail address",
    "to": "e-mail address, with each mail",
    "whose": "keyed digest of your e-mail address",
    "answer": "what an erasure did, in words",
    "mailbox": "e-mail address in one spelling",
    "person": "name and address in one spelling",
}
SINCE = {
    "placed_at": "the order was placed",
    "made_at": "it was written",
    "closes_at": "the contest has closed",
    "asked_at": "you asked",
    "seen_at": "you last signed in",
    "used_at": "the passkey was last used",
}


def what(fact: Fact) -> str:
    """What it is: a column or a form field by the last part of its name, unless it says."""
    if fact.words:
        return fact.words
    if fact.kind not in ("column", "form field"):
        return fact.where
    name = fact.where.rpartition(".")[2]
    return NAMES.get(name, name.replace("_", " "))


def how_long(fact: Fact) -> str:
    """How long it is kept."""
    if fact.kind == "form field":
        return "until the form is sent"
    return "until they are sealed" if fact.kind == "payment page" else in_words(fact.keep)


def since(fact: Fact) -> str:
    """From when its period is counted, or "" where that goes without saying."""
    return SINCE.get(fact.since, "it was written down") if fact.since else ""


def in_words(period: timedelta | None) -> str:
    """A period as a person would say it: "7 years", "90 days", "for the visit"."""
    if period is None:
        return "for the visit"
    if period < timedelta(days=1):
        return f"{round(period.total_seconds() / 60)} minutes"
    if years := _years(period):
        return "1 year" if years == 1 else f"{years} years"
    return "1 day" if period.days == 1 else f"{period.days} days"


def iso(period: timedelta | None) -> str | None:
    """The same as an ISO 8601 duration, in years where it is whole years, else in days."""
    if period is None:
        return None
    if period < timedelta(days=1):
        return f"PT{round(period.total_seconds() / 60)}M"
    years = _years(period)
    return f"P{years}Y" if years else f"P{period.days}D"


def _years(period: timedelta) -> int:
    """How many whole years that is; 0 where it is none."""
    years = round(period.days / 365.25)
    return years if years and abs(period.days / 365.25 - years) < 0.01 else 0


def form_in_words(fact: Fact) -> str:
    """Which form a field stands in: "the checkout form"."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", fact.where.partition(".")[0]).lower()
    return f"the {name}" if name.endswith("form") else f"the {name} form"
