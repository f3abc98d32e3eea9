"""Money as integer minor units with its currency; never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, list_currencies

LOCALE = "en_US"


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
    amount = Decimal(minor).scaleb(-decimals(currency))
    written = format_currency(amount, currency, locale=LOCALE)
    # Letters stand apart from digits (UTS 35, currencySpacing); babel leaves that out.
    return re.sub("(?<=[A-Z])(?=[0-9])", "\N{NO-BREAK SPACE}", written)


@lru_cache(maxsize=256)
def whole(units: int, currency: str) -> str:
    """So many whole units of a currency, without decimals: "$150"."""
    return format_currency(units, currency, "¤#,##0", locale=LOCALE, currency_digits=False)


def decimals(currency: str) -> int:
    """How many decimals the currency's minor unit has: 2 for USD, 0 for JPY."""
    return get_currency_precision(currency)


def known(currency: str) -> bool:
    """Whether `currency` is an ISO 4217 code that can be written out."""
    return currency in list_currencies()
