"""Money as integer minor units with its currency; never a float."""

from dataclasses import dataclass
from functools import lru_cache

from storefront.cldr import DECIMALS, SYMBOLS


@dataclass(frozen=True)
class Money:
    """An amount of `minor` units (cents, yen) of `currency` (ISO 4217)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int):
            raise TypeError(f"money is whole minor units, not {type(self.minor).__name__}")

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return _written(self.minor, self.currency)


@lru_cache(maxsize=4096)
def _written(minor: int, currency: str) -> str:
    places = decimals(currency)
    units, rest = divmod(abs(minor), 10**places)
    sign, rest = "-" if minor < 0 else "", f".{rest:0{places}}" if places else ""
    return f"{sign}{_symbol(currency)}{units:,}{rest}"


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction of whole numbers from 0 up; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def shares(amount: int, weights: list[int]) -> list[int]:
    """`amount` in whole parts that are as the weights are to each other, and sum to it exactly.

    By largest remainder: each has its share rounded down, and what is left goes, one by one, to
    those who lost most of theirs, the first of them first. So no part of an amount that is at most
    the sum of the weights is greater than its weight. Weights are whole numbers from 0 up; where
    all are 0 there is nothing to share by, and every part is 0.
    """
    together = sum(weights)
    if not together:
        return [0] * len(weights)
    parts = [amount * weight // together for weight in weights]
    lost = sorted(range(len(weights)), key=lambda n: -(amount * weights[n] % together))
    for n in lost[: amount - sum(parts)]:
        parts[n] += 1
    return parts


def whole(units: int, currency: str) -> str:
    """So many whole units of a currency, without decimals: "$150"."""
    return f"{_symbol(currency)}{units:,}"


def _symbol(currency: str) -> str:
    symbol = SYMBOLS.get(currency, currency)
    # Letters stand apart from digits (UTS 35, currencySpacing).
    return f"{symbol}\N{NO-BREAK SPACE}" if symbol[-1:].isalpha() else symbol


def decimals(currency: str) -> int:
    """How many decimals the currency's minor unit has: 2 for USD, 0 for JPY."""
    return DECIMALS.get(currency, 2)


def known(currency: str) -> bool:
    """Whether `currency` is an ISO 4217 code that can be written out."""
    from babel.numbers import list_currencies  # for set-up; see `cldr`

    return currency in list_currencies()
