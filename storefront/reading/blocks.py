"""The blocks of a policy's text, as Markdown tells them apart, and what each is marked with.

Paragraphs, headings, items of lists, tables. What an editor ticks is such a block, and so is what
has changed when those are told of whom something is held under its clauses.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from storefront.reading import COVERS, marked


@dataclass(frozen=True)
class Block:
    """A part of a text that a mark can stand at the end of. Lines `first` to `last`, from 1.

    `name` is the same for the same words, whatever stands around them; `inside` says that a mark
    goes behind the last word, else it gets a paragraph of its own behind the block.
    """

    kind: str
    words: str
    clauses: tuple[str, ...]
    first: int
    last: int
    inside: bool
    level: int = 0  # of a heading: 1 to 6
    name: str = ""
    own: tuple[int, int] | None = field(default=None, compare=False)  # the paragraph of its marks


def blocks(text: str) -> list[Block]:
    """The blocks of a text, in order, but for those without a word."""
    lines = text.split("\n")
    found: list[Block] = []
    for each in _read(text, lines):
        if not each.words and each.clauses and found and each.kind != "html":
            # A paragraph of marks alone says what the block before it covers.
            both = dict.fromkeys(found[-1].clauses + each.clauses)
            found[-1] = replace(found[-1], clauses=tuple(both), own=(each.first, each.last))
        elif each.words:
            found.append(each)
    return _named(found)


def _named(found: list[Block]) -> list[Block]:
    seen: dict[str, int] = {}
    named = []
    for block in found:
        digest = hashlib.sha256(block.words.encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        named.append(replace(block, name=f"{digest}-{seen[digest]}"))
    return named


def _read(text: str, lines: list[str]) -> Iterable[Block]:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    in_table, around = 0, []
    for n, token in enumerate(tokens):
        in_table += (token.type == "table_open") - (token.type == "table_close")
        if token.nesting:
            around = [*around, token.type] if token.nesting > 0 else around[:-1]
        if token.type == "inline" and not in_table:
            opener = tokens[n - 1]
            kind, level = _kind(opener, around), _level(opener)
            yield _block(kind, token, _plain(token), lines, True, level)
        elif token.type == "table_open":
            yield _block("table", token, _table(tokens[n:]), lines, False)
        elif token.type in ("fence", "code_block", "html_block"):
            kind = "html" if token.type == "html_block" else "code"
            words = _without_tags(token.content) if kind == "html" else token.content
            yield _block(kind, token, words, lines, False)


def _block(
    kind: str, token: Token, words: str, lines: list[str], inside: bool, level: int = 0
) -> Block:
    first, last = token.map[0], token.map[1]
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    clauses = tuple(marked("\n".join(lines[first:last])))
    words = " ".join(COVERS.sub("", words).split())
    return Block(kind, words, clauses, first + 1, last, inside, level)


def _kind(opener: Token, around: list[str]) -> str:
    if opener.type == "heading_open":
        return "heading"
    if "list_item_open" in around:
        return "item"
    return "quote" if "blockquote_open" in around else "paragraph"


def _level(opener: Token) -> int:
    return int(opener.tag[1]) if opener.type == "heading_open" else 0


def _plain(token: Token) -> str:
    """The words of a line of Markdown, without its signs."""
    said = []
    for child in token.children or []:
        if child.type in ("text", "code_inline", "image"):
            said.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            said.append(" ")
    return "".join(said)


def _table(tokens: list[Token]) -> str:
    cells = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "inline":
            cells.append(_plain(token))
    return " · ".join(cell for cell in cells if cell)


def _without_tags(html: str) -> str:
    # A space for each tag, so that the cells of a row stay apart.
    return unescape(nh3.clean(html.replace("<", " <"), tags=set()))
