"""Codes, ways of sending and taxes at the checkout, with htmx and without."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.app import create_app
from storefront.mail import Postman
from storefront.models import (
    Discount,
    DiscountUse,
    Order,
    OutgoingMail,
    ShippingRate,
    TaxRate,
    Variant,
)
from tests.journey import ANN, fill_cart, hidden_in


@pytest.fixture
def filled(visitor, plenty):
    """A visitor with two things of $50.00 in the cart."""
    Variant.update(price_minor=5000, grams=400).where(Variant.id == plenty.id).execute()
    fill_cart(visitor.client, plenty, 2)
    return visitor


@pytest.fixture
def make(settings, clock):
    def make(code: str = "TEN", **facts) -> Discount:
        made = Discount(currency="USD", code=code)
        made.change(clock(), **{"kind": "percent", "value": 1000} | facts)
        return made

    return make


def form_of(filled, **more) -> dict:
    return ANN | hidden_in(filled.client.get("/checkout").text) | more


def said_of_code(page: str) -> str:
    found = re.search(r'id="code-error"[^>]*>([^<]*)<', page)
    return found[1] if found else ""


def sums(page: str) -> dict[str, str]:
    """What the summary says, by its names."""
    rows = re.findall(r"<dt>([^<]*)</dt><dd[^>]*>([^<]*)</dd>", page)
    return dict(rows)


def test_a_code_shows_what_it_takes_off_and_is_on_the_order(filled, make):
    make()
    form = form_of(filled, code=" ten ")
    page = filled.post("/checkout/totals", form)
    assert page.status_code == 200
    assert sums(page.text)["Discount: TEN"] == "−$10.00"
    assert sums(page.text)["Total"] == "$90.00"
    assert 'value="ten"' in page.text
    answer = filled.post("/checkout", form | hidden_in(page.text))
    assert answer.status_code in (204, 303)
    order = Order.get()
    assert (order.discount_code, order.total_minor) == ("TEN", 9000)
    way = filled.client.get("/checkout").text  # the cart is empty now
    assert "nothing in your cart" in way


def test_the_order_page_tells_of_the_code(filled, make, app):
    make(value=10_000)
    page = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    assert "Place the order</button>" in page.text
    answer = filled.post("/checkout", form_of(filled, code="TEN") | hidden_in(page.text))
    way = answer.headers.get("Location") or answer.headers["HX-Redirect"]
    shown = filled.client.get(way).text
    assert "Nothing had to be paid" in shown
    assert sums(shown)["Discount: TEN"] == "−$100.00"
    assert sums(shown)["Total"] == "$0.00"


def test_a_code_typed_and_not_looked_at_is_shown_before_it_counts(filled, make):
    make()
    answer = filled.post("/checkout", form_of(filled, code="TEN"))
    assert answer.status_code == 422
    assert "the total is $90.00 now" in answer.text
    assert not Order.select().exists()
    again = filled.post("/checkout", form_of(filled, code="TEN") | hidden_in(answer.text))
    assert again.status_code in (204, 303)
    assert Order.get().discount_minor == 1000


RETURN = {"by": "return"}  # in any field: it presses the first button of the form


def test_return_on_a_code_shows_what_it_takes_off_and_orders_with_the_next(filled, make):
    make()
    looked = filled.post("/checkout", form_of(filled, code="ten", **RETURN))
    assert looked.status_code == 200
    assert sums(looked.text)["Discount: TEN"] == "−$10.00"
    assert '<div class="notice" role="alert"' not in looked.text
    assert re.search(r'<input[^>]* autofocus[^>]* name="code"', looked.text)
    assert looked.headers.get("HX-Retarget") == "#totals"
    assert looked.text.startswith('<div id="totals"') == filled.fragments
    assert not Order.select().exists()
    form = form_of(filled, code="ten", **RETURN) | hidden_in(looked.text)
    assert filled.post("/checkout", form).status_code in (204, 303)
    assert Order.get().total_minor == 9000


def test_return_on_a_code_that_is_none_says_so_beside_it_however_often_and_nowhere_else(filled):
    form = form_of(filled, code="WINTER", **RETURN)
    for _ in range(2):
        answer = filled.post("/checkout", form)
        assert answer.status_code == 422
        assert "We do not know this code" in said_of_code(answer.text)
        assert "before we can send your order" not in answer.text
        form |= hidden_in(answer.text)


def test_return_on_a_code_that_was_taken_out_of_its_field_shows_the_total_without_it(filled, make):
    make()
    looked = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    form = form_of(filled) | hidden_in(looked.text) | {"code": ""} | RETURN
    assert sums(filled.post("/checkout", form).text)["Total"] == "$100.00"
    assert not Order.select().exists()


def test_return_without_a_code_places_the_order(filled):
    assert filled.post("/checkout", form_of(filled, **RETURN)).status_code in (204, 303)
    assert Order.select().count() == 1


def test_a_code_is_taken_out_again(filled, make):
    make()
    page = filled.post("/checkout/discount/removal", form_of(filled, code="TEN"))
    assert "Discount: TEN" not in page.text
    assert sums(page.text)["Total"] == "$100.00"
    assert 'value="TEN"' not in page.text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (None, "We do not know this code"),
        ({"until": -1}, "TEN is over"),
        ({"starts_at": 1}, "TEN holds from"),
        ({"most": 1, "uses": 1}, "used as often as it may be"),
        ({"minimum_minor": 10_001}, "yours is $0.01 short"),
        ({"currency": "EUR"}, "We do not know this code"),
    ],
)
@pytest.mark.parametrize("way", ["/checkout/totals", "/checkout"])
def test_a_code_that_does_not_hold_is_refused_beside_its_field(
    filled, make, clock, facts, words, way
):
    if facts is not None:
        days = {name: clock() + timedelta(days=n) for name, n in facts.items() if n in (1, -1)}
        days = {name: moment for name, moment in days.items() if name in ("until", "starts_at")}
        code = make()
        Discount.update(facts | days).where(Discount.id == code.id).execute()
    answer = filled.post(way, form_of(filled, code="TEN"))
    assert answer.status_code == 422
    assert words in said_of_code(answer.text)
    assert 'value="TEN"' in answer.text
    assert sums(answer.text)["Total"] == "$100.00"
    assert not Order.select().exists()
    without = filled.post("/checkout", form_of(filled, code=""))
    assert without.status_code in (204, 303), "and one can order without it"


def test_a_code_for_once_is_refused_to_who_has_used_it(filled, make, plenty):
    make(once=True)
    page = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    filled.post("/checkout", form_of(filled, code="TEN") | hidden_in(page.text))
    assert DiscountUse.select().count() == 1
    fill_cart(filled.client, plenty, 1)
    page = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    answer = filled.post("/checkout", form_of(filled, code="TEN") | hidden_in(page.text))
    assert answer.status_code == 422
    assert "this e-mail address has used it" in said_of_code(answer.text)
    assert sums(answer.text)["Total"] == "$50.00"
    assert Order.select().count() == 1


def test_nobody_learns_whose_address_has_used_a_code_without_placing_an_order(filled, make, plenty):
    make(once=True)
    page = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    filled.post("/checkout", form_of(filled, code="TEN") | hidden_in(page.text))
    fill_cart(filled.client, plenty, 1)
    wrong = {"code": "TEN", "name": ""}  # or the order would be placed where the address is new
    ways = ("/checkout/totals", "/checkout/address", "/checkout")
    for way in ways:
        told = []
        for email in (ANN["email"], "bob@example.com"):
            answer = filled.post(way, form_of(filled, email=email, **wrong))
            told.append((answer.status_code, said_of_code(answer.text), sums(answer.text)))
        assert told[0] == told[1]


def test_of_shoppers_at_once_one_gets_the_last_use_and_the_others_are_told_and_can_go_on(
    app, plenty, make
):
    Variant.update(price_minor=5000, stock=99).where(Variant.id == plenty.id).execute()
    make(most=1)
    clients = [app.test_client() for _ in range(6)]
    forms = []
    for client in clients:
        fill_cart(client, plenty, 1)
        page = client.post("/checkout/totals", data=ANN | {"code": "TEN"})
        forms.append(ANN | {"code": "TEN"} | hidden_in(page.text))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: clients[n].post("/checkout", data=forms[n]), range(6)))
    told = [n for n, answer in enumerate(answers) if answer.status_code == 422]
    assert len(told) == 5
    for n in told:
        assert "used as often as it may be" in said_of_code(answers[n].text)
        assert sums(answers[n].text)["Total"] == "$50.00"
        again = forms[n] | hidden_in(answers[n].text) | {"code": ""}
        assert clients[n].post("/checkout", data=again).status_code == 303
    totals = sorted(order.total_minor for order in Order.select())
    assert totals == [4500, *[5000] * 5]


def test_the_same_form_again_is_the_same_order_and_another_code_is_said(filled, make):
    make()
    page = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    form = form_of(filled, code="TEN") | hidden_in(page.text)
    assert filled.post("/checkout", form).status_code in (204, 303)
    assert filled.post("/checkout", form).status_code in (204, 303)
    assert "was sent before" in filled.post("/checkout", form | {"code": "OTHER"}).text
    assert Order.select().count() == 1


def test_guessing_codes_is_stopped_and_a_good_one_is_not_heard_then(settings, clock, plenty, make):
    client = create_app(replace(settings, limits=True), clock).test_client()
    fill_cart(client, plenty, 1)
    make()
    for n in range(20):
        assert "do not know" in client.post("/checkout/totals", data={"code": f"N{n}"}).text
    for code in ("N99", "TEN"):
        words = said_of_code(client.post("/checkout/totals", data={"code": code}).text)
        assert words.startswith("There were many tries that did not fit")
    assert client.post("/checkout/totals", data={"code": ""}).status_code == 200


def test_the_page_asks_the_database_once_for_ways_and_once_for_taxes(filled, make):
    make()
    with count_queries() as counted:
        filled.client.get("/checkout")
    asked = [query.msg[0] for query in counted.get_queries()]
    assert sum("shipping_rate" in sql for sql in asked) == 1
    assert sum("tax_rate" in sql for sql in asked) == 1
    assert not any("discount" in sql for sql in asked), "who has no code is not asked about any"
    with count_queries() as again:
        filled.post("/checkout/totals", form_of(filled, code="TEN"))
    asked = [query.msg[0] for query in again.get_queries()]
    assert sum("discount" in sql for sql in asked) == 1


FORGED = (
    "total_minor price price_minor subtotal discount discount_minor tax tax_minor tax_name "
    "tax_included_minor basis_points shipping_minor shipping_name currency uses most once "
    "kind value state number rate region_code grams discount_code paid_minor policy_id"
).split()


def test_nothing_counts_that_a_client_says_of_money(filled, make, plenty):
    """Whatever is sent beside the form, the order is the one that would have been without."""
    make()
    TaxRate.update(name="VAT", basis_points=1000).execute()
    ShippingRate.update(price_minor=700).execute()
    forged = dict.fromkeys(FORGED, "1") | {"shipping": "99999", "kind": "amount"}
    page = filled.post("/checkout/totals", form_of(filled, code="TEN") | forged)
    form = form_of(filled, code="TEN") | hidden_in(page.text) | forged
    assert filled.post("/checkout", form).status_code in (204, 303)
    order = Order.get()
    sums = (order.subtotal_minor, order.discount_minor, order.shipping_minor, order.tax_minor)
    assert sums == (10_000, 1000, 700, 900)
    assert (order.total_minor, order.currency) == (10_600, "USD")
    assert (order.tax_name, order.shipping_name) == ("10 % VAT", "Standard delivery")


def test_a_total_that_a_client_makes_up_places_nothing(filled):
    answer = filled.post("/checkout", form_of(filled, total="1USD"))
    assert answer.status_code == 422
    assert not Order.select().exists()


def test_another_way_of_sending_shows_another_total(filled):
    first = ShippingRate.get()
    fast = ShippingRate.create(zone=first.zone, name="Fast", price_minor=1500, currency="USD")
    chosen = {"shipping": str(fast.id)}
    page = filled.post("/checkout/totals", form_of(filled) | chosen)
    assert sums(page.text)["Total"] == "$115.00"
    filled.post("/checkout", form_of(filled) | hidden_in(page.text) | chosen)
    assert Order.get().shipping_name == "Fast"


def test_what_is_too_heavy_for_every_way_is_said(filled):
    ShippingRate.update(measure="weight", bands=[[0, 500, 300]]).execute()
    page = filled.client.get("/checkout").text
    assert "more than we can send there at once" in page
    answer = filled.post("/checkout", form_of(filled))
    assert answer.status_code == 422
    assert not Order.select().exists()


def test_a_way_that_is_free_from_a_subtotal_says_so_until_it_is(filled, plenty):
    ShippingRate.update(price_minor=700, free_from_minor=12_000).execute()
    page = filled.client.get("/checkout").text
    assert "free from $120.00" in page
    fill_cart(filled.client, plenty, 1)
    page = filled.client.get("/checkout").text
    assert "free from" not in page
    assert sums(page)["Delivery"] == "free"


def test_what_need_not_be_sent_asks_for_no_way_of_sending(filled, plenty):
    ShippingRate.delete().execute()
    Variant.update(needs_shipping=False).where(Variant.id == plenty.id).execute()
    page = filled.client.get("/checkout").text
    assert 'name="shipping"' not in page
    assert "Delivery" not in sums(page)
    assert filled.post("/checkout", form_of(filled)).status_code in (204, 303)
    assert (Order.get().shipping_name, Order.get().total_minor) == ("", 10_000)


def test_the_tax_of_a_state_is_shown_before_it_counts(filled):
    TaxRate.create(name="Sales tax", countries=["US"], regions=["OR"], basis_points=725)
    page = filled.client.get("/checkout").text
    region = next(i for i in re.findall(r"<input[^>]*>", page) if "address-level1" in i)
    assert 'hx-post="/checkout/totals"' in region
    answer = filled.post("/checkout", form_of(filled))
    assert answer.status_code == 422
    assert sums(answer.text)["7.25 % Sales tax"] == "$7.25"
    assert "the total is $107.25 now" in answer.text
    filled.post("/checkout", form_of(filled) | hidden_in(answer.text))
    assert Order.get().tax_minor == 725


def test_tax_in_the_prices_is_named(filled, make):
    make()
    TaxRate.update(name="VAT", basis_points=1900, included=True).execute()
    page = filled.post("/checkout/totals", form_of(filled, code="TEN")).text
    assert sums(page)["Includes 19 % VAT"] == "$14.37"
    assert sums(page)["Total"] == "$90.00"


def test_the_mail_tells_of_code_and_tax(filled, make, app):
    make()
    TaxRate.update(name="VAT", basis_points=1900, included=True).execute()
    page = filled.post("/checkout/totals", form_of(filled, code="TEN"))
    filled.post("/checkout", form_of(filled, code="TEN") | hidden_in(page.text))
    postman = Postman(app.extensions["settings"])
    message = postman.write(OutgoingMail.get(), app.extensions["clock"]())
    for kind in ("plain", "html"):
        text = message.get_body((kind,)).get_content()
        assert "Discount: TEN" in text
        assert "$10.00" in text
        assert "Includes 19 % VAT" in text
        assert "$14.37" in text
