"""Pins at the desk: kept, shown, changed, refused in words, taken away."""

from datetime import timedelta

import pytest

from storefront.models import Collection, Pin, Redirect, shelved
from tests.blueprints.desk.test_promotions import after, typed
from tests.blueprints.test_listing import titles
from tests.models.test_pinned import made
from tests.staff import signed_in

HERE, DAY = "/desk/pins", timedelta(days=1)


@pytest.fixture
def form(shirt) -> dict:
    of = f"/products/{shirt.handle}"
    return {"kind": "product", "of": of, "place": "1", "list": "products", "words": ""} | {
        "starts_at": "",
        "ends_at": "",
    }


def test_a_product_is_looked_for_chosen_and_pinned(at_work, form, shirt, client):
    assert "There are none yet" in at_work.get(HERE).text
    found = at_work.client.get(f"{HERE}/new?q=merino&list=products").text
    way = f"{HERE}/new?kind=product&amp;of=/products/{shirt.handle}&amp;list=products"
    assert way in found
    assert "Nothing fits “qqq”." in at_work.client.get(f"{HERE}/new?q=qqq").text
    page = at_work.client.get(way.replace("&amp;", "&")).text
    assert f'value="/products/{shirt.handle}"' in page
    assert "It is kept." in after(at_work, at_work.post(HERE, form))
    assert titles(client.get("/products").text)[0] == shirt.title
    assert "At place 1 in all products" in at_work.get(HERE).text


def test_the_list_shows_what_runs_comes_and_is_over_and_what_is_passed_over(at_work, shirt, clock):
    at, held = clock(), Collection.get(Collection.slug == "rain-ready")
    made(type="Hats", ends_at=at + DAY)
    made(tag="yarn", words="warm hat", starts_at=at + DAY)
    made(of_collection=held, ends_at=at - DAY)
    made(product=shirt, place=3, collection=held)
    page = at_work.get(HERE).text
    order = ("In force now", "Products of type Hats", "Coming", "Products tagged yarn", "Over")
    places = [page.index(f">{words}<") for words in (*order, "What is in Rain-ready")]
    assert places == sorted(places)
    assert "Ahead of the others in the search for “warm hat”, from" in page
    assert "passed over: the product is not in Rain-ready." in page
    for n in range(31):
        made(type="Hats", ends_at=at - (n + 2) * DAY)
    assert "And 2 before these." in at_work.get(HERE).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"of": ""}, "Say what comes first."),
        ({"of": "/products/nothing"}, "The shop has no such product."),
        ({"kind": "collection", "place": ""}, "The shop has no such collection."),
        ({"kind": "collection", "of": "rain-ready"}, "Only one product can have a place."),
        ({"kind": "type", "of": "Rockets", "place": ""}, "No product on sale is of this type."),
        ({"kind": "tag", "of": "rockets", "place": ""}, "No product on sale has this tag."),
        ({"kind": "else", "of": "rockets"}, "The shop has no such product."),
        ({"place": "0"}, "Write a number from 1 to 100."),
        ({"place": "first"}, "Write a whole number"),
        ({"list": "4711"}, "This collection was removed meanwhile."),
        ({"list": "x"}, "Write a whole number"),
        ({"list": "search"}, "Give the words of the search."),
        ({"starts_at": "soon"}, "Write it as year, month, day and time in UTC"),
        ({"starts_at": "2026-03-02", "ends_at": "2026-03-01"}, "It ends before it begins."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(at_work, form, changes, sentence):
    answer = at_work.post(HERE, form | changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{(form | changes)["of"]}"' in answer.text or not (form | changes)["of"]
    assert not Pin.select().exists()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, "Second-Day Merino T-shirt"),
        ({"of": "/products/as-it-was"}, "Second-Day Merino T-shirt"),
        ({"of": "second-day-merino-t-shirt", "place": ""}, "Second-Day Merino T-shirt"),
        ({"kind": "collection", "of": "rain-ready", "place": ""}, "What is in Rain-ready"),
        ({"kind": "type", "of": "Hats", "place": ""}, "Products of type Hats"),
        ({"kind": "tag", "of": "TAG", "place": ""}, "Products tagged TAG"),
        ({"list": "search", "words": "Warm  SHIRT"}, "the search for “warm shirt”"),
    ],
)
def test_each_is_shown_as_it_was_typed_and_saved_so_again(at_work, form, shirt, changes, what):
    tag = shirt.tags[0]
    Redirect.create(handle="as-it-was", product=shirt)
    changes = {name: value.replace("TAG", tag) for name, value in changes.items()}
    at_work.post(HERE, form | changes)
    held = Pin.get()
    page = at_work.get(f"{HERE}/{held.id}").text
    assert what.replace("TAG", tag) in page
    again = form | changes | {"seen": held.version}
    assert "Saved." in after(at_work, at_work.post(f"{HERE}/{held.id}", again))
    assert Pin.get().version == held.version


def test_one_is_changed_and_of_two_editors_the_second_is_told(at_work, form, clock):
    at_work.post(HERE, form)
    held = Pin.get()
    url, seen = f"{HERE}/{held.id}", held.version
    later = {"starts_at": typed(clock() + DAY)}
    assert "Saved." in after(at_work, at_work.post(url, form | later | {"seen": seen}))
    coming = at_work.get(url).text
    assert f"place=products&amp;at={typed(clock() + DAY)}" in coming
    answer = at_work.post(url, form | {"place": "7", "seen": seen})
    assert answer.status_code == 422
    assert "Somebody else has saved this" in answer.text
    assert 'value="7"' in answer.text
    assert Pin.get().place == 1


def test_a_draft_is_pinned_before_it_is_on_sale_and_what_went_is_still_changed(
    at_work, form, shirt
):
    shirt.status = "draft"
    shelved.settle(shirt, shirt.in_order())
    at_work.post(HERE, form)
    assert "passed over: the product is not on sale now." in at_work.get(HERE).text
    gone = made(tag="of last year")
    sent = {"kind": "tag", "of": "of last year", "place": "", "list": "search", "words": "old"}
    answer = at_work.post(f"{HERE}/{gone.id}", form | sent | {"seen": gone.version})
    assert "Saved." in after(at_work, answer)
    assert Pin.get_by_id(gone.id).words == "old"


def test_a_preview_shows_the_list_as_it_will_be(editor, shirt, clock, client):
    made(product=shirt, place=1, starts_at=clock() + DAY, ends_at=clock() + 2 * DAY)
    at = typed(clock() + DAY + timedelta(minutes=1))
    page = editor.get(f"/desk/promotions/preview?place=products&at={at}").text
    assert titles(page)[0] == shirt.title
    assert "The next change after it comes on" in page
    assert titles(client.get("/products").text)[0] != shirt.title


def test_one_is_removed_and_those_that_are_gone_are_said_to_be(at_work, form):
    at_work.post(HERE, form)
    url = f"{HERE}/{Pin.get().id}"
    assert "It is removed." in after(at_work, at_work.post(f"{url}/removal", {}))
    assert at_work.get(url).status_code == 404
    for sent, way in ((form, url), ({}, f"{url}/removal")):
        answer = at_work.post(way, sent)
        assert answer.status_code in (404, 422)
        assert "removed meanwhile" in answer.text
    assert not Pin.select().exists()


def test_pins_are_an_editors_and_a_managers(app):
    assert signed_in(app, "manager").get(HERE).status_code == 200
    assert signed_in(app, "moderator").get(HERE).status_code == 403
