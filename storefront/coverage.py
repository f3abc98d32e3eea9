"""Publish before collect: what the policy in force does not cover is switched off.

Whatever asks people for something says under which clauses it does so, where it stands: a form by
its personal fields, a view or a job by `Collection`. While one of its clauses is not covered, the
form is not drawn, a request that comes all the same is refused, and the job does not run. What was
gathered before goes on as it was promised then: orders are sent, paid and written about.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storefront import register
from storefront.models import PolicyVersion
from storefront.prepared import Prepared
from storefront.refusals import Refused

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


class SwitchedOff(Refused):
    """The policy in force does not cover what this would collect."""


@dataclass(frozen=True)
class Collection:
    """Something that collects: `name` as a shopkeeper calls it, and the clauses it needs.

    `closed` is the sentence a visitor reads while it is switched off.
    """

    name: str
    clauses: frozenset[str]
    closed: str

    def why_closed(self, at: datetime) -> str:
        """The sentence for visitors when it is switched off at that moment, else ""."""
        needed = self.clauses - ALWAYS_OPEN
        return "" if needed <= covered_at(at) else self.closed

    def require_open(self, at: datetime) -> None:
        """Raise `SwitchedOff` when it is switched off."""
        if sentence := self.why_closed(at):
            raise SwitchedOff(sentence)


_collections: dict[str, Collection] = {}


def collection(name: str, *clauses: str, closed: str) -> Collection:
    """Declare something that collects; `clauses` are those of the facts it asks for."""
    known = Collection(name, frozenset(clauses), closed)
    _collections[name] = known
    return known


def collections() -> list[Collection]:
    """Everything that was declared."""
    return list(_collections.values())


def covered_at(at: datetime) -> frozenset[str]:
    """The clauses that the version in force at that moment covers; one short query."""
    rows = _COVERS.rows(PolicyVersion.in_force_at.db_value(at))
    return frozenset(PolicyVersion.covers.python_value(rows[0][0])) if rows else frozenset()


def covered(clause: str, at: datetime) -> bool:
    """Whether the version in force at that moment covers the clause."""
    return clause in covered_at(at)


def left_out(covers: Iterable[str]) -> list[str]:
    """The clauses under which something is declared and that are not among those."""
    return sorted(set(register.clauses()) - set(covers))


def would_switch_off(covers: Iterable[str]) -> list[str]:
    """The clauses that the version posted last covers and one with that coverage would not."""
    last = PolicyVersion.last()
    on = set(last.covers) if last else set()
    return [clause for clause in left_out(covers) if clause in on]


def switched_off(at: datetime) -> list[tuple[str, str]]:
    """For the desk: each clause that is declared and not covered now, with a sentence."""
    return [(clause, _sentence(clause)) for clause in left_out(covered_at(at))]


def words_for(clauses: Iterable[str]) -> str:
    """What stands still without those clauses, as a shopkeeper calls it."""
    wanted = set(clauses) - ALWAYS_OPEN
    names = [one.name for one in _collections.values() if one.clauses & wanted]
    return listed(names) or "nothing that is built yet"


def _sentence(clause: str) -> str:
    mark = f"Mark the paragraph that covers it with {{covers: {clause}}} and post the text."
    if clause in ALWAYS_OPEN:
        return (
            f"The policy in force says nothing of {clause}. Asking what is held, correcting and "
            f"erasing stay open all the same, because the law gives people that right. {mark}"
        )
    return f"The policy in force does not cover {clause}: {words_for([clause])} is off. {mark}"


def listed(names: Iterable[str]) -> str:
    """Names in a row: "a, b and c"."""
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
