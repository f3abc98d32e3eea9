"""Papers for the packing table: slips and the pick list."""

import re

import pytest
from markupsafe import escape
from playhouse.test_utils import count_queries

from storefront.models import Order, StaffAction
from storefront.models.picking import picks
from tests.models.placing import ANN, cart_of, place, stock
from tests.staff import signed_in


@pytest.fixture
def browser(app):
    return signed_in(app, "fulfilment")


@pytest.fixture
def pair(shirt):
    return [stock(variant, 100) for variant in shirt.in_order()[:2]]


def paid(clock, *lines) -> Order:
    order = place(cart_of(*lines), clock())
    order.hold_card(clock())
    order.charge(clock())
    return order


@pytest.fixture
def order(pair, clock) -> Order:
    return paid(clock, (pair[0], 3), (pair[1], 1))


def rows(page: str) -> list[list[str]]:
    """The cells of each row of a page's table, without markup."""
    found = re.findall(r"<tr><td(.*?)</tr>", page, re.S)
    return [[in_words(cell) for cell in row.split("<td")] for row in found]


def in_words(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]+>|^[^>]*>", " ", cell).split())


def test_a_slip_says_who_sends_what_to_whom_and_no_price(browser, app, order, pair, settings):
    page = browser.get(f"/desk/orders/{order.id}/packing-slip").text
    for said in (
        escape(settings.shop["name"]),
        "<br>12 Ropewalk, Portland, OR 97209, United States</p>",
        f"{ANN.name}<br>{ANN.line1}<br>{ANN.city}, OR {ANN.postal_code}<br>United States",
        f"Order {order.number}",
        f"{settings.shop_origin}/orders/{app.extensions['order_links'].write(order.number)}",
        "Ctrl P",
    ):
        assert said in page
    assert [row[0] for row in rows(page)] == ["3", "1"]
    assert "$" not in page.partition('class="paper"')[2]
    assert str(order.total) not in page


def test_what_left_already_or_was_called_off_is_on_no_slip(browser, order, clock):
    first, second = order.in_order()
    order.ship({first.id: 2}, clock())
    order.call_off({second.id: 1}, clock())
    page = browser.get(f"/desk/orders/{order.id}/packing-slip").text
    assert [row[0] for row in rows(page)] == ["1"]
    order.ship(None, clock())
    page = browser.get(f"/desk/orders/{order.id}/packing-slip").text
    assert [row[0] for row in rows(page)] == ["3"], "sent whole, the slip says all that was sent"


def test_a_slip_of_what_was_called_off_says_so(browser, order, clock):
    order.call_off(None, clock())
    page = browser.get(f"/desk/orders/{order.id}/packing-slip").text
    assert "Nothing of this order is left to send." in page


def test_several_slips_come_in_the_turn_they_were_asked_for_each_once(browser, order, pair, clock):
    other = paid(clock, (pair[1], 2))
    asked = f"order={other.id}&order={order.id}&order={other.id}&order=999&order=x&order=-1"
    page = browser.get(f"/desk/packing-slips?{asked}&order={'9' * 30}").text
    assert re.findall(r'<h2 id="slip-(\d+)"', page) == [str(other.id), str(order.id)]
    assert "each on a page of its own" in page
    log = StaffAction.select().order_by(StaffAction.row)
    assert [(each.what, each.table, each.row) for each in log] == [
        ("printed", "order", order.id),
        ("printed", "order", other.id),
    ]


def test_slips_of_many_orders_are_read_in_as_many_queries_as_of_one(browser, order, pair, clock):
    numbers = [order.id, *(paid(clock, (pair[0], 1)).id for _ in range(4))]
    every = "/desk/packing-slips?" + "&".join(f"order={number}" for number in numbers)
    browser.get(every)  # each is noted by itself, once an hour
    counts = []
    for url in (f"/desk/orders/{order.id}/packing-slip", every):
        with count_queries() as counted:
            browser.get(url)
        noted = [q for q in counted.get_queries() if "staff_action" in q.msg[0]]
        counts.append(counted.count - len(noted))
    assert counts[0] == counts[1]


def test_of_no_order_there_is_no_slip(browser):
    assert browser.get("/desk/orders/999/packing-slip").status_code == 404
    assert "No order was chosen" in browser.get("/desk/packing-slips").text
    assert "No order was chosen" in browser.get("/desk/packing-slips?order=999").text


def test_the_pick_list_counts_each_thing_over_all_orders_by_title(
    browser, order, pair, clock, settings
):
    other = paid(clock, (pair[0], 2))
    place(cart_of((pair[0], 9)), clock())  # not paid for
    page = browser.get("/desk/pick-list").text
    told = {row[2]: (row[1], row[3]) for row in rows(page)}
    assert told == {
        f"{order.in_order()[0].title} {pair[0].name} {pair[0].sku}": (
            "5",
            f"{order.number} × 3 , {other.number} × 2",
        ),
        f"{order.in_order()[1].title} {pair[1].name} {pair[1].sku}": ("1", order.number),
    }
    assert "6 pieces of 2 things" in page
    assert ANN.name not in page
    assert StaffAction.select().count() == 0, "it says nothing about anybody"


def test_the_pick_list_of_chosen_orders_has_theirs_alone(browser, order, pair, clock):
    other = paid(clock, (pair[0], 2))
    page = browser.get(f"/desk/pick-list?order={other.id}").text
    assert [row[1] for row in rows(page)] == ["2"]
    assert order.number not in page
    assert "want nothing from the shelves" in browser.get("/desk/pick-list?order=999").text
    assert "want nothing from the shelves" in browser.get("/desk/pick-list?order=x").text


def test_what_is_packed_sent_or_called_off_is_on_the_shelf_no_more(browser, order, clock):
    first, second = order.in_order()
    order.pack({first.id: 1}, clock())
    order.ship({first.id: 1}, clock())
    order.call_off({second.id: 1}, clock())
    assert [(pick.quantity, pick.sku) for pick in picks()] == [(2, first.sku)]
    order.pack(None, clock())
    assert picks() == []
    assert "Nothing is to be packed." in browser.get("/desk/pick-list").text


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_who_does_not_fulfil_prints_nothing(app, order, role):
    other = signed_in(app, role)
    papers = "pick-list", f"orders/{order.id}/packing-slip", f"packing-slips?order={order.id}"
    for path in papers:
        assert other.get(f"/desk/{path}").status_code == 403
