"""The register of what may be held about people: every declared fact, and how it is said in words.

Columns declare themselves where they are stored; cookies, recipients and the vault where the code
that sets or asks them stands (`personal.py`). What draws facts for people reads them here.
"""

from datetime import timedelta

from markupsafe import escape

from storefront import personal
from storefront.models import RECORDS


def facts() -> list[personal.Fact]:
    """Everything that is declared."""
    return [*personal.columns(RECORDS), *personal.declared()]


def clauses() -> list[str]:
    """The clauses under which anything at all is declared."""
    return sorted({fact.clause for fact in facts()})


def period_of(where: str) -> str:
    """How long the fact of that name is kept, in words."""
    fact = next((fact for fact in facts() if fact.where == where), None)
    return in_words(fact.keep) if fact else f"({where} is not on the register)"


def table(clause: str) -> str:
    """The facts of a clause as an HTML table, or "" where there are none."""
    rows: dict[tuple[str, str], list[str]] = {}
    for fact in facts():
        if fact.clause == clause and fact.kind != "recipient":
            names = rows.setdefault((fact.why, in_words(fact.keep)), [])
            names.append(_plain(fact))
    body = "".join(
        f"<tr><td>{escape(', '.join(names))}</td><td>{escape(why)}</td><td>{escape(keep)}</td></tr>"
        for (why, keep), names in rows.items()
    )
    head = "<tr><th scope=col>What</th><th scope=col>Why</th><th scope=col>How long</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>" if rows else ""


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
}


def _plain(fact: personal.Fact) -> str:
    if fact.kind != "column":
        return f"{fact.where} ({fact.kind})"
    column = fact.where.rpartition(".")[2]
    return NAMES.get(column, column)


def in_words(period: timedelta | None) -> str:
    """A period as a person would say it: "7 years", "90 days", "for the visit"."""
    if period is None:
        return "for the visit"
    years = round(period.days / 365.25)
    if years and abs(period.days / 365.25 - years) < 0.01:
        return "1 year" if years == 1 else f"{years} years"
    return "1 day" if period.days == 1 else f"{period.days} days"
