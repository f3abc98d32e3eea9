"""What a person typed as a name, in mails to an address that nobody has confirmed.

Whoever places an order says where the mail about it goes. The name would carry a stranger's words
there, in our name; so only what can be little else than a name is repeated.
"""

import re
import unicodedata

MOST_LETTERS, MOST_WORDS = 60, 5
BETWEEN = frozenset(" .,'’-")  # besides letters and their accents
LIKE_A_HOST = re.compile(r"\.\w|www", re.I)


def greeting(before: str, name: str, without: str) -> str:
    """“Dear Ann Walker”, or the words for somebody without a name that can be repeated."""
    return f"{before} {name.strip()}" if is_like_a_name(name) else without


def is_like_a_name(name: str) -> bool:
    """Letters of some script in a few words: no digits, no links, no signs, no line breaks."""
    name = name.strip()
    letters = all(char in BETWEEN or unicodedata.category(char)[0] in "LM" for char in name)
    short = 0 < len(name) <= MOST_LETTERS and len(name.split()) <= MOST_WORDS
    return letters and short and not LIKE_A_HOST.search(name)


def one_line(text: str) -> str:
    """The text as a header can carry it: on one line, without what controls a terminal.

    Python's `email` reads encoded words (RFC 2047) in what it is given and writes out what they
    stand for, line breaks among it; so nothing is left that begins like one.
    """
    kept = (" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return " ".join("".join(kept).split()).replace("=?", "= ?")
