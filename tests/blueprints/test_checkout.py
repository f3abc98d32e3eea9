"""The checkout: one page, one valid POST places the order."""

import re
from datetime import timedelta

import pytest

from storefront import policy, register
from storefront.models import Order, OutgoingMail, Product, ShippingRate, TaxRate, Variant
from tests.journey import ANN, fill_cart, hidden_in


@pytest.fixture
def filled(visitor, plenty):
    """A visitor with two of a shirt in the cart."""
    fill_cart(visitor.client, plenty, 2)
    return visitor


def hidden(client) -> dict:
    return hidden_in(client.get("/checkout").text)


def way_on(answer) -> str:
    return answer.headers.get("Location") or answer.headers["HX-Redirect"]


def test_a_valid_form_places_the_order_and_leads_to_the_payment_page(filled, settings, plenty):
    answer = filled.post("/checkout", ANN | hidden(filled.client))
    assert answer.status_code == (204 if filled.fragments else 303)
    assert way_on(answer).startswith(settings.payment_origin)
    order = Order.get()
    assert order.state == "awaiting_card"
    assert order.total == plenty.price * 2
    assert (order.email, order.region) == ("ann@example.com", "OR")
    assert order.policy.number == 1
    assert Variant.get_by_id(plenty.id).stock == plenty.stock - 2
    assert OutgoingMail.get().to == "ann@example.com"
    assert filled.client.get_cookie("cart") is None


def test_the_fields_are_named_for_autocomplete(filled):
    page = filled.client.get("/checkout").text
    for token in ANN:
        assert re.search(rf'autocomplete="{token}"', page), token
        assert re.search(rf'name="{token}"', page), token


def test_all_problems_are_told_at_once_beside_their_fields(filled):
    answer = filled.post("/checkout", hidden(filled.client) | {"country": "US", "name": "Ann"})
    assert answer.status_code == 422
    for field in ("email", "address-line1", "address-level2", "address-level1", "postal-code"):
        assert f'id="{field}-error"' in answer.text, field
        assert f'href="#{field}"' in answer.text, field
    assert "5 things need another look" in answer.text
    assert not Order.select().exists()


def test_nothing_typed_is_lost_when_a_form_is_refused(filled):
    typed = ANN | {"postal-code": "nowhere", "address-line2": "c/o <Bob>"}
    answer = filled.post("/checkout", typed | hidden(filled.client))
    assert answer.status_code == 422
    assert "This is no ZIP code of that place" in answer.text
    for value in ("Ann@example.com", "Ann Walker", "1 Main St", "nowhere", "c/o &lt;Bob&gt;"):
        assert f'value="{value}"' in answer.text, value


@pytest.mark.parametrize(
    ("email", "good"),
    [
        ("ann@example.com", True),
        ("ann@shop.test", True),
        ("ann@bücher.de", True),
        ("ann", False),
        ("ann@localhost", False),
        ("=?utf-8?q?=0A?=@shop.test", False),
        ("ann@example.com\r\nBcc: eve@example.com", False),
        ("a" * 300 + "@example.com", False),
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(filled, email, good):
    answer = filled.post("/checkout", ANN | hidden(filled.client) | {"email": email})
    assert (answer.status_code != 422) is good
    assert Order.select().exists() is good


@pytest.mark.parametrize(
    ("country", "address", "wrong"),
    [
        ("DE", {"address-level2": "Berlin", "postal-code": "10115"}, []),
        ("DE", {"address-level2": "Berlin", "postal-code": "1011"}, ["postal-code"]),
        ("GB", {"address-level2": "London", "postal-code": "ec1y 8sy"}, []),
        ("JP", {"address-level1": "Tokyo", "postal-code": "154-0023"}, []),
        ("IE", {"address-level2": "Dublin", "postal-code": ""}, []),
        ("US", {"address-level1": "Atlantis"}, ["address-level1"]),
        ("XX", {}, ["country"]),
        ("", {}, ["country"]),
    ],
)
def test_an_address_is_checked_by_the_rules_of_its_country(filled, country, address, wrong):
    blank = dict.fromkeys(("address-level1", "address-level2", "postal-code"), "")
    base = ANN if country == "US" or wrong == ["country"] else ANN | blank
    answer = filled.post("/checkout", base | {"country": country} | address | hidden(filled.client))
    assert re.findall(r'<p class="error" id="([\w-]+)-error"', answer.text) == wrong


def test_changing_the_country_asks_for_its_parts_and_keeps_what_was_typed(filled):
    answer = filled.post("/checkout/address", ANN | {"country": "DE"})
    assert answer.status_code == 200
    assert 'name="address-level1"' not in answer.text
    assert 'name="postal-code"' in answer.text
    if not filled.fragments:  # the fragment leaves alone what does not depend on the country
        assert 'value="Ann Walker"' in answer.text
        assert '<option value="DE" selected>' in answer.text
    kept = {"country": "US", "kept-address-level1": "Oregon"}
    assert 'value="Oregon"' in filled.post("/checkout/address", kept).text
    assert not Order.select().exists()


def test_the_same_form_again_is_the_same_order(filled, plenty):
    cart = filled.client.get_cookie("cart").value
    form = ANN | hidden(filled.client)
    first = filled.post("/checkout", form)
    again = filled.post("/checkout", form)  # a reload: the cart has been emptied
    filled.client.set_cookie("cart", cart)
    late = filled.post("/checkout", form)  # a double click: the cart was still there
    assert way_on(first) == way_on(again) == way_on(late)
    assert Order.select().count() == 1
    assert OutgoingMail.select().count() == 1
    assert Variant.get_by_id(plenty.id).stock == plenty.stock - 2


def test_a_form_sent_before_and_changed_since_is_said_and_changes_nothing(filled, plenty):
    form = ANN | hidden(filled.client)
    filled.post("/checkout", form)
    answer = filled.post("/checkout", form | {"address-line1": "2 Side St"})
    assert answer.status_code == 422
    assert "was sent before" in answer.text
    assert f"/orders/{Order.get().number}." in answer.text
    assert Order.get().line1 == "1 Main St"
    fill_cart(filled.client, plenty, 1)
    answer = filled.post("/checkout", form | {"address-line1": "2 Side St"})
    assert answer.status_code == 422
    again = form | {"address-line1": "2 Side St"} | hidden_in(answer.text)
    assert filled.post("/checkout", again).status_code in (204, 303)
    assert Order.select().count() == 2


def test_a_price_changed_is_told_beside_other_problems(filled, plenty):
    form = ANN | hidden(filled.client) | {"name": ""}
    Variant.update(price_minor=9900).where(Variant.id == plenty.id).execute()
    answer = filled.post("/checkout", form)
    assert "the total is $198.00 now" in answer.text
    assert "Please give the name" in answer.text


def test_a_form_without_its_hidden_fields_still_counts_once(filled):
    cart = filled.client.get_cookie("cart").value
    filled.post("/checkout", ANN)
    filled.client.set_cookie("cart", cart)
    filled.post("/checkout", ANN)
    assert Order.select().count() == 1


def test_a_price_changed_meanwhile_is_shown_and_asked_again(filled, plenty):
    form = ANN | hidden(filled.client)
    Variant.update(price_minor=9900).where(Variant.id == plenty.id).execute()
    answer = filled.post("/checkout", form)
    assert answer.status_code == 422
    assert "the total is $198.00 now" in answer.text
    assert not Order.select().exists()
    again = filled.post("/checkout", ANN | hidden_in(answer.text))
    assert again.status_code in (204, 303)
    assert Order.get().total_minor == 19800


def test_what_has_sold_out_meanwhile_is_named_and_nothing_is_kept(filled, plenty):
    form = ANN | hidden(filled.client)
    Variant.update(stock=1).where(Variant.id == plenty.id).execute()
    answer = filled.post("/checkout", form)
    assert answer.status_code == 422
    assert "only 1 is left" in answer.text
    assert not Order.select().exists()
    assert Variant.get_by_id(plenty.id).stock == 1


def test_what_is_no_longer_sold_is_said_before_anything_is_placed(filled, plenty, shirt):
    other = next(v for v in Variant.select().where(Variant.product != shirt) if v.left)
    fill_cart(filled.client, other, 1)
    form = ANN | hidden(filled.client)
    Product.update(status="archived").where(Product.id == other.product_id).execute()
    answer = filled.post("/checkout", form)
    assert answer.status_code == 422
    assert not Order.select().exists()


def test_an_empty_cart_has_nothing_to_order(visitor):
    assert "nothing in your cart to order" in visitor.client.get("/checkout").text
    answer = visitor.post("/checkout", ANN)
    assert answer.status_code == 422
    assert "nothing in your cart to order" in answer.text


def test_a_total_of_zero_skips_payment(filled, plenty):
    Variant.update(price_minor=0).where(Variant.id == plenty.id).execute()
    answer = filled.post("/checkout", ANN | hidden(filled.client))
    page = filled.client.get(way_on(answer)).text
    assert 'data-state="charged"' in page
    assert "Nothing had to be paid" in page


def test_delivery_and_tax_of_the_country_are_in_the_total(filled, plenty):
    ShippingRate.update(price_minor=700).execute()
    TaxRate.update(basis_points=1000).execute()
    page = filled.client.get("/checkout").text
    goods = plenty.price_minor * 2
    assert "$7.00" in page
    filled.post("/checkout", ANN | hidden(filled.client))
    order = Order.get()
    assert order.tax_minor == goods // 10
    assert order.total_minor == goods + 700 + goods // 10


def test_a_country_nobody_sends_to_is_said(filled):
    ShippingRate.delete().execute()
    answer = filled.post("/checkout", ANN | hidden(filled.client))
    assert answer.status_code == 422
    assert "do not send to this country" in answer.text


@pytest.mark.parametrize("field", ["cc-number", "ccNumber", "cvv", "CVC", "cid", "cvv2", "csc"])
def test_card_data_is_refused_by_the_shop_and_never_echoed(filled, field):
    answer = filled.post("/checkout", ANN | hidden(filled.client) | {field: "4929123456781234"})
    assert answer.status_code == 422
    assert "the shop takes none" in answer.text
    assert "4929123456781234" not in answer.text
    assert not Order.select().exists()


def test_totals_and_prices_sent_by_a_client_never_count(filled, plenty):
    forged = {"total_minor": "1", "price": "1", "shipping": "999999", "currency": "JPY"}
    filled.post("/checkout", ANN | hidden(filled.client) | forged)
    assert Order.get().total == plenty.price * 2


def test_without_a_policy_in_force_no_order_is_taken(filled):
    from storefront.db import database, is_sqlite
    from storefront.models import PolicyVersion

    if is_sqlite():
        database.execute_sql("DROP TRIGGER policy_version_never_DELETE")
    else:
        database.execute_sql("DROP TRIGGER policy_version_never_changed ON policy_version")
    PolicyVersion.delete().execute()
    answer = filled.post("/checkout", ANN | hidden(filled.client))
    assert answer.status_code == 422
    assert "We take no orders at the moment" in answer.text


def test_an_order_that_cannot_be_paid_at_once_is_kept(filled, settings):
    (settings.keys / "manifest").write_text("rubbish")
    answer = filled.post("/checkout", ANN | hidden(filled.client))
    page = filled.client.get(way_on(answer))
    assert page.status_code == 200
    assert 'data-state="placed"' in page.text
    assert "Pay $" in page.text


def post_policy(settings, clock, after=timedelta()):
    """Post a text that covers all there is, in force after so long."""
    covered = ", ".join(register.clauses())
    key, words = policy.read_key(settings.keys), {"role": "editor", "changes": "Said better."}
    text = f"# Privacy\n\nSaid better. {{covers: {covered}}}\n"
    return policy.publish(text, key, **words, in_force_at=clock() + after, at=clock())


def test_the_form_links_the_version_that_the_order_is_made_under(filled, settings, clock):
    post_policy(settings, clock, timedelta(days=1))
    page = filled.client.get("/checkout").text
    assert '<a href="/privacy/versions/1">our privacy page (version 1)</a>' in page
    filled.post("/checkout", ANN | hidden_in(page))
    assert Order.get().policy.number == 1


def test_when_another_version_comes_into_force_meanwhile_the_form_comes_back_and_says_so(
    filled, settings, clock
):
    form = ANN | hidden(filled.client)
    post_policy(settings, clock, timedelta(minutes=1))
    clock.forward(minutes=2)
    answer = filled.post("/checkout", form)
    assert answer.status_code == 422
    assert "Our privacy page has changed since you came here: version 2 is in force" in answer.text
    assert '<a href="/privacy/versions/2">' in answer.text
    assert 'value="Ann Walker"' in answer.text
    assert not Order.select().exists()
    filled.post("/checkout", ANN | hidden_in(answer.text))
    assert Order.get().policy.number == 2


def test_a_form_sent_again_after_the_checkout_was_closed_leads_to_its_order(
    filled, settings, clock
):
    form = ANN | hidden(filled.client)
    first = filled.post("/checkout", form)
    key, words = policy.read_key(settings.keys), {"role": "editor", "changes": "Less."}
    policy.publish("Nothing.", key, **words, in_force_at=clock(), at=clock())
    assert way_on(filled.post("/checkout", form)) == way_on(first)
    assert Order.select().count() == 1
