"""Cells as spreadsheets and WooCommerce want them, and back: each pair undoes the other.

A cell that begins with = + - @, also as wide as East Asian signs, or with a tab or the end of a
line is run as a formula by spreadsheets; an apostrophe before it keeps it text (OWASP, "CSV
Injection"). Where apostrophes stand there already, one more goes before them, so that taking one
away gives back what was there.
"""

import re
from collections.abc import Iterable

RUN = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
FORMULA = re.compile(rf"'*{RUN}")
GUARDED = re.compile(rf"'+{RUN}")


def guarded(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text without the apostrophe that `guarded`, or a shop like ours, put before it."""
    return text[1:] if GUARDED.match(text) else text


def split_list(text: str) -> tuple[str, ...]:
    r"""The parts of a list that commas separate, where `\,` is a comma; trimmed, no blanks."""
    parts = (part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", text))
    return tuple(dict.fromkeys(part for part in parts if part))


def join_list(parts: Iterable[str]) -> str:
    r"""A list as one cell, its own commas as `\,`."""
    return ", ".join(part.replace(",", "\\,") for part in parts)


def lines_from(text: str) -> str:
    r"""Text with a line break for each `\n`; one backslash fewer before n where there are more."""
    return re.sub(r"(\\+)n", lambda m: "\n" if len(m[1]) == 1 else m[1][1:] + "n", text)


def lines_into(text: str) -> str:
    r"""Text on one line, with `\n` for each line break; what `lines_from` reads back."""
    text = re.sub(r"(\\+)n", lambda m: f"\\{m[1]}n", text)
    return text.replace("\n", "\\n")
