"""How numbers of traffic are told."""

from markupsafe import escape

from storefront.models.usage import FEW

NARROW, LIGHT = 40, 60  # characters, and bytes in a page, of a value in a narrow list


def told(count: int) -> str:
    """A count of one value: small ones are not told."""
    return f"{count:,}" if count >= FEW else f"fewer than {FEW}"


def change(count: int, before: int) -> str:
    """By how much a number has changed: "+12 %"; "" where there was nothing before."""
    if not before:
        return ""
    percent = round(100 * (count - before) / before)
    return f"{percent:+,} %".replace("-", "−") if percent else "as before"


def rate(part: int, whole: int) -> str:
    """How much of the whole a part is: "2.1 %"; "" of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else ""


def short(value: str) -> str:
    """As much of a value as a narrow list has room for, whichever signs it is written in."""
    cut = value[:NARROW]
    while len(escape(cut).encode()) > LIGHT:
        cut = cut[:-1]
    return value if cut == value else f"{cut[:-1]}…"
