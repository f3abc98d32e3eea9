"""The data map: everything on the register, clause by clause, for people and for machines.

docs/data-map.md says what the machines' form looks like.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

from storefront import gate, register
from storefront.personal import Fact

CLAUSES = {
    "orders": "Orders",
    "cookies": "Cookies",
    "catalogue": "Pictures of the catalogue",
    "staff": "People who work here",
    "rights": "Asking what we hold about you",
}
BASES = {
    "contract": "needed for what you ask us to do",
    "consent": "you said yes, and can take it back",
    "law": "a law asks it of us",
    "interest": "we need it to run the shop, and it weighs little on you",
}
KINDS = {
    "form field": "Asked for",
    "column": "Kept in the shop's database",
    "mail archive": "Kept as mail",
    "backup": "Kept in backups",
    "cookie": "Kept by your browser",
    "payment page": "Given on the payment page",
    "vault": "Kept in the vault, off line",
}
PLACES = {
    "column": "the shop's database",
    "mail archive": "files on the shop's own machine",
    "backup": "files that only the shop's own account can read",
    "cookie": "a signed cookie in your own browser",
    "payment page": "a separate program's memory, for as long as one request takes",
    "vault": "a vault that the shop cannot read; it is opened off line",
}
# Reached through libpq, whose connections Python does not see.
UNCOUNTED = ("database server",)
ORDER = {kind: n for n, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Item:
    """Facts of one kind that are said in the same words."""

    kind: str
    what: str
    why: str
    basis: str
    keep: str
    since: str
    place: str
    held: bool

    @property
    def heading(self) -> str:
        """Where it stands: "Asked for", "Kept by your browser"."""
        return KINDS.get(self.kind, self.kind.capitalize())


@dataclass(frozen=True)
class Receiver:
    """Somebody outside the shop's program who is given something, and how."""

    name: str
    why: str
    place: str
    on_line: bool


@dataclass(frozen=True)
class Clause:
    """All that is declared under one clause, and whether the policy covers it."""

    name: str
    title: str
    covered: bool
    items: list[Item]
    receivers: list[Receiver]


def clauses(covered: Collection[str]) -> list[Clause]:
    """The whole map, for a policy that covers those clauses."""
    return [
        Clause(
            name,
            CLAUSES.get(name, name.replace("-", " ").capitalize()),
            name in covered,
            _items(facts),
            [_receiver(fact) for fact in facts if fact.kind == "recipient"],
        )
        for name, facts in _by_clause().items()
    ]


def _by_clause() -> dict[str, list[Fact]]:
    """The facts of each clause, those that are named above first."""
    found: dict[str, list[Fact]] = {name: [] for name in CLAUSES}
    for fact in register.facts():
        found.setdefault(fact.clause, []).append(fact)
    return {name: facts for name, facts in found.items() if facts}


def _items(facts: list[Fact]) -> list[Item]:
    named: dict[tuple, list[str]] = {}
    kinds = {fact.kind for fact in facts} - {"recipient"}
    for kind in sorted(kinds, key=lambda kind: (ORDER.get(kind, len(ORDER)), kind)):
        for fact in (fact for fact in facts if fact.kind == kind):
            words = (fact.why, BASES[fact.basis], register.how_long(fact), register.since(fact))
            names = named.setdefault((kind, *words, _place(fact), fact.hold), [])
            names.append(register.what(fact))
    return [
        Item(kind, ", ".join(dict.fromkeys(names)), *rest) for (kind, *rest), names in named.items()
    ]


def _place(fact: Fact) -> str:
    if fact.kind == "form field":
        return register.form_in_words(fact)
    return PLACES.get(fact.kind, fact.where)


# Who receives something


def receivers() -> list[Receiver]:
    """Everybody on the register who receives something, those with a line to them first."""
    told = [_receiver(fact) for fact in register.facts() if fact.kind == "recipient"]
    return sorted(told, key=lambda receiver: (not receiver.on_line, receiver.name))


def _receiver(fact: Fact) -> Receiver:
    host = next((each.host for each in gate.recipients() if each.name == fact.where), "")
    on_line = bool(host) or fact.where == gate.PICTURES
    place = (where_is(host) if host else "hosts on the Internet") if on_line else "off line"
    return Receiver(fact.where, fact.why, place, on_line)


def where_is(host: str) -> str:
    """Where a host is: what only the shop's own network knows by a name is not told."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost":
            return "on the shop's own machine"
        return host if "." in host else "in the shop's own network"
    if address.is_loopback:
        return "on the shop's own machine"
    return host if address.is_global else "in the shop's own network"


# For machines


def for_machines(covered: Collection[str], version: int | None) -> dict:
    """The map as docs/data-map.md describes it; `version` is the policy's number."""
    listed = {}
    for name, facts in _by_clause().items():
        told = [_receiver(fact) for fact in facts if fact.kind == "recipient"]
        listed[name] = {
            "covered": name in covered,
            "facts": [_fact(fact) for fact in facts if fact.kind != "recipient"],
            "recipients": [
                {"name": each.name, "why": each.why, "where": each.place, "online": each.on_line}
                for each in told
            ],
        }
    return {"format": 1, "policy": version, "clauses": listed}


def _fact(fact: Fact) -> dict:
    return {
        "kind": fact.kind,
        "name": fact.where,
        "what": register.what(fact),
        "why": fact.why,
        "basis": fact.basis,
        "keep": register.iso(fact.keep),
        "since": fact.since or None,
        "held": fact.hold,
        "where": _place(fact),
    }
