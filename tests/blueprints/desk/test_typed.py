"""What people type at the desk is taken as it was meant, or refused in words."""

import pytest

from storefront.blueprints.desk import typed
from storefront.refusals import Refused


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12,50", "EUR", 1250),
        (" 12,5 ", "EUR", 1250),
        ("12", "USD", 1200),
        ("0", "USD", 0),
        ("0.05", "USD", 5),
        ("$12.50", "USD", 1250),
        ("12,50 €", "EUR", 1250),
        ("USD 12", "USD", 1200),
        ("1250", "JPY", 1250),
        ("¥1250", "JPY", 1250),
        ("1.250", "BHD", 1250),
        ("21.25", "BHD", 21250),
        ("", "USD", None),
    ],
)
def test_money_is_read_with_a_point_or_a_comma(text, currency, minor):
    assert typed.money(text, currency) == minor
    assert typed.money(typed.shown(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-3", "not negative"),
        ("−3", "not negative"),
        ("1,299", "thousands"),
        ("1.299", "thousands"),
        ("1,299.00", "thousands"),
        ("12.345", "thousands"),
        ("1234.567", "2 digits after the point"),
        ("€12", "not an amount in USD"),
        ("12 EUR", "not an amount in USD"),
        ("twelve", "not an amount"),
        ("1e5", "not an amount"),
        ("٣", "not an amount"),
        ("99999999", "more than the shop can take"),
        ("999999999999999999", "more than the shop can take"),
    ],
)
def test_what_is_no_money_or_could_be_two_amounts_is_refused_in_words(text, words):
    with pytest.raises(Refused) as refused:
        typed.money(text, "USD")
    assert words in refused.value.sentence


def test_money_that_is_asked_for_has_to_be_there():
    with pytest.raises(Refused, match="Please give a price"):
        typed.money(" ", "USD", "Please give a price.")


@pytest.mark.parametrize("text", ["", "1.5", "three", "1 000", "99999999999", "²"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(Refused):
        typed.count(text)


def test_a_number_of_goods_may_look_like_a_card_and_a_card_is_no_number_of_goods():
    assert typed.barcode("4006381333931") == "4006381333931"
    with pytest.raises(Refused, match="payment card"):
        typed.barcode("4242424242424242")
    with pytest.raises(Refused, match="payment card"):
        typed.line("Mine is 4242 4242 4242 4242")
    assert not typed.is_gtin("4006381333932")


def test_what_begins_with_a_tag_is_html_and_all_else_is_markdown():
    assert typed.html("<p>Warm *wool*.</p>", "") == "<p>Warm *wool*.</p>"
    assert typed.html("Warm *wool*.", "") == "<p>Warm <em>wool</em>.</p>"
    assert "<script" not in typed.html("<p>a</p><script>b()</script>", "")
    assert "<img" not in typed.html("![x](https://elsewhere.example/x.png)", "")


def test_a_description_that_nobody_touched_stays_as_it_is():
    plain = "Size * width *\r\nno tags at all"
    assert typed.html(plain.replace("\r\n", "\n"), plain) == plain


def test_a_description_may_hold_an_address_with_long_numbers_but_no_card():
    address = "<p>See https://archive.example/web/4242424242424242/x</p>"
    assert "4242" in typed.html(address, "")
    with pytest.raises(Refused, match="payment card"):
        typed.html("<p>4242 4242 4242 4242</p>", "")
