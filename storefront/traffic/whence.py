"""Where a view comes from, and what was looked for: as it may be counted, or not at all.

All of it comes from outside, and anybody may write anything there. An e-mail address, a telephone
number, a key out of a link: what may be somebody's own is told from what is not by its look.
"""

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import parse_qs, unquote, urlsplit

from storefront.models.search import terms

NOT_KEPT = "(not kept)"
LONGEST = 80  # characters of what is written down
HOST = re.compile(r"(?=[^.]*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*")
LISTS = re.compile(r"/(?:products|search|collections/[a-z0-9-]{1,80})")
# Names for the inside of a house or a firm (RFC 6762, app. G; 8375; .internal by ICANN).
INSIDE = re.compile(
    r".*\.(?:local|lan|home|internal|intranet|private|corp|localdomain|localhost|arpa|fritz\.box)"
)
# Half a number of our orders, which is drawn from these signs; not a size, such as 32x34.
HALF = "(?!\\d\\dx)[2-9A-HJ-NP-Z]{5}"
WITH_A_DIGIT = "(?=[A-Z]{0,4}\\d)"
# Numbers of people, of things of theirs, of our orders, and what programs draw at random.
SOMEBODYS = re.compile(
    r"@|%(?:25)*40|[(\[{] ?at ?[)\]}]|\d{6}|\d(?:[\W_]{0,3}\d){6}"
    r"|(?=\w*\d)(?=\w*[A-Za-z])\w{20}|(?=[\w-]*[\dA-Z])[\w-]{32}"
    rf"|\b{HALF}-{HALF}\b|(?i:\b(?=[A-Z-]{{0,10}}\d){HALF}-?{HALF}\b)"
    rf"|(?i:\b{WITH_A_DIGIT}{HALF} {WITH_A_DIGIT}{HALF}\b)",
    re.ASCII,
)
OFTEN = 3  # times that a program may have put signs of an address into percents


def host(address: str, own: Collection[str]) -> str:
    """The host of a Referer, "" where it is one of our `own`, or none, or tells nothing."""
    try:
        found = urlsplit(address[:500]).hostname or ""
    except ValueError:
        return ""
    found = found.removeprefix("www.")
    if not found or found in own:
        return ""
    told = HOST.fullmatch(found) and not INSIDE.fullmatch(found) and kept(found)
    return found if told else NOT_KEPT


def campaign(query: str) -> str:
    """The campaign, or else the source, that the query of an address names; "" without."""
    if "utm_" not in query:
        return ""
    try:
        named = parse_qs(query[:1000], max_num_fields=50)
    except ValueError:
        return ""
    found = named.get("utm_campaign") or named.get("utm_source") or [""]
    return plain(found[0])


def list_of(address: str, own: Collection[str]) -> str:
    """The path of the list of ours that a Referer names, else ""."""
    # By hand: of all that is counted this comes most often, and urlsplit takes as long as the rest.
    authority, _, path = address.partition("://")[2].partition("/")
    if authority.partition(":")[0] not in own:
        return ""
    path = "/" + path.partition("?")[0].rstrip("/")
    return path if LISTS.fullmatch(path) else ""


def words(query: str) -> str:
    """What was searched for, in one spelling; "" where there is no word in it."""
    return plain(" ".join(terms(query)), query)


def plain(text: str, written: str = "") -> str:
    """A text as it may be written down: one line, in lower case, short, nobody's own."""
    told = " ".join(re.sub(r"[^\w.+&'-]+", " ", text[:LONGEST]).split()).lower()
    # As it is told, too: there, numbers have come together that stood apart.
    return told if kept(written or text) and kept(told) else NOT_KEPT


def kept(text: str) -> bool:
    """Whether a text may be written down, by its look, in whichever signs it is written."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    return not SOMEBODYS.search(text)


def lost(path: str, own: Collection[str]) -> str:
    """A path where nothing is, made harmless: what follows on a beginning that leads to somebody's
    `own`, wherever that stands, and what looks like somebody's, is cut off.
    """
    path = path[:500]
    for _ in range(OFTEN):
        path = unquote(path)
    path = "/" + "/".join(part for part in path.split("/") if part)
    found = own and re.search("|".join(re.escape(one) for one in own), path, re.IGNORECASE)
    known, rest = (path[: found.start()], f"{found[0].lower()}…") if found else (path, "")
    harmless = "/".join(part if _is_harmless(part) else "…" for part in known.split("/")) + rest
    return harmless if len(harmless) <= LONGEST else f"{harmless[:LONGEST]}…"


def _is_harmless(part: str) -> bool:
    return kept(part) and part.isprintable() and len(part) <= 40
