"""Putting things into the cart, changing how many, taking them out."""

import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.cookies import CartCookie
from storefront.models import Product, Variant, price
from tests.journey import item


def test_what_is_put_in_is_in_the_cart_at_the_shops_price(visitor, plenty):
    answer = visitor.post("/cart/items", item(plenty, 2))
    assert answer.status_code == (200 if visitor.fragments else 303)
    cart = visitor.cart()
    assert plenty.product.title in cart
    assert str(plenty.price * 2) in cart


def test_a_fragment_brings_the_badge_and_words_to_announce(client, plenty):
    answer = client.post("/cart/items", data=item(plenty, 2), headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith("<form")
    assert 'id="badge"' in answer.text
    assert "Added to your cart: 2 ×" in answer.text
    assert "<html" not in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_link_and_restored_history_get_the_whole_page(client, header):
    answer = client.get("/cart", headers={"HX-Request": "true", header: "true"})
    assert answer.text.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("-1", "whole number"),
        ("0", "at least 1"),
        ("1e3", "whole number"),
        ("1.5", "whole number"),
        ("٣", "whole number"),
        ("", "how many"),
        ("1000000000", "left"),
        ("9" * 400, "left"),
    ],
)
def test_a_quantity_that_is_none_is_refused_in_words_and_nothing_is_kept(
    visitor, plenty, quantity, words
):
    answer = visitor.post("/cart/items", item(plenty, quantity))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "nothing in it yet" in visitor.cart()


def test_the_quantity_twice_in_one_form_is_refused(visitor, plenty):
    answer = visitor.post("/cart/items", item(plenty) | {"quantity": ["1", "2"]})
    assert answer.status_code == 422
    assert "twice" in answer.text


def test_asking_for_more_than_is_left_is_refused_and_nothing_is_kept(visitor, plenty):
    answer = visitor.post("/cart/items", item(plenty, plenty.left + 1))
    assert answer.status_code == 422
    assert f"Only {plenty.left}" in answer.text
    assert "nothing in it yet" in visitor.cart()


def test_what_is_in_the_cart_counts_when_more_is_asked_for(visitor, plenty):
    visitor.post("/cart/items", item(plenty, plenty.left))
    answer = visitor.post("/cart/items", item(plenty, 1))
    assert answer.status_code == 422
    assert f"your cart already holds {plenty.left}" in answer.text


def test_what_is_sold_out_is_refused(visitor, shirt):
    gone = next(variant for variant in shirt.in_order() if variant.left == 0)
    answer = visitor.post("/cart/items", item(gone))
    assert answer.status_code == 422
    assert "sold out" in answer.text


def test_an_option_not_chosen_is_asked_for(visitor, plenty):
    fields = item(plenty)
    del fields["option1"]
    answer = visitor.post("/cart/items", fields)
    assert answer.status_code == 422
    assert f"Please choose: {plenty.product.options[0]}." in answer.text


def test_a_product_that_is_not_sold_is_refused(visitor):
    answer = visitor.post("/cart/items", {"product": "no-such-thing", "quantity": "1"})
    assert answer.status_code == 422
    assert "no longer sold" in answer.text


def test_changing_the_quantity_changes_the_line(visitor, plenty):
    visitor.post("/cart/items", item(plenty, 1))
    visitor.post(f"/cart/items/{plenty.id}", {"quantity": "3"})
    assert str(plenty.price * 3) in visitor.cart()


def test_quantity_zero_takes_the_line_out_and_leaves_no_cookie(visitor, plenty):
    visitor.post("/cart/items", item(plenty, 1))
    visitor.post(f"/cart/items/{plenty.id}", {"quantity": "0"})
    assert visitor.client.get_cookie("cart") is None
    assert "nothing in it yet" in visitor.cart()


def test_a_refused_change_keeps_the_line_and_what_was_typed(visitor, plenty):
    visitor.post("/cart/items", item(plenty, 2))
    answer = visitor.post(f"/cart/items/{plenty.id}", {"quantity": "1e3"})
    assert answer.status_code == 422
    assert 'value="1e3"' in answer.text
    assert str(plenty.price * 2) in visitor.cart()


def test_changing_a_line_that_is_not_there_is_refused(visitor, plenty):
    assert visitor.post(f"/cart/items/{plenty.id}", {"quantity": "1"}).status_code == 422
    assert visitor.post("/cart/items/999999", {"quantity": "1"}).status_code == 422


def test_a_variant_gone_since_is_taken_out_with_a_word(visitor, plenty):
    visitor.post("/cart/items", item(plenty, 1))
    Variant.delete().where(Variant.id == plenty.id).execute()
    cart = visitor.cart()
    assert "no longer sold" in cart
    assert re.search('id="badge"[^>]*>Cart</a>', cart), "the badge does not count it either"
    assert "no longer sold" not in visitor.cart(), "it is said once"


def test_a_product_taken_off_sale_leaves_the_cart(visitor, plenty):
    visitor.post("/cart/items", item(plenty, 1))
    Product.update(status="archived").where(Product.id == plenty.product_id).execute()
    assert "no longer sold" in visitor.cart()


def test_prices_sent_by_a_client_never_count(visitor, plenty):
    visitor.post("/cart/items", item(plenty, 1, price="1", price_minor="1"))
    assert str(plenty.price) in visitor.cart()


def test_no_cookie_before_something_is_put_in(client, plenty):
    for url in ("/", "/products", f"/products/{plenty.product.handle}", "/cart", "/checkout"):
        assert "Set-Cookie" not in client.get(url).headers, url


def test_the_cookie_holds_variant_and_quantity_only(client, plenty):
    client.post("/cart/items", data=item(plenty, 2))
    cookie = client.get_cookie("cart")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    held = cookie.value.split(".")[0]
    assert json.loads(urlsafe_b64decode(held + "=" * (-len(held) % 4))) == [plenty.id, 2]


@pytest.mark.parametrize("value", ["forged.value.here", "x" * 5000, "[1,2]"])
def test_a_forged_or_oversized_cookie_is_an_empty_cart_with_a_word(app, value):
    page = app.test_client(use_cookies=False).get("/cart", headers={"Cookie": f"cart={value}"})
    assert page.status_code == 200
    assert "nothing in it yet" in page.text
    assert "could not be read" in page.text
    assert "Max-Age=0" in page.headers["Set-Cookie"], "the cookie is taken back"


def test_a_cookie_signed_with_the_last_key_still_counts(settings, clock, plenty):
    from dataclasses import replace

    from storefront.app import create_app

    before = create_app(settings, clock).test_client()
    before.post("/cart/items", data=item(plenty, 2))
    rotated = replace(settings, cookie_keys=("a new key", *settings.cookie_keys))
    after = create_app(rotated, clock).test_client()
    after.set_cookie("cart", before.get_cookie("cart").value)
    assert str(plenty.price * 2) in after.get("/cart").text


def test_an_ancient_cookie_is_an_empty_cart_with_a_word(client, plenty, monkeypatch):
    import time

    client.post("/cart/items", data=item(plenty, 1))
    later = time.time() + 61 * 86400
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    page = client.get("/cart").text
    assert "older than 60 days" in page
    assert "nothing in it yet" in page


def test_the_way_on_is_a_whole_address_because_lynx_pauses_at_half_of_one(client, plenty):
    answer = client.post("/cart/items", data=item(plenty))
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://localhost/cart")


def priced(variant, minor: int, at) -> None:
    """Have it cost that from a moment on."""
    variant = Variant.get_by_id(variant.id)
    variant.price_minor = minor
    price.note([variant], at)
    variant.save()


def test_a_price_that_has_changed_since_is_said_in_the_cart(client, plenty, clock):
    client.post("/cart/items", data=item(plenty))
    assert "It was" not in client.get("/cart").text
    clock.forward(hours=1)
    priced(plenty, 4900, clock())
    with count_queries() as counted:
        page = client.get("/cart").text
    assert counted.count <= 6
    day = datetime.now(UTC).strftime("%-d %B")
    assert f"It was {plenty.price} on {day}, and is $49.00 now." in page
    assert "$49.00 each" in page
    priced(plenty, plenty.price_minor, clock())
    assert "It was" not in client.get("/cart").text


def test_putting_more_in_does_not_hide_what_has_changed_and_a_change_there_does(
    visitor, settings, plenty
):
    now = datetime.now(UTC)
    other = Variant.select().join(Product).where(Product.type == "Hats", Variant.stock > 2).first()
    price.PriceChange.delete().execute()  # those of the demo are of today
    priced(plenty, 5900, now - timedelta(days=20))
    priced(plenty, 4900, now - timedelta(days=5))
    filled = CartCookie(settings).written({plenty.id: 1}, now - timedelta(days=10))
    visitor.client.set_cookie("cart", filled)
    assert "It was $59.00 on" in visitor.cart()
    visitor.post("/cart/items", item(other))
    assert "It was $59.00 on" in visitor.cart()
    visitor.post(f"/cart/items/{plenty.id}", {"quantity": "2"})
    assert "It was" not in visitor.cart()


def test_a_moment_of_filling_is_kept_for_thirty_days_of_putting_more_in(settings):
    cookie = CartCookie(settings)
    now = datetime.now(UTC)
    for days, kept in ((29, True), (31, False)):
        since = now - timedelta(days=days)
        told = cookie.read(cookie.written({7: 1}, since))
        assert told.quantities == {7: 1}
        assert (abs(told.since - since) < timedelta(seconds=2)) == kept


def test_what_is_short_now_is_said_in_the_cart(client, plenty):
    client.post("/cart/items", data=item(plenty, 3))
    Variant.update(stock=1).where(Variant.id == plenty.id).execute()
    assert "Only 1 left: please change the quantity." in client.get("/cart").text
    Variant.update(stock=0).where(Variant.id == plenty.id).execute()
    assert "Sold out. Please remove it." in client.get("/cart").text
