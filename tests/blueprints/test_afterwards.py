"""An order's invoice, and ordering the same again; behind its own link, without an account."""

import pytest
from playhouse.test_utils import count_queries

from storefront.models import DeskStatement, Order, OrderEvent, OrderLine, Variant
from tests.journey import come_home, fill_cart, order_path, pay, place_order
from tests.models.placing import stock


@pytest.fixture
def link(client, plenty, payment_page) -> str:
    """The way to an order whose card is held; its browser's cart is empty."""
    way = place_order(client, plenty)
    come_home(client, pay(payment_page, way))
    return order_path(way)


def charged(clock) -> Order:
    order = Order.get()
    order.charge(clock())
    return order


def refund(order: Order, minor: int, clock) -> None:
    DeskStatement.create(
        order=order,
        desk_seq=minor,
        outcome="refunded",
        amount_minor=minor,
        currency=order.currency,
        text="signed",
        taken_at=clock(),
    )


def test_what_is_not_paid_has_no_invoice(client, link):
    answer = client.get(f"{link}/invoice")
    assert answer.status_code == 404
    assert "because it is not paid" in answer.text
    assert f"{link}/invoice" not in client.get(link).text


def test_an_invoice_says_who_sold_what_to_whom_and_that_it_is_paid(client, app, link, clock):
    order = charged(clock)
    assert f"{link}/invoice" in client.get(link).text
    answer = client.get(f"{link}/invoice")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    page = answer.text
    for part in (
        *(order.number, f"{clock():%-d %B %Y}", app.jinja_env.globals["shop"]["postal_address"]),
        *("Ann Walker", "1 Main St", "97209", "United States", str(order.total)),
        *("Paid by card", "Nothing is owed", str(order.in_order()[0].total)),
    ):
        assert part in page, part
    assert "Refunded" not in page


def test_an_invoice_names_the_tax_that_its_prices_include(client, link, clock):
    order = charged(clock)
    assert "Includes" not in client.get(f"{link}/invoice").text
    Order.update(tax_name="19 % VAT", tax_included_minor=319).where(Order.id == order.id).execute()
    page = client.get(f"{link}/invoice").text
    assert "<dt>Includes 19 % VAT</dt><dd>$3.19</dd>" in page


def test_an_invoice_says_what_was_given_back(client, link, clock):
    order = charged(clock)
    refund(order, 100, clock)
    page = client.get(f"{link}/invoice").text
    assert "−$1.00" in page
    assert "Paid and kept" in page
    refund(order, order.total_minor - 100, clock)
    assert "refunded in full" in client.get(f"{link}/invoice").text


def test_a_link_that_is_not_ours_leads_to_no_invoice_and_no_cart(client, link, clock):
    charged(clock)
    for path in (f"{link}x/invoice", f"{link}x/cart", "/orders/x/invoice", "/orders/x/cart"):
        assert client.get(path).status_code == 404
    assert client.post(f"{link}x/cart").status_code == 404
    assert client.get_cookie("cart") is None


def test_the_same_again_goes_into_the_cart_once_however_often_it_is_pressed(visitor, link, plenty):
    title = plenty.product.title
    page = visitor.get(f"{link}/cart").text
    assert f"2 × {title}" in page
    for _ in range(2):
        answer = visitor.post(f"{link}/cart", {})
        assert answer.status_code in (204, 303)
        assert 'value="2"' in visitor.cart()


def test_prices_are_those_of_today(client, link, plenty):
    Variant.update(price_minor=123_45).where(Variant.id == plenty.id).execute()
    assert "$246.90" in client.get(f"{link}/cart").text
    client.post(f"{link}/cart")
    assert "$246.90" in client.get("/cart").text


def test_what_is_short_is_said_and_as_many_as_there_are_go_in(visitor, link, plenty):
    stock(plenty, 1)
    page = visitor.get(f"{link}/cart").text
    assert "Only 1 left." in page
    assert "You ordered 2." in page
    visitor.post(f"{link}/cart", {})
    assert 'value="1"' in visitor.cart()


@pytest.mark.parametrize("how", ["sold out", "deleted", "taken off the shelf"])
def test_what_is_gone_is_said_and_nothing_goes_in(visitor, link, plenty, how):
    if how == "sold out":
        stock(plenty, 0)
    elif how == "deleted":
        OrderLine.update(variant=None).execute()
    else:
        plenty.product.published = False
        plenty.product.save()
    page = visitor.get(f"{link}/cart").text
    assert ("Sold out." if how == "sold out" else "No longer sold.") in page
    assert "into my cart" not in page
    answer = visitor.post(f"{link}/cart", {})
    assert answer.status_code == 422
    assert "nothing was put into your cart" in answer.text
    assert visitor.client.get_cookie("cart") is None


def test_what_the_cart_holds_stays_in_it(client, link, plenty, shirt):
    other = next(v for v in shirt.in_order() if (v.left or 0) >= 3 and v.id != plenty.id)
    fill_cart(client, other, 1)
    fill_cart(client, plenty, 3)
    client.post(f"{link}/cart")
    page = client.get("/cart").text
    assert other.name in page
    assert 'value="3"' in page


def test_looking_costs_as_few_queries_however_many_lines(client, link):
    with count_queries() as counted:
        assert client.get(f"{link}/cart").status_code == 200
    assert counted.count <= 5


def test_nothing_is_written_by_looking(client, link, clock):
    charged(clock)
    before = (OrderEvent.select().count(), Order.get().state)
    client.get(f"{link}/cart")
    client.get(f"{link}/invoice")
    assert (OrderEvent.select().count(), Order.get().state) == before
