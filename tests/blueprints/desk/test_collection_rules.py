"""The desk's form for rules of collections: tried out, saved, refused in words; standing lists."""

import re

import pytest

from storefront.models import Collection, CollectionRule, Product
from storefront.models.card import Tile
from storefront.models.collection_filling import PRESETS, Filling
from storefront.models.rule import Rule
from tests.sales import sold


@pytest.fixture
def held(settings) -> Collection:
    return Collection.make("Good things", "good-things", "")


def url(held: Collection) -> str:
    return f"/desk/collections/{held.id}/rule"


def typed(held: Collection, **fields) -> dict:
    return {
        "by": "rule",
        "sort": "new",
        "seen": Filling.of(Collection.get_by_id(held.id)).version,
    } | fields


def after(at_work, answer) -> str:
    leads = answer.location or answer.headers.get("HX-Redirect")
    return at_work.get(leads).text if leads else answer.text


def test_a_rule_is_tried_out_without_a_change_and_saved(at_work, held, client):
    form = typed(held, types="hats", price_to="1000", in_stock="on", sort="price")
    page = at_work.get(url(held), query_string=form).text
    hats = Product.on_sale().where(Product.type == "Hats", Product.available)
    assert f"{hats.count()} products." in page
    assert all(hat.title in page for hat in hats)
    assert "Chosen by rule: hats, up to $1,000.00, in stock." in page
    assert not CollectionRule.select().exists()
    page = after(at_work, at_work.post(url(held), form))
    assert "Saved." in page
    assert "By the rule: hats, up to $1,000.00, in stock." in page
    assert "lowest price first" in page
    shown = client.get("/collections/good-things").text
    assert "Chosen by rule: hats, up to $1,000.00, in stock. Lowest price first." in shown
    prices = [hat.price_from for hat in hats]
    handles = [h for h in re.findall(r'href="/products/([\w-]+)"', shown) if h]
    found = [Product.get(Product.handle == h).price_from for h in handles]
    assert found == sorted(prices)
    page = at_work.get(url(held)).text
    assert 'value="Hats"' in page, "as the products spell it"
    assert 'value="1000.00"' in page
    assert "by rule" in at_work.get("/desk/collections").text


def test_going_back_to_the_hand_keeps_the_rule_for_another_day(at_work, held, shirt):
    held.hold([shirt.handle])
    at_work.post(url(held), typed(held, types="Hats"))
    page = at_work.get(f"/desk/collections/{held.id}").text
    assert "Chosen by hand, waiting" in page
    assert shirt.title in page
    form = typed(held, by="hand", types="Hats", sort="hand")
    assert "By hand." in after(at_work, at_work.post(url(held), form))
    assert 'value="Hats"' in at_work.get(url(held)).text
    assert shirt.title in at_work.get(url(held)).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Give it one condition at least"),
        ({"price_from": "12", "price_to": "ten"}, "This is not an amount in USD"),
        ({"price_from": "12", "price_to": "10"}, "less than the price it begins with"),
        ({"new_days": "many"}, "Write a whole number"),
        ({"new_days": "0"}, "Write a number from 1 to 730"),
        ({"best_most": "10"}, "Best sellers want both"),
        ({"types": "Hats", "sort": "sideways"}, "Please choose an order"),
        ({"types": "Hats", "seen": "another"}, "Somebody else has saved"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_what_was_typed_stays(at_work, held, fields, words):
    if "seen" in fields:
        at_work.post(url(held), typed(held, types="Jackets"))
    form = typed(held, tags="picnic") | fields if fields else typed(held)
    answer = at_work.post(url(held), form)
    assert answer.status_code == 422
    assert words in answer.text
    assert not fields or 'value="picnic"' in answer.text
    if "seen" in fields:
        seen = re.search(r'name="seen" value="(\w+)"', answer.text)[1]
        assert at_work.post(url(held), form | {"seen": seen}).status_code in (204, 303)
        assert Filling.of(held).rule == Rule(tags=("picnic",), types=("Hats",))
    else:
        assert at_work.get(url(held), query_string=form).status_code == 422
        assert not CollectionRule.select().exists()


def test_a_kind_that_nothing_is_of_is_named_and_nothing_fits(at_work, held):
    page = at_work.get(url(held), query_string=typed(held, types="Jakets")).text
    assert "No product on sale is of the kind “Jakets”." in page
    assert "No product fits now." in page


def test_a_collection_that_is_gone_has_no_rule(at_work):
    gone = "/desk/collections/1073741824/rule"
    assert at_work.get(gone).status_code == 404
    form = {"by": "rule", "types": "Hats", "sort": "new"}
    assert at_work.post(gone, form).status_code in (404, 422)


def test_standing_lists_are_made_with_one_click_and_not_twice(at_work, client, clock):
    first = Product.on_sale().first()
    sold([first], 10, clock())
    page = at_work.get("/desk/collections").text
    for preset in PRESETS:
        assert preset.words in page
        made = after(at_work, at_work.post("/desk/collections/standing", {"preset": preset.slug}))
        assert "Made." in made
        assert client.get(f"/collections/{preset.slug}").status_code == 200
    page = at_work.get("/desk/collections").text
    assert "Lists that many shops have" not in page
    again = at_work.post("/desk/collections/standing", {"preset": "best-sellers"})
    assert "There is a collection with the handle best-sellers already." in after(at_work, again)
    assert at_work.post("/desk/collections/standing", {"preset": "x"}).status_code == 400
    assert first.title in client.get("/collections/best-sellers").text
    assert {"best-sellers", "new-in"} <= {tile.slug for tile in Tile.all()}
