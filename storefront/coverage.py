"""Publish before collect: what the policy in force does not cover is switched off.

Whatever asks people for something needs the clauses of the facts it asks for: a form those of its
personal fields (`forms.Form`), a view those it names (`pages.collects`), a job those it `require`s.
While one of them is not covered, the form is not drawn, a request that comes all the same is
refused and the job does not run. What was gathered before goes on as it was promised then: orders
are sent, paid and written about.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storefront import register
from storefront.models import PolicyVersion
from storefront.prepared import Prepared
from storefront.refusals import Refused


@dataclass(frozen=True)
class Words:
    """What stands still without a clause, as a shopkeeper calls it, and as a visitor reads it."""

    name: str
    closed: str


WORDS = {
    "orders": Words("the checkout", "We take no orders at the moment"),
    "cookies": Words("the cart", "Nothing can be put into a cart at the moment"),
    "trail": Words("remembering what somebody looked at", "Nothing is remembered for you now"),
    "contests": Words("entering contests", "No entries to contests are taken at the moment"),
    "waiting": Words(
        "asking to hear when something is back", "Nobody can ask to be told of anything now"
    ),
    "insider": Words(
        "signing up to the Insider Update", "Nobody can sign up to the Insider Update now"
    ),
    "testimonials": Words("writing testimonials", "No testimonials are taken at the moment"),
    "resellers": Words(
        "asking whether resellers may show a testimonial", "Nothing new is given to resellers now"
    ),
    "catalogue": Words("fetching pictures from other hosts", "No pictures are fetched now"),
    "staff": Words(
        "new accounts for people who work here",
        "Nothing new is kept about people who work here now",
    ),
    "contact": Words(
        "writing to the shop through its contact form", "Nothing can be written to us here now"
    ),
    "accounts": Words("customers' accounts", "Nobody can sign in or open an account now"),
    "traffic": Words("counting how the shop is used", "How the shop is used is not counted now"),
    "rights": Words("asking what is held about oneself", ""),
}
# Asking what is held, correcting and erasing it: the law gives people that right, whatever an
# editor left out of a text. Its clause can be missing, and the desk says so; it stays open.
ALWAYS_OPEN = frozenset({"rights"})

_COVERS = Prepared(
    lambda at: (
        PolicyVersion.select(PolicyVersion.covers)
        .where(PolicyVersion.in_force_at <= at)
        .order_by(PolicyVersion.number.desc())
        .limit(1)
    )
)
_NEXT = Prepared(
    lambda at: (
        PolicyVersion.select(PolicyVersion.in_force_at)
        .where(PolicyVersion.in_force_at > at)
        .order_by(PolicyVersion.in_force_at)
        .limit(1)
    )
)


class SwitchedOff(Refused):
    """The policy in force does not cover what this would collect."""


def covered_at(at: datetime) -> frozenset[str]:
    """The clauses that the version in force at that moment covers; one short query."""
    rows = _COVERS.rows(PolicyVersion.in_force_at.db_value(at))
    return frozenset(PolicyVersion.covers.python_value(rows[0][0])) if rows else frozenset()


def covered(clause: str, at: datetime) -> bool:
    """Whether the version in force at that moment covers the clause."""
    return clause in covered_at(at)


def next_change(at: datetime) -> datetime | None:
    """The moment after that one at which another version comes into force."""
    rows = _NEXT.rows(PolicyVersion.in_force_at.db_value(at))
    return PolicyVersion.in_force_at.python_value(rows[0][0]) if rows else None


def why_closed(clauses: Iterable[str], at: datetime) -> str:
    """A sentence for visitors when one of those clauses is not covered then, else ""."""
    return why_not(clauses, covered_at(at))


def why_not(clauses: Iterable[str], covered: frozenset[str]) -> str:
    """The same by what is covered, for who knows it already."""
    missing = sorted(set(clauses) - ALWAYS_OPEN - covered)
    if not missing:
        return ""
    closed = WORDS[missing[0]].closed if missing[0] in WORDS else "This is closed at the moment"
    return (
        f"{closed}, because our privacy page does not say what becomes of what you would tell us."
    )


def require(clauses: Iterable[str], at: datetime) -> None:
    """Raise `SwitchedOff`, with a sentence for visitors, where one of them is not covered then."""
    if sentence := why_closed(clauses, at):
        raise SwitchedOff(sentence)


# For those who post


def clauses() -> list[str]:
    """Every clause a text may cover: those of the register, and of what the policy switches on.

    The register alone would not name hosts that are known only while they are asked.
    """
    return sorted({*register.clauses(), *WORDS})


def left_out(covers: Iterable[str]) -> list[str]:
    """The clauses under which something is asked for or done and that are not among those."""
    return sorted(set(clauses()) - set(covers))


def would_switch_off(covers: Iterable[str]) -> list[str]:
    """What the version posted last switches on, and one with that coverage would not."""
    last = PolicyVersion.last()
    on = set(last.covers) - ALWAYS_OPEN if last else set()
    return [clause for clause in left_out(covers) if clause in on]


def switched_off(at: datetime) -> list[tuple[str, str]]:
    """For the desk: each clause that is not covered then, with a sentence."""
    return [(clause, _sentence(clause)) for clause in left_out(covered_at(at))]


def _sentence(clause: str) -> str:
    mark = f"Mark the paragraph that covers it with {{covers: {clause}}}, and post the text."
    if clause in ALWAYS_OPEN:
        return (
            f"The policy in force says nothing of {clause}. Asking what is held, correcting and "
            f"erasing stay open all the same: the law gives people that right. {mark}"
        )
    off = words_for([clause])
    return f"The policy in force does not cover {clause}, so this is off: {off}. {mark}"


def words_for(clauses: Iterable[str]) -> str:
    """What stands still without those clauses, as a shopkeeper calls it."""
    return listed(_name(clause) for clause in clauses)


def _name(clause: str) -> str:
    return WORDS[clause].name if clause in WORDS else f"what is asked for under {clause}"


def listed(names: Iterable[str]) -> str:
    """Names in a row: "a, b and c"."""
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
