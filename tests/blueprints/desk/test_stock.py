"""The desk's stock: what is low, and what is put right by hand, by whom it may be."""

import pytest

from storefront.models import StockAdjustment, Variant
from tests.conftest import Visitor
from tests.models.placing import stock
from tests.staff import signed_in


@pytest.fixture(params=["pages", "fragments"])
def packer(request, app) -> Visitor:
    """Somebody of fulfilment, who asks for pages or for fragments."""
    return Visitor(signed_in(app, "fulfilment"), request.param == "fragments")


def after(visitor, answer) -> str:
    return visitor.get(answer.location).text if answer.status_code == 303 else answer.text


def test_what_is_low_is_listed_and_anything_is_found(packer, plenty, shirt):
    Variant.update(tracked=False).execute()
    assert "Nothing is low" in packer.get("/desk/stock").text
    stock(plenty, 2)
    page = packer.get("/desk/stock").text
    assert f'href="/desk/stock/{plenty.id}"' in page
    assert "left, low at 5" in page
    page = packer.get("/desk/stock", query_string={"q": "merino"}).text
    assert page.count("/desk/stock/") >= len(shirt.in_order())
    page = packer.get("/desk/stock", query_string={"q": plenty.sku}).text
    assert page.count('class="thing"') == 1
    assert "Nothing fits" in packer.get("/desk/stock", query_string={"q": "xylophone"}).text


def test_stock_is_adjusted_with_a_reason_and_the_history_shows_it(packer, plenty, client, shirt):
    stock(plenty, 0)
    form = {"reason": "received", "pieces": "3", "note": "Delivery 7"}
    answer = packer.post(f"/desk/stock/{plenty.id}/adjustments", form)
    page = after(packer, answer)
    assert "Now there are 3, +3." in page
    assert "received, 3 then: Delivery 7" in page
    assert "by the role of fulfilment" in page
    asked = {f"option{n + 1}": value for n, value in enumerate(plenty.choice)}
    assert "Only 3 left" in client.get(f"/products/{shirt.handle}", query_string=asked).text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pieces": "a few"}, "whole number"),
        ({"pieces": "-2"}, "without a minus"),
        ({"reason": "elves"}, "Choose what happened."),
        ({"reason": "other", "note": ""}, "Say in a few words why."),
        ({"note": "x" * 201}, "keep this to 200"),
    ],
)
def test_what_cannot_be_adjusted_is_refused_and_nothing_typed_is_lost(packer, plenty, given, words):
    form = {"reason": "received", "pieces": "3", "note": "Delivery 7"} | given
    answer = packer.post(f"/desk/stock/{plenty.id}/adjustments", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{form["pieces"]}"' in answer.text
    assert Variant.get_by_id(plenty.id).stock == plenty.stock
    assert not StockAdjustment.select().exists()


def test_an_adjustment_names_the_role_that_made_it(app, plenty):
    url = f"/desk/stock/{plenty.id}/adjustments"
    for role in ("editor", "fulfilment", "manager"):
        signed_in(app, role).post(url, data={"reason": "received", "pieces": "1"})
    made = StockAdjustment.newest(plenty, 5)
    assert [each.role for each in made] == ["manager", "fulfilment", "editor"]


def test_what_is_not_counted_says_so_and_editors_where_to_change_it(app, packer, plenty):
    Variant.update(tracked=False).where(Variant.id == plenty.id).execute()
    page = packer.get(f"/desk/stock/{plenty.id}").text
    assert "not counted" in page
    assert "Change that" not in page
    assert "Change that" in signed_in(app, "editor").get(f"/desk/stock/{plenty.id}").text


def test_a_variant_that_is_gone_is_said_to_be(packer):
    assert packer.get("/desk/stock/1073741824").status_code == 404
    form = {"reason": "received", "pieces": "3"}
    answer = packer.post("/desk/stock/1073741824/adjustments", form)
    assert answer.status_code == 404
    assert "removed from its product" in answer.text


def test_fulfilment_adjusts_stock_and_edits_nothing_else(app, shirt, plenty):
    client = signed_in(app, "fulfilment")
    at = f"/desk/products/{shirt.id}"
    for url in ("/desk/products", at, f"{at}/variants/{plenty.id}", "/desk/collections"):
        assert client.get(url).status_code == 403
    for url in (at, f"{at}/options", f"{at}/variants", f"{at}/variants/{plenty.id}/price"):
        assert client.post(url, data={"price": "1"}).status_code == 403
    moderator = signed_in(app, "moderator")
    assert moderator.get("/desk/stock").status_code == 403
    assert moderator.post(f"/desk/stock/{plenty.id}/adjustments").status_code == 403
