"""What of a policy will not be shown as it was written, in words for its editor."""

import re
from collections import Counter
from html import unescape

from storefront import register
from storefront.markdown import parsed
from storefront.reading import KEEP, marked, read
from storefront.reading.walk import plain

FEWEST = 3  # letters of a word that is looked for
MOST_NAMED = 12  # words or addresses in one note
MOST_DOUBTED = 2000  # words that are looked for within others, before they are said to be missing
WORD = re.compile(rf"[^\W_]{{{FEWEST},}}")
DIRECTIVE = re.compile(r"\{(\w[\w-]*):([^{}\n]{0,1000})\}")
TABLE = re.compile(r"^[ \t]*\{table:\s*([\w-]+)\s*\}(?:[ \t]*\{covers:[^}]*\})*[ \t]*\r?$", re.M)
ADDRESSES = re.compile(
    r"\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)?\)|^ {0,3}\[[^]\n]+\]:[ \t]*\S+|<[a-zA-Z/!][^<>]*>", re.M
)
# Tags as they stand in the text, good or bad; a sign within quotes may end one early.
TAG = re.compile(r"<([a-zA-Z][\w-]*)([^<>]*)>")
STYLED = re.compile(r"\s(?:style|class|color|bgcolor)\s*=", re.I)
ACTING = re.compile(r"\son[a-z]+\s*=", re.I)
ADDRESS = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
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
    html = parsed(text)
    said = [*_of_kinds(html), *_of_links(html, text), *(_of_directives(text) if marks else ())]
    return said + _of_words(text)


def _of_kinds(html: str) -> list[str]:
    tags = TAG.findall(html)
    kinds = Counter(KIND_OF[name.lower()] for name, _ in tags if name.lower() in KIND_OF)
    said = [f"{_counted(n, kind)} {SAID[kind]}." for kind, n in kinds.items()]
    if comments := html.count("<!--"):
        said.append(f"{_counted(comments, 'comment')} left out; nobody would see it.")
    if any(STYLED.search(inside) for _, inside in tags):
        said.append("Colours and styles of the text are left out; it looks as the shop does.")
    if any(ACTING.search(inside) for _, inside in tags):
        said.append("What should happen at a click or touch (onclick and the like) is left out.")
    return said


def _counted(n: int, kind: str) -> str:
    return f"1 {kind} is" if n == 1 else f"{n} {kind.replace('film or', 'films or')}s are"


def _of_links(html: str, text: str) -> list[str]:
    said = []
    if bad := _named([address for address in _addresses(html) if not _leads_on(address)]):
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


def _addresses(html: str) -> list[str]:
    found = [ADDRESS.search(inside) for name, inside in TAG.findall(html) if name.lower() == "a"]
    return [unescape(one[1] or one[2] or one[3] or "").strip() for one in found if one]


def _leads_on(address: str) -> bool:
    plain_address = re.sub(r"[\x00-\x20]", "", address).lower()  # as browsers read it
    scheme = re.match(r"[a-z][a-z0-9+.-]*:", plain_address)
    return not scheme or plain_address.startswith(SHOWN_SCHEMES)


def _of_directives(text: str) -> list[str]:
    known, facts = register.clauses(), {fact.where for fact in register.facts()}
    tables = TABLE.findall(text)
    no_table = [name for name in tables if not register.table(name)]
    no_fact = [name for name in KEEP.findall(text) if name not in facts]
    odd, inline = [], len(re.findall(r"\{table:", text)) - len(tables)
    for name, inside in DIRECTIVE.findall(text):
        if name not in ("covers", "table", "keep"):
            odd.append(f"{{{name}:{inside}}}")
    hidden = [name for name in marked(text) if name not in read(text).clauses]
    unknown = [name for name in marked(text) if name not in known]
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
