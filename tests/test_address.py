"""Addresses, by the rules of each country."""

import pytest

from storefront import address
from storefront.address import PARTS, checked, countries, rules_for

PORTLAND = {"line1": "1 Main St", "city": "Portland", "region": "OR", "postal_code": "97209"}


def test_countries_stand_in_the_order_of_their_names():
    assert list(countries().values()) == sorted(countries().values())
    assert len(countries()) > 240
    assert countries()["DE"] == "Germany"
    assert "ZZ" not in countries()


@pytest.mark.parametrize("country", sorted(countries()))
def test_every_country_has_rules_and_a_sentence_for_what_lacks(country):
    rules = rules_for(country)
    assert rules.required <= rules.parts <= set(PARTS)
    assert rules.region_name
    _, wrong = checked(country, {})
    assert set(wrong) == rules.required
    for sentence in wrong.values():
        assert sentence.startswith("Please give the ")
        assert sentence.endswith(".")


@pytest.mark.parametrize("country", sorted(countries()))
def test_nonsense_is_refused_or_kept_in_every_country_and_breaks_nothing(country):
    for nonsense in ("?", "x" * 120, "مرحبا", "\u0000", "<b>", "1" * 20):
        parts, wrong = checked(country, dict.fromkeys(PARTS, nonsense))
        assert set(parts) == set(PARTS)
        assert all("None" not in sentence for sentence in wrong.values())
        assert all(nonsense not in sentence for sentence in wrong.values() if len(nonsense) > 1)


@pytest.mark.parametrize("state", ["OR", "or", "Oregon", "OREGON", "oregon"])
def test_a_state_is_kept_as_its_code(state):
    parts, wrong = checked("US", PORTLAND | {"region": state})
    assert (parts, wrong) == (PORTLAND, {})


def test_all_that_is_wrong_is_told_at_once_in_the_words_of_the_country():
    _, wrong = checked("US", {"line1": "", "city": "", "region": "Ontario", "postal_code": "9"})
    assert set(wrong) == {"line1", "city", "region", "postal_code"}
    assert wrong["line1"] == "Please give the street address."
    assert wrong["region"].startswith("We do not know this state (United States).")
    assert wrong["postal_code"].startswith("This is no ZIP code of that place (United States);")


def test_a_zip_code_of_another_state_is_refused():
    _, wrong = checked("US", PORTLAND | {"postal_code": "10001"})
    assert set(wrong) == {"postal_code"}


def test_a_town_stays_as_its_people_write_it_and_a_code_is_put_right():
    given = {"line1": "1 High St", "city": "Ashby-de-la-Zouch", "postal_code": "le65 1aa"}
    parts, wrong = checked("GB", given)
    assert wrong == {}
    assert (parts["city"], parts["postal_code"]) == ("Ashby-de-la-Zouch", "LE65 1AA")


def test_what_a_country_does_not_ask_for_is_not_kept():
    parts, wrong = checked("DE", PORTLAND | {"postal_code": "10115", "region": "Oregon"})
    assert wrong == {}
    assert parts["region"] == ""


def test_a_code_that_is_no_country_is_refused():
    for code in ("XX", "usa"):
        with pytest.raises(ValueError, match="not a valid country code"):
            rules_for(code)
    assert address.countries() is countries(), "read once"
