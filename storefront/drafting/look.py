"""What an editor sees beside the text: how it will look, what it covers, what to look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from storefront import coverage, personal, reading, register
from storefront.drafting.directives import Note, noted
from storefront.models import PolicyVersion
from storefront.reading import unshown
from storefront.reading.blocks import Block, blocks


@dataclass(frozen=True)
class Row:
    """One clause: what is collected under it, the blocks that cover it, what `off` without it."""

    clause: str
    collected: list[tuple[str, str]]
    covering: list[Block]
    left_out: str
    off: str


@dataclass(frozen=True)
class Look:
    """A text as its editor sees it before anybody else does."""

    title: Markup
    html: Markup
    rows: list[Row]
    notes: list[Note]
    unshown: list[str]

    @property
    def summary(self) -> str:
        """The state of the text in a sentence or two, for who does not see it."""
        out = [row.clause for row in self.rows if row.left_out]
        said = f"Left out: {', '.join(out)}." if out else "All that is collected is covered."
        if many := len(self.notes) + len(self.unshown):
            said += f" {'One thing' if many == 1 else f'{many} things'} to look at."
        return said


def look(text: str) -> Look:
    """Read a text as the page will; it is kept nowhere."""
    read, parts = reading.read(text), blocks(text)
    notes = sorted([*noted(text), *_unseen(text, parts)], key=lambda note: note.line)
    remarks = unshown.notes(text, marks=False)
    return Look(read.title, read.html, coverage_table(text, parts), notes, remarks)


def _unseen(text: str, parts: list[Block]) -> Iterator[Note]:
    """Marks in what is not shown, so that nobody reads what they cover."""
    seen = reading.read(text).clauses
    for block in parts:
        for clause in block.clauses:
            if clause not in seen:
                said = f"Nobody sees the block that covers “{clause}”; mark another."
                yield Note(block.first, said)


def coverage_table(text: str, parts: list[Block]) -> list[Row]:
    """A row for each clause under which anything is collected, those that are left out first."""
    covers = reading.clauses(text)
    last = PolicyVersion.last()
    losing = set(last.covers) - set(covers) if last else set()
    rows = []
    for clause in coverage.clauses():
        read = clause in covers  # a mark in what nobody sees covers nothing
        covering = [block for block in parts if read and clause in block.clauses]
        sentence = "" if read else _left_out(clause, clause in losing)
        off = coverage.words_for([clause])
        rows.append(Row(clause, list(_collected(clause)), covering, sentence, off))
    return sorted(rows, key=lambda row: not row.left_out)


def _left_out(clause: str, losing: bool) -> str:
    if clause in coverage.ALWAYS_OPEN:
        return (
            "Left out. Asking what is held, correcting and erasing stay open all the same, because "
            "the law gives people that right."
        )
    off = coverage.words_for([clause])
    return f"Left out: this would switch off {off}." if losing else f"Left out: {off} stays off."


def _collected(clause: str) -> Iterator[tuple[str, str]]:
    """What is collected under a clause, and why, each thing once."""
    reasons: dict[str, list[str]] = {}
    named: set[str] = set()
    facts = [f for f in register.facts() if f.clause == clause and f.kind != "recipient"]
    # A field of a form is spoken of with the column that keeps it.
    for fact in sorted(facts, key=lambda fact: fact.kind == "form field"):
        name = _name(fact)
        if fact.kind != "form field" or name not in named:
            reasons.setdefault(fact.why, []).append(name)
            named.add(name)
    for why, names in reasons.items():
        yield ", ".join(dict.fromkeys(names)), why


def _name(fact: personal.Fact) -> str:
    name = register.what(fact)
    return name if fact.kind in ("column", "form field") else f"{name} ({fact.kind})"
