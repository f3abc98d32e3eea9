"""The data map: everything on the register, clause by clause, for people and for machines.

docs/data-map.md says what the machines' form looks like.
"""

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from storefront import gate, register
from storefront.models.traffic import BY_VALUE, MONTHS_KEPT, TOTALS
from storefront.personal import Fact

CLAUSES = {
    "orders": "Orders",
    "cookies": "Cookies",
    "traffic": "How the shop is used",
    "trail": "What you looked at, if you ask for that",
    "catalogue": "Pictures of the catalogue",
    "contact": "Writing to us",
    "waiting": "Hearing when something is back",
    "staff": "People who work here",
    "rights": "Asking what we hold about you",
    "testimonials": "Testimonials",
    "resellers": "Testimonials on other firms’ sites",
}
# Who has no line from the program and no hand that gives them anything: they come and ask.
ASKING = {"resellers": "their pages ask the shop, each time anew"}
BASES = {
    "contract": "The basis is the contract with you.",
    "consent": "The basis is your consent, which you can take back.",
    "law": "The basis is a law that binds us.",
    "interest": "The basis is our legitimate interest in running the shop.",
}
PLACES = {
    "column": "the shop's database",
    "mail archive": "files on the shop's own machine",
    "backup": "files that only the shop's own account can read",
    "file": "a file on the shop's own machine",
    "cookie": "a signed cookie in your own browser",
    "memory": "the memory of the shop's own program, and never on a disk",
    "payment page": "the memory of a program of its own",
    "vault": "a vault that the shop cannot read and that is opened off line",
}
ORDER = {kind: n for n, kind in enumerate(("form field", *PLACES))}
# Reached through libpq, whose connections Python does not see.
UNCOUNTED = ("database server",)


@dataclass(frozen=True)
class Numbers:
    """A table that only counts, and holds nothing about anybody: what it counts, in words, by how
    that is called in it; under which clause; and for how many months."""

    table: str
    what: str
    of: Mapping[str, str]
    clause: str
    months: int


NUMBERS = (
    Numbers("traffic_hour", "Counted by the hour", TOTALS, "traffic", MONTHS_KEPT),
    Numbers("traffic_day", "Counted by the day", BY_VALUE, "traffic", MONTHS_KEPT),
)


@dataclass(frozen=True)
class Item:
    """Facts that are said in the same words; `asked` names the forms that ask for them."""

    what: str
    why: str
    kept: str
    basis: str
    erasure: str
    asked: str


@dataclass(frozen=True)
class Receiver:
    """Somebody outside the shop's program who is given something, and how.

    `on_line` ones the program connects to; those who are `asking` connect to it.
    """

    name: str
    why: str
    place: str
    on_line: bool
    asking: bool = False


@dataclass(frozen=True)
class Clause:
    """All that is declared under one clause, whether the policy covers it, and what is only
    counted under it."""

    name: str
    title: str
    covered: bool
    items: list[Item]
    receivers: list[Receiver]
    numbers: list[Numbers]


def clauses(covered: Collection[str]) -> list[Clause]:
    """The whole map, for a policy that covers those clauses."""
    return [
        Clause(
            name,
            CLAUSES.get(name, name.replace("-", " ").capitalize()),
            name in covered,
            _items(facts),
            [_receiver(fact) for fact in facts if fact.kind == "recipient"],
            [each for each in NUMBERS if each.clause == name],
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
    """What is said of the facts of a clause; a field is spoken of with the column that keeps it."""
    columns = {_last(fact) for fact in facts if fact.kind == "column"}
    asked: dict[str, set[str]] = {}
    for fact in facts:
        if fact.kind == "form field":
            asked.setdefault(_last(fact), set()).add(register.form_in_words(fact))
    named: dict[tuple, list[str]] = {}
    for fact in sorted(facts, key=lambda fact: ORDER.get(fact.kind, len(ORDER))):
        if fact.kind != "recipient" and not (fact.kind == "form field" and _last(fact) in columns):
            forms = asked.get(_last(fact), ()) if fact.kind in ("column", "form field") else ()
            said = (fact.why, _kept(fact), BASES[fact.basis], _erasure(fact))
            said += (" and ".join(sorted(forms)),)
            named.setdefault(said, []).append(register.what(fact))
    return [Item(", ".join(dict.fromkeys(names)), *said) for said, names in named.items()]


def _last(fact: Fact) -> str:
    return fact.where.rpartition(".")[2]


def _kept(fact: Fact) -> str:
    """Where and how long, as a sentence."""
    if fact.kind == "form field":
        if fact.keep:  # as a mark of what it was asked for with
            return f"Kept for {register.in_words(fact.keep)}, with what it is about."
        return "Not kept."
    if fact.kind == "payment page":
        return f"Held {register.how_long(fact)} in {PLACES[fact.kind]}, and not kept."
    long, since = register.how_long(fact), register.since(fact)
    long = f"for {long}" if fact.keep else long
    return f"Kept {long}{f' after {since}' if since else ''}, in {_place(fact)}."


def _erasure(fact: Fact) -> str:
    if fact.kind not in ("column", "mail archive"):
        return ""
    if fact.hold:
        return "Held until then, even if you ask us to erase it."
    return "Erased when you ask us to."


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
    if fact.where in ASKING:
        return Receiver(fact.where, fact.why, ASKING[fact.where], on_line=False, asking=True)
    host = next((each.host for each in gate.recipients() if each.name == fact.where), "")
    on_line = bool(host) or fact.where == gate.PICTURES
    place = (where_is(host) if host else "wherever the catalogue says") if on_line else "off line"
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
            "numbers": [
                {"table": each.table, "of": dict(each.of), "keep": f"P{each.months}M"}
                for each in NUMBERS
                if each.clause == name
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
