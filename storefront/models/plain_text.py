"""What people write in lines of their own, as it is kept: their words and nothing besides."""

import re
import unicodedata

from storefront.refusals import Refused

# What turns the direction of the words after it (UAX #9, 2): they would read as others than they
# are. The marks U+200E and U+200F turn nothing but themselves, and Hebrew and Arabic need them.
TURNING = "\u202a-\u202e\u2066-\u2069"
# The categories Cc, but for the line's end, and Cs.
CONTROLS = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff{TURNING}]")

# Marks that stand on one letter: scripts need up to four or five (Tibetan, pointed Hebrew); more
# would be heaped over the lines above and below.
MOST_MARKS = 6
# Letters of which there is nothing to see: Hangul's fillers, and Braille without a dot.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"


def tidied(text: str, longest: int, field: str = "text") -> str:
    """The text with its lines, without what controls a terminal or turns the words around it.

    Raises `Refused`, said of `field`, where nothing is left or it is longer than `longest`
    characters.
    """
    lines = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text).replace("\t", " ")
    tidy = re.sub(r"\n{3,}", "\n\n", _unheaped(CONTROLS.sub("", lines))).strip()
    if not shows(tidy):
        raise Refused(**{field: "Please write something first."})
    if len(tidy) > longest:
        more = f"{len(tidy) - longest:,}"
        sentence = f"Please keep this to {longest:,} characters; it has {more} too many."
        raise Refused(**{field: sentence})
    return tidy


def one_line(text: str) -> str:
    """The same of what stands on one line, such as a name; "" where nothing is left of it."""
    line = " ".join(_unheaped(CONTROLS.sub(" ", text)).split())
    return line if shows(line) else ""


def beginning(text: str, longest: int) -> str:
    """The text, or where it has more bytes its beginning, to the end of a word if one is near.

    In bytes, because a Chinese sign says and weighs as much as several Latin letters.
    """
    raw = text.encode()
    if len(raw) <= longest:
        return text
    begun = raw[:longest].decode(errors="ignore")
    whole = begun.rsplit(None, 1)[0]
    return f"{whole if len(whole) > len(begun) - 60 else begun}…"


def shows(text: str) -> bool:
    """Whether there is anything to see of it: what joins letters and what is wide shows nothing."""
    nothing = ("Cf", "Zs", "Mn", "Me")
    return any(
        char != "\n" and char not in BLANKS and unicodedata.category(char) not in nothing
        for char in text
    )


def _unheaped(text: str) -> str:
    """The text with no more marks on a letter than `MOST_MARKS`."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)
