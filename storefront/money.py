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
