"""Money: whole minor units of one currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.models import TaxRate
from storefront.money import Money, decimals, known


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (0, "USD", "$0.00"),
        (5, "USD", "$0.05"),
        (123456789, "USD", "$1,234,567.89"),
        (1200, "JPY", "¥1,200"),
        (1999, "EUR", "€19.99"),
        (1234, "KWD", "KWD\xa01.234"),
        (-500, "USD", "-$5.00"),
        (2**53 - 1, "USD", "$90,071,992,547,409.91"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(minor, currency, written):
    assert str(Money(minor, currency)) == written


@given(st.lists(st.tuples(st.integers(), st.integers(-99, 99))))
def test_sums_are_exact(parts):
    total = sum((Money(minor, "USD") * times for minor, times in parts), Money(0, "USD"))
    assert total.minor == sum(minor * times for minor, times in parts)


@pytest.mark.parametrize("amount", [1.0, "1", None])
def test_money_is_never_a_float(amount):
    with pytest.raises(TypeError):
        Money(amount, "USD")
    with pytest.raises(TypeError):
        Money(1, "USD") * 1.5


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="cannot add EUR to USD"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(TypeError):
        assert Money(1, "USD") < Money(2, "EUR")
    assert Money(1, "USD") != Money(1, "EUR")


def test_nothing_is_false_and_a_cent_is_something():
    assert not Money(0, "USD")
    assert Money(1, "USD")


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("JPY", 0), ("KWD", 3)])
def test_minor_units_differ(currency, places):
    assert decimals(currency) == places


@pytest.mark.parametrize("code", ["", "ZZZ", "usd", "EURO", "$", "€€€", "BTC"])
def test_what_is_no_code_is_not_known(code):
    assert not known(code)
    assert known("USD")


@pytest.mark.parametrize(
    ("minor", "points", "tax"), [(1000, 1900, 190), (5, 1000, 1), (4, 1000, 0), (99, 0, 0)]
)
def test_tax_is_rounded_half_up(minor, points, tax):
    assert TaxRate(basis_points=points).on(Money(minor, "USD")) == Money(tax, "USD")


def test_tax_that_prices_include_is_not_added():
    rate = TaxRate(basis_points=1900, included=True)
    assert rate.on(Money(1000, "EUR")) == Money(0, "EUR")
