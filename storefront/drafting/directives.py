"""Looks over what an editor wrote in braces: what is not understood, where, and what was meant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from storefront import coverage, register
from storefront.drafting.typed import LONG_LINE

KNOWN = ("covers", "table", "keep")
BRACES = re.compile(
    r"(?<!\\)\{[ \t]*(?P<word>\w+)(?P<colon>[ \t]*:)?(?P<rest>[^{}\n]*)(?P<end>\}?)"
)
AS_MEANT = {
    "covers": re.compile(r"\{covers:[^}]*\}"),
    "table": re.compile(r"\{table:\s*[\w-]+\s*\}"),
    "keep": re.compile(r"\{keep:\s*[\w.]+\s*\}"),
}
MOST = 50  # notes; who has more has pasted something else


@dataclass(frozen=True)
class Note:
    """Something to look at, in a sentence; `line` counts from 1."""

    line: int
    sentence: str


def noted(text: str) -> list[Note]:
    """What is not understood in a text, line by line; [] where all is."""
    lines = text.split("\n")
    found = [Note(n, said) for n, line in enumerate(lines, 1) for said in _in_line(line)]
    found += [Note(n, NOT_ALONE) for n in _tables_in_paragraphs(lines)]
    found += _one_line(lines)
    return sorted(found, key=lambda note: note.line)[:MOST]


NOT_ALONE = (
    "A table needs a paragraph of its own. Put {table: …} on a line of its own, with an empty line "
    "before it and one after; until then it is shown as it stands."
)


def _in_line(line: str) -> Iterator[str]:
    for found in BRACES.finditer(line):
        word = _meant(found["word"], bool(found["colon"]))
        if word is None:
            continue
        if not AS_MEANT.get(word, BRACES).fullmatch(found[0]) or word not in KNOWN:
            yield _odd(found[0], word)
        else:
            yield from _names(word, found["rest"])


def _meant(word: str, colon: bool) -> str | None:
    """The directive a word in braces is or was meant to be; itself if none; None for plain text."""
    if word in KNOWN:
        return word
    near = nearest(word.lower(), KNOWN)
    return near or (word if colon else None)


def _odd(written: str, word: str) -> str:
    known = ", ".join(f"{{{each}: …}}" for each in KNOWN)
    hint = f"Write it as {{{word}: …}}." if word in KNOWN else f"Known are {known}."
    return f"“{_short(written)}” is not understood and would be shown as it stands. {hint}"


def _names(word: str, rest: str) -> Iterator[str]:
    names = [name.strip() for name in rest.split(",") if name.strip()]
    if not names:
        yield "{covers: } names no clause; write one after the colon, such as {covers: orders}."
    known = _facts() if word == "keep" else coverage.clauses()
    for name in names:
        if name not in known:
            yield UNKNOWN[word].format(_short(name), _instead(name, known))


UNKNOWN = {
    "covers": "Nothing is collected under “{}”, so covering it changes nothing. {}",
    "table": "Nothing is collected under “{}”, so no table is drawn there. {}",
    "keep": "“{}” is not on the register, so no period can be given. {}",
}


def _instead(name: str, known: list[str]) -> str:
    if near := nearest(name, known):
        return f"Did you mean {near}?"
    return f"Known are {', '.join(known)}." if len(known) < 20 else ""


def nearest(name: str, known) -> str | None:
    """The known name that is written most like `name`, if any is."""
    return next(iter(get_close_matches(name[:80], known, 1, 0.6)), None)


def _facts() -> list[str]:
    return [fact.where for fact in register.facts() if fact.kind == "column"]


def _tables_in_paragraphs(lines: list[str]) -> Iterator[int]:
    around = ["", *lines, ""]
    for n, line in enumerate(lines, 1):
        if found := AS_MEANT["table"].search(line):
            alone = line.strip() == found[0]
            if not alone or around[n - 1].strip() or around[n + 1].strip():
                yield n


def _one_line(lines: list[str]) -> list[Note]:
    text = [line for line in lines if line.strip()]
    if len(text) == 1 and len(text[0]) > LONG_LINE:
        return [Note(lines.index(text[0]) + 1, ONE_LINE)]
    return []


ONE_LINE = (
    "The whole text is one line, so it is shown as one paragraph. It has probably lost its line "
    "ends on the way here: put an empty line between paragraphs."
)


def _short(words: str) -> str:
    return words if len(words) <= 60 else f"{words[:59]}…"
