"""A policy as a diff compares it: its blocks, and the words in them, whatever marks them up."""

import re
from dataclasses import dataclass
from html import unescape

from storefront.reading import cleaned
from storefront.reading.walk import (
    AS_BLOCK,
    AS_WORDS,
    BLOCKS,
    HEADINGS,
    MARK,
    TAG,
    read_attributes,
    words_instead,
)

CELLS = {"td", "th"}
LISTS = set("ul ol dl table thead tbody tfoot tr hr details figure".split())
BREAKS = (BLOCKS | AS_BLOCK | LISTS) - CELLS
TABLE = re.compile(r"\{table:\s*([\w-]+)\s*\}")
# Written without spaces between words: each character is compared by itself.
EACH = "\u3040-\u30ff\u3400-\u9fff"
WORD = re.compile(rf" ?(?:[{EACH}]|[^\W{EACH}]+(?:['’.@/:&-][^\W{EACH}]+)*|[^\w\s])")
# Typewriter and typographic characters mean the same; some characters are not seen at all.
SAME = str.maketrans("‘’‚“”„–—‑", "'''\"\"\"---")
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))


@dataclass(frozen=True)
class Text:
    """One block: its words, each with the space before it, and whether it is a heading."""

    words: tuple[str, ...]
    is_heading: bool = False

    def __str__(self) -> str:
        return "".join(self.words)


def same(word: str) -> str:
    """What two words have to share to count as the same."""
    return word.strip().translate(SAME)


def blocks(text: str) -> list[Text]:
    """The blocks of a Markdown text that have words, in order.

    The rows of a table are blocks, with a bar between cells. A link's address counts as words, in
    brackets, where it is not what the link says anyway.
    """
    html, _ = cleaned(text)
    reader = _Blocks()
    at = 0
    for found in TAG.finditer(html):
        reader.text(html[at : found.start()])
        reader.tag(bool(found[1]), found[2].lower(), found[3])
        at = found.end()
    reader.text(html[at:])
    reader.end_block()
    return reader.found


class _Blocks:
    def __init__(self) -> None:
        self.found: list[Text] = []
        self._parts: list[str] = []
        self._is_heading = False
        self._link: tuple[int, str] | None = None

    def text(self, html: str) -> None:
        if html:
            self._parts.append(unescape(MARK.sub("", html)))

    def tag(self, closing: bool, name: str, attributes: str) -> None:
        if name in BREAKS:
            self.end_block()
            self._is_heading = name in HEADINGS and not closing
        elif name in CELLS and not closing and any(part.strip() for part in self._parts):
            self._parts.append(" | ")
        elif name == "a":
            self._end_link() if closing else self._start_link(attributes)
        elif name in AS_WORDS or name == "br":
            self._parts.append(f" {unescape(words_instead(name, read_attributes(attributes)))} ")

    def _start_link(self, attributes: str) -> None:
        self._link = len(self._parts), unescape(read_attributes(attributes).get("href", ""))

    def _end_link(self) -> None:
        if self._link:
            start, address = self._link
            said = "".join(self._parts[start:]).strip()
            self._link = None
            if address and not address.startswith("#") and said != address.removeprefix("mailto:"):
                self._parts.append(f" ({address})")

    def end_block(self) -> None:
        words = " ".join("".join(self._parts).translate(UNSEEN).split())
        words = TABLE.sub(r"[the table of what is kept under “\1”]", words)
        if words:
            self.found.append(Text(tuple(WORD.findall(words)), self._is_heading))
        self._parts, self._link, self._is_heading = [], None, False
