"""Looks a policy's text over before it is posted: what is no text, and marks that mean nothing.

What pages leave out of it, `remarks` tell.
"""

import re
from pathlib import Path

from storefront import register
from storefront.reading import clauses, marked
from storefront.reading.unshown import notes as remarks
from storefront.refusals import Refused

__all__ = ["LARGEST", "checked", "read_text", "remarks"]

LARGEST = 512 * 1024  # bytes of Markdown
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
MARK = re.compile(r"\{\s*([A-Za-z][\w-]*)\s*:([^{}]*)\}")
CLAUSE = re.compile(r"[\w-]+")
KNOWN = "This shop knows {covers: …}, {table: …} and {keep: …}, in small letters."
LISTED = 5  # wrong marks named in one sentence


def read_text(path: Path) -> str:
    """The Markdown in a file; raises `Refused` in words when it is none."""
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Refused(
            f"{path} is larger than {LARGEST // 1024} KiB; a policy is a text to be read."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8 text. Save it as UTF-8 and try again.") from None
    if NOT_IN_TEXT.search(text):
        raise Refused(f"{path} holds bytes that no text has. Save it as UTF-8 and try again.")
    if not text.strip():
        raise Refused(f"{path} is empty; there is no text to post.")
    return text


def checked(text: str) -> str:
    """The text as it is posted: with plain line ends, spaces for tabs, and marks that mean
    something. Raises `Refused` in words.

    Signed notes have no control characters, which is why tabs go; Markdown reads four columns.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refused("The text holds characters that no text has.") from None
    if size > LARGEST:
        raise Refused(f"The text is larger than {LARGEST // 1024} KiB; a policy is to be read.")
    if NOT_IN_TEXT.search(text):
        raise Refused("The text holds characters that no text has, such as a zero byte.")
    if not text.strip():
        raise Refused("The text is empty; there is nothing to post.")
    text = re.sub(r"\r\n?|\f|\u2028|\u2029|\x85", "\n", text.removeprefix("\ufeff"))
    text = text.expandtabs(4)
    if wrong := [*dict.fromkeys(_wrong_marks(text))]:
        more = f" And {len(wrong) - LISTED} more." if len(wrong) > LISTED else ""
        raise Refused(f"{' '.join(wrong[:LISTED])}{more}")
    return text


def _wrong_marks(text: str):
    """A sentence for each mark that the page could not make anything of."""
    facts = {fact.where for fact in register.facts()}
    for found in MARK.finditer(text):
        mark, (name, given) = _short(found[0]), (found[1], found[2].strip())
        if name not in ("covers", "table", "keep") or not found[0].startswith(f"{{{name}:"):
            yield f"{mark} is no mark of this shop. {KNOWN}"
        elif name == "covers":
            names = [one.strip() for one in given.split(",")]
            if not any(names) or not all(CLAUSE.fullmatch(one) for one in names if one):
                yield f"{mark} names no clause: write names with commas between."
        elif name == "table" and not register.table(given):
            yield f"{mark} would draw nothing: no facts are declared under {_short(given)}."
        elif name == "keep" and given not in facts:
            yield f"{mark} names nothing on the register, so there is no period to tell."
    for name in sorted(set(marked(text)) - set(clauses(text))):
        yield f"The mark for {_short(name)} stands where nobody would see its paragraph."


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 60 else f"{words[:59]}…"
