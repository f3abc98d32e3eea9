"""Text to numbers and back: exactly, or refused; never a guess."""

import re
from decimal import ROUND_HALF_UP, Decimal

from storefront.exchange.catalogue import BadCatalogue, quoted

LARGEST_NUMBER = 2**31 - 1  # what an integer column holds in every database the shop runs on
LARGEST_SUM = 2**63 - 1  # the same of a wide one, in which stands what things cost together


def minor_units(
    text: str, decimals: int, line: int, column: str, largest: int = LARGEST_NUMBER
) -> int:
    """An amount such as `36.00` in minor units, of a currency that has `decimals` of them.

    Commas are refused wherever they stand: `1,299` is one amount in Boston, another in Berlin.
    """
    amount = text.strip()
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?|\.[0-9]+", amount):
        raise BadCatalogue(
            f"{column} is {quoted(text)}; an amount is read as digits with at most one point, "
            "such as 36 or 36.00, with no sign, comma, space, exponent or currency",
            line,
        )
    whole, _, fraction = amount.partition(".")
    if fraction[decimals:].strip("0"):
        raise BadCatalogue(
            f"{column} is {quoted(text)}, finer than the shop's currency, "
            f"which has {decimals} decimals; round it",
            line,
        )
    minor = Decimal(whole + fraction[:decimals].ljust(decimals, "0"))
    return _storable(minor, text, line, column, largest)


def whole_number(text: str, line: int, column: str) -> int:
    """A count such as `12`, `-3` or `4.0`."""
    if not re.fullmatch(r"-?[0-9]+(\.0+)?", text.strip()):
        raise BadCatalogue(
            f"{column} is {quoted(text)}; a whole number such as 12 is read, without commas", line
        )
    return _storable(Decimal(text.strip()), text, line, column)


def grams(text: str, line: int, column: str) -> int:
    """A weight in grams, such as `454` or `226.796`, to the nearest gram (halves up)."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text.strip()):
        raise BadCatalogue(
            f"{column} is {quoted(text)}; grams are read as digits such as 454, without a unit",
            line,
        )
    return _storable(Decimal(text.strip()), text, line, column)


def _storable(
    number: Decimal, text: str, line: int, column: str, largest: int = LARGEST_NUMBER
) -> int:
    if abs(number) > largest:
        raise BadCatalogue(f"{column} is {quoted(text)}, larger than the shop can hold", line)
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def written(minor: int | None, decimals: int) -> str:
    """An amount of minor units as `minor_units` reads it; nothing for None."""
    return "" if minor is None else str(Decimal(minor).scaleb(-decimals))
