"""Marks written into a text that has none: which block of it covers which clauses.

A retailer's policy is pasted as it is. A mark is put at the end of the lines a block stands on, so
that nothing else of the text is touched.
"""

import re
from collections.abc import Iterable, Mapping

from storefront import reading
from storefront.reading.blocks import Block, blocks

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
    "waiting": r"back in stock|in stock again|sold out",
    "trail": r"recently viewed|looked at|browsing history",
    "traffic": r"\btraffic\b|site usage|statistic|analytic",
}


def suggestions(block: Block, clauses: Iterable[str]) -> list[str]:
    """Those of the clauses that its words sound like, and that it is not marked with."""
    return [
        clause
        for clause in clauses
        if clause not in block.clauses and clause in ABOUT
        if re.search(ABOUT[clause], block.words, re.IGNORECASE)
    ]


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
