"""A text as an editor typed, pasted or uploaded it: taken as it is meant, or refused in words."""

import re
from itertools import islice

from storefront import policy
from storefront.refusals import Refused

# All that a text has not, but for tabs and line ends; form feeds come along from old printers.
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LONG_LINE = 2000  # characters; a paragraph of a policy has a few hundred
WHAT_IT_IS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a Word document or another packed file",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"{\\rtf": "a rich text file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


def tidied(text: str) -> str:
    """The text with the line ends that we use, whatever a browser or Windows put there."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def without_odd(text: str) -> str:
    """The text without what no text has, as it is shown again to who brought it."""
    return NOT_IN_TEXT.sub("", text)


def checked(text: str) -> str:
    """A tidied text that may be kept as a draft; raises `Refused` about `text`."""
    if not text.strip():
        raise Refused(text="There is no text yet. Type or paste one, or choose a file.")
    size = len(text.encode(errors="replace"))
    if size > policy.LARGEST:
        raise Refused(text=TOO_LARGE.format(_kib(size), policy.LARGEST // 1024))
    if lines := _odd_lines(text):
        raise Refused(text=ODD.format(_listed(lines)))
    return text


TOO_LARGE = (
    "This text has {} KiB, and a policy may have {} KiB at most: it is to be read by people. Take "
    "out what does not belong to it (menus, scripts, the rest of a page), then save again."
)
ODD = (
    "There was something in {} that no text has, such as a zero byte. It has been taken out of "
    "the text below: look whether anything is missing there, then save again."
)


def _odd_lines(text: str) -> list[int]:
    numbered = enumerate(text.split("\n"), 1)
    return list(islice((number for number, line in numbered if NOT_IN_TEXT.search(line)), 6))


def _listed(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    if len(lines) > 5:
        return f"lines {', '.join(map(str, lines[:5]))} and more"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"


def of_file(raw: bytes) -> str:
    """The text of an uploaded file; raises `Refused` about `file`."""
    known = next((name for start, name in WHAT_IT_IS.items() if raw.startswith(start)), None)
    if known:
        raise Refused(file=f"This file is {known}. Save it as plain text (UTF-8), then try again.")
    if not raw.strip():
        raise Refused(file="This file is empty.")
    try:
        return tidied(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as trouble:
        line = raw.count(b"\n", 0, trouble.start) + 1
        sentence = f"This file is not UTF-8 text (line {line}). Save it as UTF-8, then try again."
        raise Refused(file=sentence) from None


def _kib(size: int) -> int:
    return -(-size // 1024)
