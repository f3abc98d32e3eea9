"""The cells of an export of testimonials: what stands in them, as we keep it.

Each function gives what a cell says, or raises ValueError where it cannot be read truly.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from html import unescape
from math import ceil
from typing import Literal

State = Literal["shown", "waiting", "hidden"]

NUMBER = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)(?:(?:/|of|outof)(\d{1,3}))?(?:stars?)?")
DRAWN = re.compile(r"[★⭐*]{1,5}[☆✩]{0,4}")

SAID = {
    "shown": "published publish approved active visible live enabled accepted public ok true yes 1",
    "waiting": "pending notyet hold onhold unapproved new draft inreview unmoderated",
    "hidden": "hidden spam unpublished rejected disapproved refused notapproved archived trash "
    "deleted inactive disabled blocked flagged private false no 0",
}
STATE_OF = {word: state for state, words in SAID.items() for word in words.split()}

TIME = (
    r"(?:(?:,?\s+|T)(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?)?\s*(?P<zone>z|utc|gmt|[+-]\d\d:?\d\d)?"
)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
BY_YEAR = re.compile(rf"(?P<year>\d{{4}})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?){TIME}", re.I)
BY_NAME = (
    re.compile(rf"(?P<day>\d\d?)\.?\s+{MONTH},?\s+(?P<year>\d{{4}}){TIME}", re.I),
    re.compile(rf"{MONTH}\s+(?P<day>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){TIME}", re.I),
)
IN_NUMBERS = re.compile(
    rf"(?P<one>\d\d?)(?P<sign>[./-])(?P<two>\d\d?)(?P=sign)(?P<year>\d{{4}}){TIME}", re.I
)

BLOCKS = frozenset("p br div li ul ol tr h1 h2 h3 h4 h5 h6 blockquote hr table".split())
INLINE = frozenset(
    "a abbr b big center cite code del em font i img ins mark meta link object embed iframe form "
    "input button q s small span strike strong sub sup svg td th tbody thead tt u video".split()
)
UNREAD = frozenset("script style".split())
TAG = re.compile(r"<!--|-->|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)


class Ambiguous(ValueError):
    """A date that is one day in one country and another in the next."""


def stars_of(cell: str) -> tuple[int | None, bool]:
    """How many of five stars, and whether it says just that; none for an empty cell or a zero.

    What is no whole number is rounded to the nearest, a half down.
    """
    text = cell.strip().lower().replace("\ufe0f", "").replace(" ", "")
    if not text:
        return None, True
    if DRAWN.fullmatch(text):
        return sum(text.count(sign) for sign in "★⭐*"), True
    found = NUMBER.fullmatch(text)
    if not found:
        raise ValueError(cell)
    scale = int(found[2] or 5)
    value = Fraction(found[1].replace(",", ".")) * 5 / (scale or 1)
    if not value:
        return None, True
    if not (scale and 1 <= value <= 5):
        raise ValueError(cell)
    return ceil(value - Fraction(1, 2)), value.denominator == 1


def state_of(name: str, cell: str) -> State:
    """Whether it was shown there, by a cell of the column with that name.

    KeyError, which is no ValueError, says that the word is not known.
    """
    word = re.sub(r"[\W_]", "", cell.casefold())
    if name == "hidden":
        return "hidden" if STATE_OF.get(word, "hidden") == "shown" else "shown"
    if name == "commentapproved" and word == "0":  # WordPress's for what nobody has looked at
        return "waiting"
    return STATE_OF[word]


def date_of(cell: str, day_first: bool | None) -> datetime:
    """A moment, in UTC where it names no zone.

    `day_first` says how 05/03/2024 is meant; where it is None that raises `Ambiguous`.
    """
    text = cell.strip()
    if found := BY_YEAR.fullmatch(text):
        return _moment(found, int(found["month"]), int(found["day"]))
    for pattern in BY_NAME:
        if found := pattern.fullmatch(text):
            month = MONTHS.index(found["name"].lower()) + 1
            return _moment(found, month, int(found["day"]))
    if found := IN_NUMBERS.fullmatch(text):
        return _moment(found, *_month_and_day(found, day_first))
    raise ValueError(cell)


def order_of(cell: str) -> bool | None:
    """Whether a date in numbers has its day first, where it cannot be otherwise."""
    found = IN_NUMBERS.fullmatch(cell.strip())
    if not found or found["sign"] == ".":
        return None
    one, two = int(found["one"]), int(found["two"])
    return None if (one > 12) == (two > 12) else one > 12


def _month_and_day(found: re.Match, day_first: bool | None) -> tuple[int, int]:
    one, two = int(found["one"]), int(found["two"])
    first = True if found["sign"] == "." else order_of(found[0])
    first = day_first if first is None else first
    if first is None and one != two:
        raise Ambiguous(found[0])
    return (two, one) if first else (one, two)


def _moment(found: re.Match, month: int, day: int) -> datetime:
    parts = [int(found[name] or 0) for name in ("hour", "minute", "second")]
    if found["half"]:
        if not 1 <= parts[0] <= 12:
            raise ValueError(found[0])
        parts[0] = parts[0] % 12 + (12 if found["half"].lower() == "p" else 0)
    zone = _zone(found["zone"] or "z")
    return datetime(int(found["year"]), month, day, *parts, tzinfo=zone).astimezone(UTC)


def _zone(text: str) -> timezone:
    if text.lower() in ("z", "utc", "gmt"):
        return UTC
    away = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-away if text[0] == "-" else away)


def plain(html: str) -> str:
    """Text without its tags, a line for each block; what merely looks like a tag stays."""
    parts, place, inside = [], 0, ""
    for tag in TAG.finditer(html):
        name = (tag["name"] or tag[0]).lower()
        if inside:
            if name == inside and (tag["end"] or name == "-->"):
                inside, place = "", tag.end()
            continue
        if name not in BLOCKS | INLINE | UNREAD | {"<!--"}:
            continue
        parts += [html[place : tag.start()], "\n" if name in BLOCKS else ""]
        place = tag.end()
        inside = _unread(name, tag["end"])
    parts.append("" if inside else html[place:])
    return unescape("".join(parts))


def _unread(name: str, end: str | None) -> str:
    """What ends the part that is passed over from here on; "" where none is."""
    if name == "<!--":
        return "-->"
    return name if name in UNREAD and not end else ""


def shortened(name: str) -> str:
    """A name in full as its first word and the first letter of its last: "Camille R."."""
    words = name.split()
    return f"{words[0]} {words[-1][0].upper()}." if len(words) > 1 else name
