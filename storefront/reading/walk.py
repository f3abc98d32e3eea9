"""One way through cleaned HTML: headings, anchors, links, tables and pictures put in order."""

import re
from dataclasses import dataclass, field
from html import escape, unescape

# What nh3 leaves in, and is then written as a plain block or as words.
AS_BLOCK = set("address article aside center fieldset footer form header main nav section".split())
AS_WORDS = set("button input label legend optgroup option select textarea img".split())
# As nh3 writes them: every value in double quotes, with < and > in it escaped.
TAG = re.compile(r'<(/?)([a-zA-Z][\w-]*)((?:\s+[^\s=>"]+="[^"]*")*)\s*/?>')
ATTRIBUTE = re.compile(r'([^\s=>"]+)="([^"]*)"')
HEADING = re.compile(r"<(h[1-6])\b[^>]*>")
# A mark on its way through Markdown: Unicode keeps these two characters out of every text.
MARK = re.compile("(?<!\\s)\\s*\ufdd0([0-9]+)\ufdd1")
HEADINGS = {f"h{n}" for n in range(1, 7)}
BLOCKS = set("p li td th dt dd pre blockquote div caption summary figcaption".split()) | HEADINGS
HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
TABLE_ROOM = '<div class="wide" role="group" aria-label="Table" tabindex="0"{}>'
NEAR_THE_TOP = 1000  # characters of HTML that may stand before a title


@dataclass(frozen=True)
class Entry:
    """A heading in the contents list; `words` is plain text."""

    level: int
    anchor: str
    words: str


def slug(words: str) -> str:
    """Words as an anchor: "How your card is kept" is "how-your-card-is-kept"."""
    return "-".join(re.findall(r"[^\W_]+", words.lower()))[:60].strip("-") or "part"


def plain(html: str) -> str:
    """The words of a piece of cleaned HTML."""
    return " ".join(unescape(TAG.sub("", MARK.sub("", html))).split())


@dataclass
class Walk:
    """One way through cleaned HTML, from its first tag to its last."""

    source: str
    marks: list[list[str]]
    out: list[str] = field(default_factory=list)
    contents: list[Entry] = field(default_factory=list)
    nowhere: list[str] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids: set[str] = {""}
        self._used: dict[str, int] = {}  # how often a heading's words have come
        self._levels: list[int] = []
        self._block: int | None = None  # where in `out` the last block begins
        self._heading: int | None = None
        self._tables = 0
        self._link: tuple[int, str] | None = None
        self._links: list[tuple[int, int, str]] = []
        self._titled = self._finds_title()
        self._title = ""
        self._go()
        self._mend_links()

    def _finds_title(self) -> bool:
        """Whether the first heading stands above all others, at the top."""
        levels = [int(found[1][1]) for found in HEADING.finditer(self.source)]
        first = HEADING.search(self.source)
        if not first or levels.count(min(levels)) > 1 or levels[0] != min(levels):
            return False
        is_first_block = not self.source[: first.start()].strip()
        return is_first_block or (levels[0] == 1 and first.start() < NEAR_THE_TOP)

    def title(self) -> str:
        return self._title

    def html(self) -> str:
        return "".join(self.out)

    def _go(self) -> None:
        at = 0
        for found in TAG.finditer(self.source):
            self._text(self.source[at : found.start()])
            closing, name, attributes = found[1], found[2].lower(), found[3]
            (self._end if closing else self._start)(name, read_attributes(attributes))
            at = found.end()
        self._text(self.source[at:])

    def _text(self, text: str) -> None:
        if "\ufdd0" in text:
            for found in MARK.finditer(text):
                for clause in self.marks[int(found[1])]:
                    self._anchor(clause)
            text = MARK.sub("", text)
        self.out.append(text)

    def _anchor(self, clause: str) -> None:
        """Make the block the mark stands in the clause's own; the first such block has it."""
        name = f"clause-{slug(clause)}"
        if name in self._ids or self._block is None:
            return
        self._ids.add(name)
        self.clauses.append(clause)
        opening = self.out[self._block]
        if " id=" in opening or self._block == self._heading:  # a heading has an anchor of its own
            self.out[self._block] = opening + _place(name)
        else:
            self.out[self._block] = f'{opening[:-1]} id="{name}">'

    # Tags

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in AS_WORDS:
            self.out.append(f" {words_instead(name, attributes)}")
        elif name == "a":
            self._start_link(attributes)
        else:
            self._start_block("div" if name in AS_BLOCK else name, attributes)

    def _start_block(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._tables += 1
            if self._tables == 1:
                self.out.append(TABLE_ROOM.format(""))
        own = self._own_anchor(attributes)
        if name in BLOCKS:
            self._block = len(self.out)
        if name in HEADINGS:
            self._heading = len(self.out)
            self.out.append(f"{_tag(self._level(int(name[1])), attributes)}{_place(own)}")
        else:
            self.out.append(_tag(name, attributes | ({"id": own} if own else {})))

    def _own_anchor(self, attributes: dict[str, str]) -> str:
        """An anchor that the text brings, by a name that no part of the page has, or ""."""
        named = attributes.pop("id", "") or attributes.pop("name", "")
        anchor = f"on-{slug(unescape(named))}" if named else ""
        if anchor in self._ids:
            return ""
        self._ids.add(anchor)
        return anchor

    def _level(self, level: int) -> str:
        """The tag of a heading: no level is passed over, and only a title is the first."""
        if self._titled and not self._levels:
            self._levels = [0]
            return "h1"
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)
        return f"h{min(6, len(self._levels) + (not self._titled))}"

    def _end(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "a":
            self._end_link()
        elif name in AS_WORDS:
            self.out.append(" ")
        elif re.fullmatch("h[1-6]", name) and self._heading is not None:
            self._end_heading()
        else:
            self.out.append(f"</{'div' if name in AS_BLOCK else name}>")
            if name == "table":
                self._tables -= 1
                self.out.append("" if self._tables else "</div>")

    def _end_heading(self) -> None:
        start, self._heading = self._heading, None
        tag = self.out[start][1:3]
        words = plain("".join(self.out[start:]))
        if tag == "h1":
            inside = "".join(self.out[start:]).partition(">")[2]
            self._title = inside if words else ""
            self._links = [link for link in self._links if link[0] < start]
            self._block = None
            del self.out[start:]
            return
        name = self._free(f"on-{slug(words)}")
        self.out[start] = self.out[start].replace(f"<{tag}", f'<{tag} id="{escape(name)}"', 1)
        self.out.append(f"</{tag}>")
        if words:
            self.contents.append(Entry(int(tag[1]), name, words))

    def _free(self, name: str) -> str:
        """That name, or the first with a number behind it that nothing has yet."""
        free = name
        while free in self._ids:
            self._used[name] = self._used.get(name, 1) + 1
            free = f"{name}-{self._used[name]}"
        self._ids.add(free)
        return free

    # Links

    def _start_link(self, attributes: dict[str, str]) -> None:
        address = attributes.get("href", "").strip()
        if address.startswith("//"):
            address = f"https:{address}"
        attributes["href"] = address
        self._link = (len(self.out), address)
        self.out.append(_place(self._own_anchor(attributes)))
        if _leads_on(address):
            self.out[-1] += _tag("a", attributes)

    def _end_link(self) -> None:
        if self._link:
            start, address = self._link
            self._link = None
            if _leads_on(address):
                self.out.append("</a>")
            elif address:
                self._links.append((start, len(self.out), address))
                self.out.append("")

    def _mend_links(self) -> None:
        """Point links within the text at its anchors, and tell the addresses of the lost ones."""
        for start, end, address in self._links:
            place = address[1:]
            known = [name for name in (place, f"on-{slug(unescape(place))}") if name in self._ids]
            if address.startswith("#") and known:
                self.out[start] += f'<a href="#{escape(known[0])}">'
                self.out[end] = "</a>"
            else:
                self.nowhere.append(unescape(address))
                if plain("".join(self.out[start:end])) != unescape(address):
                    self.out[end] = f" ({address})"


def _leads_on(address: str) -> bool:
    """Whether an address leads from any page to the same place: another site, or from our root."""
    return bool(HAS_SCHEME.match(address)) or address.startswith("/")


def read_attributes(inside: str) -> dict[str, str]:
    return dict(ATTRIBUTE.findall(inside)) if inside else {}


def _tag(name: str, attributes: dict[str, str]) -> str:
    inside = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{inside}>"


def _place(anchor: str) -> str:
    return f'<span id="{escape(anchor)}"></span>' if anchor else ""


def words_instead(name: str, attributes: dict[str, str]) -> str:
    """What is said where a picture stood, or what a field of a form shows in itself."""
    if name == "img":
        about = attributes.get("alt", "").strip()
        return f"[picture, not shown here: {about}]" if about else "[picture, not shown here]"
    if attributes.get("type", "").lower() in ("hidden", "checkbox", "radio", "password"):
        return ""
    return attributes.get("value") or attributes.get("placeholder", "")
