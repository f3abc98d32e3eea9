"""The desk's page of taxes."""

import pytest

from storefront.models import TaxRate
from tests.blueprints.desk.selling import Seller

HERE = "/desk/taxes"
VAT = {"name": "VAT", "percent": "19", "countries": "Germany", "included": "on"}


def test_a_rate_is_added_changed_and_removed(seller):
    page = seller.send(HERE, **VAT)
    assert "19 % VAT is added." in page
    assert "in our prices, delivery is not taxed" in page
    rate = TaxRate.get(TaxRate.name == "VAT")
    assert (rate.countries, rate.basis_points, rate.included) == (["DE"], 1900, True)
    form = seller.get(f"{HERE}/{rate.id}")
    assert 'name="included" checked' in form
    assert 'name="on_shipping" checked' not in form
    changed = VAT | {"percent": "7.25 %", "on_shipping": "on"}
    del changed["included"]
    assert "on top of our prices, delivery as well" in seller.send(f"{HERE}/{rate.id}", **changed)
    rate = TaxRate.get_by_id(rate.id)
    assert (rate.basis_points, rate.included, rate.on_shipping) == (725, False, True)
    assert "is removed" in seller.send(f"{HERE}/{rate.id}/removal")
    assert TaxRate.select().count() == 1


def test_a_rate_of_some_states_is_read_by_name_and_code(seller):
    seller.send(HERE, name="Sales tax", percent="7.25", countries="US", regions="California, or")
    rate = TaxRate.get(TaxRate.name == "Sales tax")
    assert rate.regions == ["CA", "OR"]
    assert "United States: California, Oregon" in seller.get(HERE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"percent": "19,5"}, "This is &#39;19,5&#39;"),
        ({"percent": "101"}, "from 0 to 100 per cent"),
        ({"name": ""}, "what the tax is called"),
        ({"countries": ""}, "name at least one country"),
        ({"countries": "everywhere else"}, "There is a rate for everywhere else already"),
        ({"regions": "Bavaria"}, "Addresses in Germany know no “Bavaria”"),
        ({"countries": "US, DE", "regions": "Oregon"}, "want one country"),
        ({"countries": "Mordor"}, "We know no country “Mordor”"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_and_nothing_typed_is_lost(seller, changes, words):
    page = seller.refused(HERE, **VAT | changes)
    assert words in page
    assert 'name="included" checked' in page
    for typed in changes.values():
        assert not typed or typed in page
    assert TaxRate.select().count() == 1
    rate = TaxRate.get()
    assert rate.name == "No tax"


def test_a_change_that_is_refused_changes_nothing(seller):
    seller.send(HERE, **VAT)
    rate = TaxRate.get(TaxRate.name == "VAT")
    page = seller.refused(f"{HERE}/{rate.id}", **VAT | {"countries": "everywhere else"})
    assert "already: No tax" in page
    assert TaxRate.get_by_id(rate.id).countries == ["DE"]


@pytest.mark.parametrize("fragments", [False, True])
def test_an_editor_reads_and_changes_nothing(app, fragments):
    editor = Seller(app, "editor", fragments)
    assert "No tax" in editor.get(HERE)
    rate = TaxRate.get()
    assert editor.client.get(f"{HERE}/{rate.id}").status_code == 403
    for way in (HERE, f"{HERE}/{rate.id}", f"{HERE}/{rate.id}/removal"):
        assert editor.post(way, **VAT).status_code == 403
    assert TaxRate.select().count() == 1


def test_with_no_rate_at_all_the_page_says_so(seller):
    seller.send(f"{HERE}/{TaxRate.get().id}/removal")
    assert "No tax is added anywhere" in seller.get(HERE)
    assert seller.client.get(f"{HERE}/99").status_code == 404
