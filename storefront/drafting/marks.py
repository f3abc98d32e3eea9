"""Which paragraph of a text covers which clauses; marks written into a text that has none.

A retailer's policy is pasted as it is. Its blocks (paragraphs, headings, items of lists, tables)
are read as Markdown reads them, and a mark is put at the end of the lines a block stands on, so
that nothing else of the text is touched.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from storefront import reading

MOST = 1500  # blocks on one screen
# Words by which a paragraph is often about a clause. A suggestion, never more.
ABOUT = {
    "catalogue": r"\bsupplier",
    "contests": r"\bcontest|sweepstake|\bprize|\bwinner",
    "cookies": r"\bcookie",
    "newsletter": r"newsletter|sign up|subscri|mailing list|\be-?mail updates?",
    "orders": r"\border\b|\bpurchase|\bdeliver|\bshipping|credit card|checkout",
    "rights": r"your rights|\berase|\bdelet|right to (access|object)|what we hold",
    "staff": r"\bstaff\b|\bemployees?\b|people who work",
    "testimonials": r"testimonial|\breviews?\b",
    "traffic": r"\btraffic\b|site usage|statistic|analytic",
}


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
    name: str = ""
    own: tuple[int, int] | None = field(default=None, compare=False)  # the paragraph of its marks

    def suggestions(self, clauses: Iterable[str]) -> list[str]:
        """Those of the clauses that its words sound like, and that it is not marked with."""
        return [
            clause
            for clause in clauses
            if clause not in self.clauses and clause in ABOUT
            if re.search(ABOUT[clause], self.words, re.IGNORECASE)
        ]


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
            yield _block(_kind(tokens[n - 1], around), token, _plain(token), lines, True)
        elif token.type == "table_open":
            yield _block("table", token, _table(tokens[n:]), lines, False)
        elif token.type in ("fence", "code_block", "html_block"):
            kind = "html" if token.type == "html_block" else "code"
            words = _without_tags(token.content) if kind == "html" else token.content
            yield _block(kind, token, words, lines, False)


def _block(kind: str, token: Token, words: str, lines: list[str], inside: bool) -> Block:
    first, last = token.map[0], token.map[1]
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    clauses = tuple(reading.clauses("\n".join(lines[first:last])))
    words = " ".join(reading.COVERS.sub("", words).split())
    return Block(kind, words, clauses, first + 1, last, inside)


def _kind(opener: Token, around: list[str]) -> str:
    if opener.type == "heading_open":
        return "heading"
    if "list_item_open" in around:
        return "item"
    return "quote" if "blockquote_open" in around else "paragraph"


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


def marked(text: str, chosen: Mapping[str, Iterable[str]]) -> str:
    """The text with each block's marks as they are chosen: names of blocks to clauses.

    A block that is not named loses its marks; what has the right marks already is left as it is.
    """
    lines = text.split("\n")
    for block in reversed(blocks(text)):
        clauses = list(dict.fromkeys(chosen.get(block.name, ())))
        if set(clauses) != set(block.clauses):
            _mark(lines, block, clauses)
    return "\n".join(lines)


def _mark(lines: list[str], block: Block, clauses: list[str]) -> None:
    mark = f"{{covers: {', '.join(clauses)}}}" if clauses else ""
    if block.own:
        _take_out(lines, *block.own)
    bare = reading.COVERS.sub("", "\n".join(lines[block.first - 1 : block.last])).split("\n")
    if mark and block.inside:
        bare[-1] = _ended(bare[-1], mark, block.kind)
    elif mark:
        bare += ["", mark, *([""] if "".join(lines[block.last : block.last + 1]).strip() else [])]
    lines[block.first - 1 : block.last] = bare


def _take_out(lines: list[str], first: int, last: int) -> None:
    """Take a paragraph of marks out, with the empty line before it."""
    if first > 1 and not lines[first - 2].strip():
        first -= 1
    del lines[first - 1 : last]


def _ended(line: str, mark: str, kind: str) -> str:
    line = line.rstrip()
    words = line.rstrip("#")
    if kind == "heading" and line.lstrip().startswith("#") and words[-1:] in (" ", "\t"):
        # Closing hashes end a heading; a mark goes before them.
        return f"{words.rstrip()} {mark} {line[len(words) :]}"
    return f"{line} {mark}"
