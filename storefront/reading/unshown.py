"""What of a policy will not be shown as it was written, in words for its editor."""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

from storefront import register
from storefront.markdown import parsed
from storefront.reading import KEEP, clauses, read
from storefront.reading.walk import plain

FEWEST = 3  # letters of a word that is looked for
MOST_NAMED = 12  # words or addresses in one note
MOST_DOUBTED = 2000  # words that are looked for within others, before they are said to be missing
WORD = re.compile(rf"[^\W_]{{{FEWEST},}}")
DIRECTIVE = re.compile(r"\{(\w[\w-]*):([^{}\n]{0,80})\}")
TABLE = re.compile(r"^[ \t]*\{table:\s*([\w-]+)\s*\}(?:[ \t]*\{covers:[^}]*\})*[ \t]*\r?$", re.M)
ADDRESSES = re.compile(r"\]\([^)\n]*\)|^ {0,3}\[[^]\n]+\]:[ \t]*\S+|<[a-zA-Z/!][^<>]*>", re.M)
SHOWN_SCHEMES = ("http:", "https:", "mailto:", "tel:")
KINDS = {
    "picture": "img image picture".split(),
    "script": ["script"],
    "style sheet": ["style", "link"],
    "frame": "frame iframe object embed applet".split(),
    "film or sound": "video audio".split(),
    "drawing": "svg canvas math".split(),
    "form field": "input select textarea button".split(),
}
KIND_OF = {tag: kind for kind, tags in KINDS.items() for tag in tags}
SAID = {
    "picture": "not shown, because nothing is fetched from elsewhere; its description stands in "
    "its place",
    "script": "left out; nothing in a policy runs",
    "style sheet": "left out; the text looks as the shop does",
    "frame": "left out; no other site is shown inside this one",
    "film or sound": "left out; nothing is fetched from elsewhere",
    "drawing": "left out, with the words in it",
    "form field": "shown as words only; nothing can be sent from a policy",
}


def notes(text: str, marks: bool = True) -> list[str]:
    """Sentences about what visitors will not see as it stands in the text; none if all is well.

    Without what is said of `marks`, for who names them line by line.
    """
    seen = _Seen()
    seen.feed(parsed(text))
    seen.close()
    said = [*_of_kinds(seen), *_of_links(seen, text), *(_of_directives(text) if marks else ())]
    return said + _of_words(text)


class _Seen(HTMLParser):
    """What stands in the text as Markdown leaves it."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: Counter[str] = Counter()
        self.comments = self.styled = self.acting = 0
        self.bad_links: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in KIND_OF:
            self.kinds[KIND_OF[tag]] += 1
        self.styled += any(name in ("style", "class", "color", "bgcolor") for name, _ in attrs)
        self.acting += any(name.startswith("on") for name, _ in attrs)
        address = "".join(dict(attrs).get("href") or "").strip()
        scheme = re.match(r"[a-zA-Z][\w+.-]*:", re.sub(r"[\x00-\x20]", "", address))
        if tag == "a" and scheme and not scheme[0].lower().startswith(SHOWN_SCHEMES):
            self.bad_links.append(address)

    def handle_comment(self, data):
        self.comments += 1


def _of_kinds(seen: _Seen) -> list[str]:
    said = [f"{_counted(n, kind)} {SAID[kind]}." for kind, n in seen.kinds.items()]
    if seen.comments:
        said.append(f"{_counted(seen.comments, 'comment')} left out; nobody would see it.")
    if seen.styled:
        said.append("Colours and styles of the text are left out; it looks as the shop does.")
    if seen.acting:
        said.append("What should happen at a click or touch (onclick and the like) is left out.")
    return said


def _counted(n: int, kind: str) -> str:
    return f"1 {kind} is" if n == 1 else f"{n} {kind.replace('film or', 'films or')}s are"


def _of_links(seen: _Seen, text: str) -> list[str]:
    said = []
    if bad := _named(seen.bad_links):
        said.append(f"Links that could run something or hide something do not lead there: {bad}.")
    lost = read(text).links
    if places := _named([address for address in lost if address.startswith("#")]):
        said.append(f"No place in the text has the name that a link asks for: {places}.")
    if lost := _named([address for address in lost if not address.startswith("#")]):
        said.append(
            "Links that name no whole address lead nowhere here; the address is shown in brackets "
            f"instead: {lost}. Write it whole, beginning with https:// or with /."
        )
    return said


def _of_directives(text: str) -> list[str]:
    known, facts = register.clauses(), {fact.where for fact in register.facts()}
    tables = TABLE.findall(text)
    no_table = [name for name in tables if not register.table(name)]
    no_fact = [name for name in KEEP.findall(text) if name not in facts]
    odd, inline = [], len(re.findall(r"\{table:", text)) - len(tables)
    for name, inside in DIRECTIVE.findall(text):
        if name not in ("covers", "table", "keep"):
            odd.append(f"{{{name}:{inside}}}")
    hidden = [name for name in clauses(text) if name not in read(text).clauses]
    unknown = [name for name in clauses(text) if name not in known]
    sentences = {
        "The register has nothing to draw a table of": no_table,
        "The register knows no period of": no_fact,
        "These look like instructions to the shop, which knows none of them, and are shown as they "
        "stand": odd,
        "Nothing is gathered under": unknown,
        "The mark stands where nobody sees its block": hidden,
        "A table is drawn only where its mark stands alone in a block": ["{table: …}"] * inline,
    }
    return [f"{words}: {_named(which)}." for words, which in sentences.items() if which]


def _of_words(text: str) -> list[str]:
    """Which words of the source stand nowhere on the page, whatever the reason."""
    reading = read(text)
    page = plain(f"{reading.title} {reading.html}").lower()
    there = set(WORD.findall(page))
    source = DIRECTIVE.sub(" ", unescape(ADDRESSES.sub(" ", text))).lower()
    doubted = [word for word in dict.fromkeys(WORD.findall(source)) if word not in there]
    # A word may stand within another: emphasis in the middle of a word ends it in the source.
    lost = [word for n, word in enumerate(doubted) if n >= MOST_DOUBTED or word not in page]
    return [f"These words of the text are not on the page: {_named(lost)}."] if lost else []


def _named(several: list[str]) -> str:
    several = [f"“{one[:60]}{'…' * (len(one) > 60)}”" for one in dict.fromkeys(several)]
    more = len(several) - MOST_NAMED
    return ", ".join(several[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
