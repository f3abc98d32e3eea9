"""The text of an issue: Markdown, with products on lines of their own, `{product: handle}`."""

import re

BLOCK = re.compile(r"^[ \t]*\{product:[ \t]*([^\s{}]+)[ \t]*\}[ \t]*$", re.M)
MEANT = re.compile(r"\{\s*product\b", re.I)


def pieces(text: str) -> list[tuple[str, str]]:
    """The text taken apart, in order: ("words", Markdown) and ("product", handle)."""
    found, at = [], 0
    for block in BLOCK.finditer(text):
        found += [("words", text[at : block.start()]), ("product", block[1])]
        at = block.end()
    found.append(("words", text[at:]))
    return [(kind, said) for kind, said in found if said.strip()]


def handles(text: str) -> list[str]:
    """The products it puts in, each once, in order."""
    return list(dict.fromkeys(BLOCK.findall(text)))


def misplaced(text: str) -> list[int]:
    """Lines, counted from 1, on which a product is meant that would stand there as it is typed."""
    lines = enumerate(text.split("\n"), 1)
    return [number for number, line in lines if MEANT.search(line) and not BLOCK.match(line)]
