"""Text becomes money exactly, or is refused; nothing is guessed."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storefront.exchange.amounts import LARGEST_NUMBER, minor_units
from storefront.exchange.catalogue import BadCatalogue


@given(st.integers(0, LARGEST_NUMBER), st.integers(0, 4))
def test_every_amount_the_shop_can_hold_survives_being_written_and_read(minor, decimals):
    text = f"{minor // 10**decimals}.{minor % 10**decimals:0{decimals}d}".rstrip(".")
    text = text if decimals else str(minor)
    assert minor_units(f" {text} ", decimals, 1, "Price") == minor


@given(st.text(max_size=12), st.integers(0, 4))
@example("1e3", 2)
@example("１２", 2)
@example("36.", 2)
@example("1_000", 2)
@example("NaN", 2)
def test_any_text_is_an_amount_of_plain_digits_or_refused(text, decimals):
    try:
        minor = minor_units(text, decimals, 3, "Price")
    except BadCatalogue:
        return
    assert set(text.strip()) <= set("0123456789.")
    assert minor == Decimal(text) * 10**decimals


@pytest.mark.parametrize(
    ("text", "decimals", "minor"),
    [
        ("36.00", 2, 3600),
        ("36", 2, 3600),
        (" 36.5 ", 2, 3650),
        (".5", 2, 50),
        ("36.0000", 2, 3600),
        ("1200", 0, 1200),
        ("1200.00", 0, 1200),
        ("1.234", 3, 1234),
        ("0.00", 2, 0),
    ],
)
def test_amounts_are_read_exactly(text, decimals, minor):
    assert minor_units(text, decimals, 1, "Price") == minor


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(
            (text, "an amount is read as digits")
            for text in ("free", "-1", "1.299,00", "1e3", "NaN")
        ),
        *((text, "an amount is read as digits") for text in ("1,299.00", "$5", "1 000", "", "36.")),
        ("36.005", "finer than the shop's currency, which has 2 decimals"),
        ("99999999999", "larger than the shop can hold"),
    ],
)
def test_what_is_no_amount_is_refused_with_what_stood_there(text, words):
    with pytest.raises(BadCatalogue) as refusal:
        minor_units(text, 2, 12, "Variant Price")
    assert str(refusal.value).startswith(f"line 12: Variant Price is {text!r}")
    assert words in refusal.value.reason
