"""Markdown as plain text for mail: no marks but those that people type, links numbered."""

from urllib.parse import urljoin

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

READER = MarkdownIt("commonmark", {"html": False}).enable("table")
WITHIN = ("http://", "https://", "mailto:")


def as_text(markdown: str, base: str, links: list[str]) -> str:
    """The text; where a link stands its number does, and `links` is added to.

    Addresses that are not whole are read as those of `base`. Marks within marks, deeper than
    anybody writes, stay as they are typed.
    """
    known = len(links)
    try:
        return _Writer(base, links).blocks(SyntaxTreeNode(READER.parse(markdown)).children)
    except RecursionError:
        del links[known:]
        return markdown


class _Writer:
    def __init__(self, base: str, links: list[str]) -> None:
        self._base, self._links = base, links

    def blocks(self, nodes, between: str = "\n\n") -> str:
        return between.join(filter(None, (self._block(node) for node in nodes)))

    def _block(self, node) -> str:
        if node.type == "heading":
            words = self._inline(node)
            return f"{words}\n{('=' if node.tag == 'h1' else '-') * min(len(words), 60)}"
        if node.type in ("bullet_list", "ordered_list"):
            return self._list(node)
        if node.type == "blockquote":
            return _before_lines("> ", self.blocks(node.children))
        if node.type in ("fence", "code_block"):
            return _before_lines("    ", node.content.rstrip("\n"))
        if node.type == "hr":
            return "* * *"
        if node.type == "table":
            rows = [row for part in node.children for row in part.children]
            return "\n".join(" | ".join(map(self._inline, row.children)) for row in rows)
        return self._inline(node)

    def _list(self, node) -> str:
        start = int(node.attrs.get("start", 1))
        lines = []
        for n, item in enumerate(node.children, start):
            mark = "- " if node.type == "bullet_list" else f"{n}. "
            tight = all(child.hidden for child in item.children if child.type == "paragraph")
            words = self.blocks(item.children, "\n" if tight else "\n\n")
            lines.append(mark + _before_lines(" " * len(mark), words)[len(mark) :])
        return "\n".join(lines)

    def _inline(self, node) -> str:
        if node.type in ("text", "code_inline"):
            return node.content
        if node.type in ("softbreak", "hardbreak"):
            return " " if node.type == "softbreak" else "\n"
        words = "".join(map(self._inline, node.children))
        return words + self._number(node.attrs["href"]) if node.type == "link" else words

    def _number(self, address: str) -> str:
        try:
            whole = urljoin(f"{self._base}/", address)
        except ValueError:  # brackets around what is no IPv6 address
            return ""
        if not whole.startswith(WITHIN):
            return ""
        if whole not in self._links:
            self._links.append(whole)
        return f" [{self._links.index(whole) + 1}]"


def _before_lines(mark: str, words: str) -> str:
    return "\n".join((mark + line).rstrip() for line in words.split("\n"))
