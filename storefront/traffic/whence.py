"""Where a view comes from, and what was looked for: as it may be counted, or not at all.

All of it comes from outside, and anybody may write anything there. An e-mail address, a telephone
number, a key out of a link: what may be somebody's own is told from what is not by its look.
"""

import re
from collections.abc import Collection
from urllib.parse import parse_qs, unquote, urlsplit

from storefront.models.search import terms

NOT_KEPT = "(not kept)"
LONGEST = 80  # characters of what is written down
HOST = re.compile(r"(?=[^.]*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*")
LISTS = re.compile(r"/(?:products|search|collections/[a-z0-9-]{1,80})")
# Numbers of people, of things of theirs, and what programs draw at random.
SOMEBODYS = re.compile(
    r"@|%40|\d{6}|\d(?:[ ().+/-]{0,2}\d){6}|(?=\w*\d)(?=\w*[A-Za-z])\w{20}"
    r"|(?=[\w-]*[\dA-Z])[\w-]{32}",
    re.ASCII,
)


def host(address: str, own: Collection[str]) -> str:
    """The host of a Referer, "" where it is one of our `own`, or none, or tells nothing."""
    try:
        found = urlsplit(address[:500]).hostname or ""
    except ValueError:
        return ""
    found = found.removeprefix("www.")
    if not found or found in own:
        return ""
    return found if HOST.fullmatch(found) and kept(found) else NOT_KEPT


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
    if not kept(written or text):
        return NOT_KEPT
    return " ".join(re.sub(r"[^\w.+&'-]+", " ", text[:LONGEST]).split()).lower()


def kept(text: str) -> bool:
    """Whether a text may be written down, by its look."""
    return not SOMEBODYS.search(text)


def lost(path: str, own: Collection[str]) -> str:
    """A path where nothing is, made harmless: what follows on one of those beginnings that lead to
    somebody's `own`, and what looks like somebody's, is cut off.
    """
    path = "/" + "/".join(part for part in path[:500].split("/") if part)
    low = path.lower()
    for beginning in own:
        if low.startswith(beginning) and low != beginning.rstrip("/"):
            return f"{beginning}…"
    parts = (unquote(part) for part in path.split("/"))
    harmless = "/".join(part if _is_harmless(part) else "…" for part in parts)
    return harmless if len(harmless) <= LONGEST else f"{harmless[:LONGEST]}…"


def _is_harmless(part: str) -> bool:
    return kept(part) and part.isprintable() and len(part) <= 40
