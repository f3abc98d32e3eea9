"""Who asks: a program or a person, with what kind of device, by which family of browser.

Told by the name that a browser or a program gives itself, once for each name. What is written down
of it is a word of a closed list; what programs that nobody knows call themselves is held back.
"""

import re
import threading
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from storefront.cldr import LANGUAGES

LONGEST = 400  # characters of a name that are looked at
MOST = 4096  # names in memory that were looked at; of those before, as many
MOST_NEW = 600  # names within a minute: each takes half a millisecond, contrived ones four
NAMELESS, OTHER = "(no name)", "(other)"
# Browsers without JavaScript or pictures, which lists of programs take for such.
PLAIN = re.compile(r"(?:Dillo|E?Links|Lynx|NetSurf|w3m)\b")
TOKEN = re.compile(r"[A-Za-z][\w.-]{1,39}")  # how a program's name for itself begins
FAMILIES = frozenset(
    "Android|Brave|Chrome|Chromium|Dillo|DuckDuckGo|Ecosia|Edge|ELinks|Epiphany|Facebook|Firefox|"
    "Google|IE|Instagram|Konqueror|Links|Lynx|MiuiBrowser|NetSurf|Opera|Opera Mini|Pale Moon|"
    "Pinterest|QQ Browser|Safari|Samsung Internet|SeaMonkey|Silk|Snapchat|TikTok|Tor Browser|"
    "UC Browser|Vivaldi|Whale|Yandex Browser|w3m".split("|")
)
OF_A_DEVICE = re.compile(r"^Mobile |^Amazon | (?:Mobile|iOS|Android|Touch|WebView|UI/WKWebView)\b")
KINDS = (
    ("other", re.compile(r"TV\b|Tizen|Web0S|PlayStation|Nintendo|Xbox|CrKey|\bAFT[A-Z]")),
    ("tablet", re.compile(r"iPad|Tablet|PlayBook|Silk/|Kindle|Android(?!.*Mobi)")),
    ("phone", re.compile(r"Mobi|iPhone|iPod|KAIOS|J2ME|Opera Mini")),
    ("desktop", re.compile(r"Windows|Macintosh|X11|CrOS|Linux|BSD")),
)


@dataclass(slots=True)
class Asker:
    """What is known of who asks. `program` is a program's name, "" for a person; `is_listed` says
    that the name stands in a list, and is nobody's invention.
    """

    program: str = ""
    is_listed: bool = True
    device: str = "other"
    browser: str = "other"


class Askers:
    """Those who have asked one process, by what they call themselves."""

    def __init__(self) -> None:
        self._known: dict[str, Asker] = {}
        self._before: dict[str, Asker] = {}
        self._minute, self._new = datetime.min, 0
        self._lock = threading.Lock()

    def known(self, name: str) -> Asker | None:
        """Who that is, if that was looked at lately."""
        return self._known.get(name)

    def knows(self, name: str) -> bool:
        """Whether that was looked at."""
        return name in self._known or name[:LONGEST] in self._known or name in self._before

    def of(self, name: str, at: datetime) -> Asker | None:
        """Who that is; None while more new names come than can be looked at."""
        asker = self._known.get(name)
        if asker is None:
            short = name[:LONGEST]
            asker = self._known.get(short) or self._before.get(short)
            if asker is None:
                if not self._may_look(at):
                    return None
                asker = look_at(short)
            if len(self._known) >= MOST:
                self._before, self._known = self._known, {}
            self._known[short] = asker
        return asker

    def _may_look(self, at: datetime) -> bool:
        at = at.replace(second=0, microsecond=0, tzinfo=None)
        with self._lock:
            self._new = self._new + 1 if at == self._minute else 1
            self._minute = at
            return self._new <= MOST_NEW


def look_at(name: str) -> Asker:
    """Who calls itself that."""
    if not name.strip():
        return Asker(program=NAMELESS)
    is_program, family_of, listed = _libraries()
    family, plain = family_of(name), PLAIN.match(name)
    if is_program(name) and not plain:
        program = _program(name, family)
        return Asker(program, program in listed or program == OTHER)
    family = plain[0] if plain else OF_A_DEVICE.sub("", family)
    device = next((kind for kind, signs in KINDS if signs.search(name)), "other")
    return Asker(device=device, browser=family if family in FAMILIES else "other")


def _program(name: str, family: str) -> str:
    """What a program is called: as the list says, or else as its name begins."""
    if TOKEN.fullmatch(family.replace(" ", "-")):
        return family
    found = TOKEN.match(name)
    return found[0] if found and found[0] != "Mozilla" else OTHER


@cache
def _libraries():
    """Whether a name is a program's; of what family it is; and all that is written in the lists.

    Loaded when the first one asks: together they take four megabytes.
    """
    from is_bot import Bots
    from ua_parser import Domain
    from ua_parser.basic import Resolver
    from ua_parser.loaders import load_lazy_builtins

    families, _, _ = load_lazy_builtins()
    resolve = Resolver((families, [], []))
    bots = Bots()

    def family_of(name: str) -> str:
        found = resolve(name, Domain.USER_AGENT).user_agent
        return found.family if found else ""

    return bots.is_bot, family_of, "\n".join([*bots.patterns, *(one.regex for one in families)])


def language(asked: str) -> str:
    """The language that an Accept-Language header (RFC 9110) asks for first, by ISO 639."""
    first = asked[:40].partition(",")[0].partition(";")[0].partition("-")[0].strip().lower()
    return first if first in LANGUAGES else "other"
