"""A policy as it is read: its Markdown as safe HTML, with a title, a contents list and anchors.

A pasted text keeps every word that a browser would show of it. Headings are put below the page's
own, a mark `{covers: orders}` becomes the anchor `clause-orders` of its block, other anchors begin
with `on-`. Wide tables scroll inside. A picture is shown by its description, and a link that leads
nowhere on this shop by its address in brackets, because both would have fetched or misled.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markupsafe import Markup

from storefront import register
from storefront.markdown import parsed
from storefront.reading.walk import AS_BLOCK, AS_WORDS, TABLE_ROOM, Entry, Walk

# None of these looks at anything twice, however odd the text: it is half a megabyte at most.
COVERS = re.compile(r"(?<![ \t])[ \t]*(?<!\\)\{covers:([^{}]*)\}")
KEEP = re.compile(r"\{keep:\s*([\w.]+)\s*\}")
# A block of its own: within a line no table can stand, and within a tag it would break it.
TABLE = re.compile(
    r'<p((?: id="[^"]*")?)>((?:<span id="[^"]*"></span>)*)\s*\{table:\s*([\w-]+)\s*\}\s*</p>'
)

TAGS = (nh3.ALLOWED_TAGS - {"area", "map"}) | AS_BLOCK | AS_WORDS | {"tfoot"}
ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"dir", "id", "lang", "title"},
    "a": {"href", "hreflang", "name"},
    "img": {"alt"},
    "input": {"placeholder", "type", "value"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
}
MARKS_ALONE = re.compile("<p>((?:\\s*\ufdd0[0-9]+\ufdd1)+)\\s*</p>")
ABOVE_MARKS = re.compile(
    r"^([^\n]*)\n(?=[ \t]*\{covers:[^{}\n]*\}[ \t]*(?:\r?\n|\Z))", re.MULTILINE
)


@dataclass(frozen=True)
class Reading:
    """A text as a page shows it.

    `title` is the inside of its own first heading, or "" where it has none; `links` holds the
    addresses that lead nowhere on this shop, `clauses` those that have an anchor.
    """

    title: Markup
    html: Markup
    contents: tuple[Entry, ...]
    links: tuple[str, ...]
    clauses: tuple[str, ...]


def clauses(text: str) -> list[str]:
    """The clauses a text covers, in order, each once.

    A mark counts where its block is read, and not in a comment or a script that nobody sees.
    """
    return list(read(text).clauses)


def marked(text: str) -> list[str]:
    """The clauses that marks name, wherever they stand, in order, each once."""
    return list(dict.fromkeys(name for found in COVERS.findall(text) for name in _names(found)))


def _names(inside: str) -> list[str]:
    return [name for name in map(str.strip, inside.split(",")) if name]


@lru_cache(maxsize=8)
def read(text: str) -> Reading:
    """The text as a page shows it; its tables and periods are drawn from the register."""
    html, marks = cleaned(text)
    walk = Walk(html, marks)
    title, html = walk.title(), walk.html()
    html = TABLE.sub(lambda found: _table(found[1], found[2], found[3]), html)
    # It has been cleaned, and the register escapes what it adds.
    return Reading(
        Markup(title),  # noqa: S704
        Markup(html),  # noqa: S704
        tuple(walk.contents),
        tuple(walk.nowhere),
        tuple(walk.clauses),
    )


def cleaned(text: str) -> tuple[str, list[list[str]]]:
    """HTML without anything that runs, sends or fetches, and the clauses of each mark in it."""
    marks: list[list[str]] = []

    def mark(found: re.Match) -> str:
        marks.append(_names(found[1]))
        return f" \ufdd0{len(marks) - 1}\ufdd1"

    text = text.replace("\ufdd0", "").replace("\ufdd1", "")
    text = COVERS.sub(mark, ABOVE_MARKS.sub(_end_table, text))
    text = KEEP.sub(lambda found: register.period_of(found[1]), text)
    html = nh3.clean(parsed(text), tags=TAGS, attributes=ATTRIBUTES, link_rel="noopener")
    return MARKS_ALONE.sub(r"\1", html), marks


def _end_table(line: re.Match) -> str:
    # A mark on the line below a table would be taken for another row.
    return f"{line[0]}\n" if "|" in line[1] else line[0]


def _table(anchor: str, more: str, clause: str) -> str:
    drawn = register.table(clause)
    return f"{more}{TABLE_ROOM.format(anchor)}{drawn}</div>" if drawn else ""
