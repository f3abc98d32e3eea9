"""What people type at the desk, taken as it was meant, or refused in words for its field.

Card numbers are refused here for the fields that the door leaves to their view. What reads files
reads this, too; it is loaded when somebody sends a form, so that shoppers' processes spare it.
"""

import re
from datetime import UTC, datetime

from storefront.cards import holds_card
from storefront.markdown import parsed
from storefront.money import decimals, whole
from storefront.refusals import Refused

LARGEST_NUMBER = 2**31 - 1  # what an integer column holds in every database the shop runs on
LONGEST = 255  # of a line
LONGEST_TEXT = 200_000
ADDRESS = re.compile(r"https?://\S+")
CARD = "This looks like the number of a payment card. The shop keeps none."


class Form:
    """What was typed into a form: each field is read once, and all that is wrong told at once.

    `typed` is a mapping of names to text. Use it as a context: leaving the block raises `Refused`
    with a sentence for each field that cannot be taken.
    """

    def __init__(self, typed) -> None:
        self.typed, self.problems = typed, {}

    def __enter__(self) -> "Form":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None and self.problems:
            raise Refused(**self.problems)

    def _read(self, name: str, read):
        try:
            return read(self.typed.get(name, "").replace("\0", ""))
        except Refused as refusal:
            self.problems[name] = refusal.sentence

    def line(self, name: str, wanted: str = "", longest: int = LONGEST) -> str | None:
        """One line of text; `wanted` is the sentence for an empty one, "" where it may be."""
        return self._read(name, lambda text: line(text, wanted, longest))

    def money(self, name: str, currency: str, wanted: str = "") -> int | None:
        """An amount in minor units, or None for nothing typed."""
        return self._read(name, lambda text: money(text, currency, wanted))

    def count(self, name: str, least: int = 0, most: int = LARGEST_NUMBER) -> int | None:
        """A whole number."""
        return self._read(name, lambda text: count(text, least, most))

    def moment(self, name: str, wanted: str = "") -> datetime | None:
        """A moment in UTC, to the minute; None for nothing typed."""
        return self._read(name, lambda text: moment(text, wanted))

    def barcode(self, name: str) -> str | None:
        """A barcode, or an SKU that is one: it may look like a card by chance, and is taken."""
        return self._read(name, barcode)

    def html(self, name: str, kept: str) -> str | None:
        """A long text as HTML that is safe to show; see `html`."""
        return self._read(name, lambda text: html(text, kept))

    def tags(self, name: str) -> list[str]:
        """The tags, between commas; a comma in one is `\\,`."""
        from storefront.exchange.cells import split_list

        return list(split_list(self.typed.get(name, "")))[:250]

    def tick(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.typed


def line(text: str, wanted: str = "", longest: int = LONGEST) -> str:
    """Text on one line, tidied; raises `Refused`."""
    tidy = " ".join(text.split())
    if not tidy and wanted:
        raise Refused(wanted)
    if len(tidy) > longest:
        raise Refused(f"Please keep this to {longest} characters.")
    if holds_card(tidy):
        raise Refused(CARD)
    return tidy


def barcode(text: str) -> str:
    """A barcode, with the digits that EAN, UPC and ISBN have, or any other signs."""
    tidy = " ".join(text.split())
    return tidy if is_gtin(tidy) else line(tidy)


def is_gtin(text: str) -> bool:
    """Whether a text is a number of goods: its last digit checks it (GS1 General Specifications
    7.9.1)."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        return False
    weighed = sum(int(d) * (3, 1)[n % 2] for n, d in enumerate(reversed(text[:-1])))
    return (weighed + int(text[-1])) % 10 == 0


def money(text: str, currency: str, wanted: str = "") -> int | None:
    """An amount as people write it, `12.50` or `12,50`, in minor units; None for nothing.

    What may mean two amounts, such as 1,299, and what is no amount of the shop's currency is
    refused in words. `wanted` is the sentence for nothing, "" where that may be.
    """
    from storefront.exchange.amounts import minor_units
    from storefront.exchange.catalogue import BadCatalogue

    plain, places = _without_sign(text, currency), decimals(currency)
    if not plain and wanted:
        raise Refused(wanted)
    if not plain:
        return None
    _check_amount(plain, places, currency)
    try:
        return minor_units(plain.replace(",", "."), places, 0, "")
    except BadCatalogue:
        raise Refused("This is more than the shop can take for one thing.") from None


def _without_sign(text: str, currency: str) -> str:
    """The amount without the shop's own currency; any other stays, and is refused."""
    sign = whole(0, currency).rstrip("0").strip()
    plain = text.strip().removeprefix(currency).removesuffix(currency).strip()
    return plain.removeprefix(sign).removesuffix(sign).strip()


def _check_amount(plain: str, places: int, currency: str) -> None:
    """Raise `Refused`, with an example, for what is no amount or could be two."""
    example = "12." + "5".ljust(places, "0") if places else "1250"
    such = f"Write it such as {example}."
    grouped = r"\d{1,3}([.,]\d{3})+([.,]\d+)?"
    alone = places == 3 and re.fullmatch(r"\d+[.,]\d{3}", plain)
    if plain[0] in "-−–":
        raise Refused(f"A price is not negative. {such}")
    if re.fullmatch(grouped, plain) and not alone:
        raise Refused(f"Leave out the mark between thousands. {such}")
    if not re.fullmatch(r"[0-9]+([.,][0-9]+)?", plain):
        raise Refused(f"This is not an amount in {currency}. {such}")
    if len(re.split("[.,]", plain + ".")[1]) > places:
        said = f"{places} digits after the point" if places else "no digits after a point"
        raise Refused(f"{currency} has {said}. {such}")


def shown(minor: int | None, currency: str) -> str:
    """An amount as `money` reads it."""
    from storefront.exchange.amounts import written

    return written(minor, decimals(currency))


def count(text: str, least: int = 0, most: int = LARGEST_NUMBER) -> int:
    """A whole number, such as 12 or -3 where fewer than none are fine; raises `Refused`."""
    tidy = text.strip().replace("−", "-")
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", tidy):
        raise Refused("Write a whole number, such as 12.")
    number = int(tidy)
    if not least <= number <= most:
        raise Refused(f"Write a number from {least:,} to {most:,}.")
    return number


def moment(text: str, wanted: str = "") -> datetime | None:
    """A day, with or without a time of it, as a moment in UTC; raises `Refused`.

    `wanted` is the sentence for nothing, "" where that may be.
    """
    tidy = text.strip()
    if not tidy and wanted:
        raise Refused(wanted)
    if not tidy:
        return None
    try:
        read = datetime.fromisoformat(tidy[:40])
    except ValueError:
        read = None
    # Databases differ in what lies further off, and here it would be a slip of the hand.
    if read is None or read.tzinfo or not 2000 <= read.year < 2200:
        raise Refused("Write it as year, month, day and time in UTC: 2026-12-31 18:00.")
    return read.replace(second=0, microsecond=0, tzinfo=UTC)


def as_typed(read: datetime | None) -> str:
    """A moment as `moment` reads it, and as a browser fills it in."""
    return read.strftime("%Y-%m-%dT%H:%M") if read else ""


def html(text: str, kept: str) -> str:
    """A text as HTML that is safe to show.

    What begins with a tag is HTML, and is only made safe; anything else is Markdown. A text that
    nobody has touched stays as it is `kept`, whatever it is.
    """
    tidy = text.replace("\r\n", "\n").strip()
    if tidy == kept.replace("\r\n", "\n").strip():
        return kept
    if len(tidy) > LONGEST_TEXT:
        raise Refused(f"Please keep this to {LONGEST_TEXT:,} characters.")
    if any(holds_card(each) for each in ADDRESS.sub("", tidy).split("\n")):
        raise Refused(CARD)
    from storefront.exchange.facts import clean

    return clean(tidy if tidy.startswith("<") else parsed(tidy)).strip()


def listed(tags: list[str]) -> str:
    """Tags as `Form.tags` reads them."""
    from storefront.exchange.cells import join_list

    return join_list(tags)
