"""Placing an order: stock is taken once, prices are the shop's, all is kept or nothing."""

import dataclasses
import os

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database
from storefront.models import (
    Order,
    OrderEvent,
    OrderLine,
    OutgoingMail,
    PolicyVersion,
    Product,
    ShippingRate,
    TaxRate,
    Variant,
)
from storefront.refusals import Refused, SoldOut
from tests.models.placing import ANN, at_once, cart_of, left, place, stock
from tests.models.racing import race, rounds

FULL = os.environ.get("FAULTS") == "full"
BUYERS, ROUNDS = (64, 1000) if FULL else (8, 12)


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def three(shirt):
    """Three variants of a shirt, ten of each in stock."""
    return [stock(variant, 10) for variant in shirt.in_order()[:3]]


def kept() -> list[int]:
    """How many rows tell of orders."""
    return [record.select().count() for record in (Order, OrderLine, OrderEvent, OutgoingMail)]


def test_an_order_takes_its_stock_and_tells_what_was_bought(three, now):
    order = place(cart_of((three[0], 2), (three[1], 1)), now)
    assert [left(variant) for variant in three] == [8, 9, 10]
    lines = [(line.title, line.choice, line.quantity) for line in order.in_order()]
    title = three[0].product.title
    assert lines == [(title, three[0].name, 2), (title, three[1].name, 1)]
    assert [event.what for event in order.events] == ["placed"]
    assert (order.state, order.placed_at) == ("placed", now)


@pytest.mark.parametrize("between", ["nothing", "lapsed", "card_held"])
def test_the_same_placement_again_is_the_same_order_whatever_came_between(three, now, between):
    cart = cart_of((three[0], 2))
    order = place(cart, now, "one click")
    if between == "lapsed":
        order.lapse(order.hold_until)
    elif between == "card_held":
        order.hold_card(now)
    before = [*kept(), left(three[0])]
    for _ in range(3):
        assert place(cart_of((three[0], 2)), now, "one click") == order
    assert [*kept(), left(three[0])] == before


def test_the_same_placement_again_is_the_same_order_when_nothing_is_left(three, now):
    order = place(cart_of((three[0], 10)), now, "one click")
    assert place(cart_of((three[0], 10)), now, "one click") == order
    assert place(cart_of(), now, "one click") == order
    assert (kept(), left(three[0])) == ([1, 1, 1, 1], 0)


def test_an_order_of_three_lines_asks_the_database_no_more_than_one_of_one(three, now):
    asked = []
    for lines in ([(three[0], 1)], [(variant, 1) for variant in three]):
        rate, policy, cart = ShippingRate.get(), PolicyVersion.last(), cart_of(*lines)
        more = {"placement": f"{len(lines)} lines", "hold_until": now, "at": now}
        with count_queries() as counter:
            Order.place(cart, ANN, rate, policy, **more)
        asked.append(counter.count)
    assert asked == [8, 8], (
        "cart, tax; order, lines, event, mail, stock as it is, and as it will be"
    )


def test_eight_clicks_at_the_same_moment_place_one_order(three, now):
    def click(_):
        return place(cart_of((three[0], 2)), now, "one click").number

    numbers = at_once(8, click)
    assert len(set(numbers)) == 1
    assert Order.get().number == numbers[0]
    assert kept() == [1, 1, 1, 1]
    assert left(three[0]) == 8


@pytest.mark.parametrize("there", [1, 5])
def test_sixteen_shoppers_who_want_the_last_get_what_is_there_and_no_more(three, now, there):
    stock(three[0], there)
    outcomes = at_once(16, lambda n: place(cart_of((three[0], 1)), now, f"shopper {n}"))
    assert [type(outcome) for outcome in outcomes].count(Order) == there
    assert [type(outcome) for outcome in outcomes].count(SoldOut) == 16 - there
    assert left(three[0]) == 0
    assert kept() == [there] * 4


def test_eight_processes_that_race_for_the_last_pieces_sell_exactly_these(settings, three, now):
    stock(three[0], 12), stock(three[1], 20)
    outcomes = race(settings.database_url, [v.id for v in three[:2]], shoppers=8, orders=5)
    assert outcomes == {"Order": 12, "SoldOut": 28}
    assert (left(three[0]), left(three[1])) == (0, 8)
    assert kept() == [12, 24, 12, 12]


def test_buyers_who_race_for_the_last_one_again_and_again_get_one_each_time_and_none_is_lost(
    settings, three
):
    """64 of them a thousand times with FAULTS=full."""
    outcomes = rounds(settings.database_url, three[0], BUYERS, ROUNDS)
    assert outcomes == {"Order": ROUNDS, "SoldOut": (BUYERS - 1) * ROUNDS}
    assert left(three[0]) == 0
    assert kept() == [ROUNDS] * 4


def test_orders_for_the_same_things_the_other_way_round_do_not_block_each_other(three, now):
    def shop(n: int):
        both = [(three[0], 1), (three[1], 1)]
        return place(cart_of(*(both if n % 2 else both[::-1])), now, f"shopper {n}").state

    assert at_once(8, shop) == ["placed"] * 8
    assert (left(three[0]), left(three[1])) == (2, 2)


@pytest.mark.parametrize("again", range(3))
def test_of_two_who_take_the_last_two_sizes_at_once_one_sees_that_nothing_is_left(
    shirt, now, again
):
    Variant.update(stock=0, tracked=True, oversell=False).where(Variant.product == shirt).execute()
    sizes = [stock(variant, 1) for variant in shirt.in_order()[:2]]
    at_once(2, lambda n: place(cart_of((sizes[n], 1)), now, f"shopper {n}"))
    assert not Product.get_by_id(shirt.id).available
    order = Order.get()
    order.lapse(order.hold_until)
    assert Product.get_by_id(shirt.id).available, "what comes back can be bought again"


def test_nothing_is_kept_when_one_of_three_lines_has_sold_out(three, now):
    cart = cart_of((three[0], 2), (three[1], 4), (three[2], 1))
    assert len(cart.lines) == 3, "the cart was looked at before"
    stock(three[1], 3)
    with pytest.raises(SoldOut) as refusal:
        place(cart, now)
    assert (
        refusal.value.sentence == f"Of {three[1].product.title} ({three[1].name}) only 3 are left."
    )
    assert kept() == [0, 0, 0, 0]
    assert [left(variant) for variant in three] == [10, 3, 10]


def test_all_that_has_sold_out_is_named_at_once(three, now):
    cart = cart_of((three[0], 2), (three[1], 4), (three[2], 1))
    stock(three[0], 1), stock(three[2], 0)
    with pytest.raises(SoldOut) as refusal:
        place(cart, now)
    assert "only 1 is left." in refusal.value.sentence
    assert f"({three[2].name}) has just sold out." in refusal.value.sentence


def test_what_was_taken_off_the_shelves_a_moment_ago_is_refused_in_words(three, now):
    cart = cart_of((three[0], 1), (three[1], 1))
    assert len(cart.lines) == 2, "the cart was looked at before"
    three[1].delete_instance()
    with pytest.raises(SoldOut, match="no longer sold"):
        place(cart, now)
    assert kept() == [0, 0, 0, 0]
    assert left(three[0]) == 10


def test_an_empty_cart_is_refused(settings, now):
    with pytest.raises(Refused, match="nothing in your cart"):
        place(cart_of(), now)


def test_prices_and_totals_are_the_databases(three, now):
    Variant.update(price_minor=4321).where(Variant.id == three[0].id).execute()
    TaxRate.update(basis_points=1900).execute()
    order = place(cart_of((three[0], 2)), now)
    assert [line.price_minor for line in order.lines] == [4321]
    assert (order.subtotal_minor, order.tax_minor, order.total_minor) == (8642, 1642, 10284)


def test_a_price_that_changed_since_the_cart_was_looked_at_is_not_charged(three, now):
    cart = cart_of((three[0], 2))
    assert cart.subtotal, "the cart was looked at before"
    Variant.update(price_minor=4321).where(Variant.id == three[0].id).execute()
    with pytest.raises(Refused, match="price has just changed"):
        place(cart, now)
    assert kept() == [0, 0, 0, 0]
    assert left(three[0]) == 10


def test_a_total_of_zero_is_charged_at_once_and_told_by_mail(three, now):
    Variant.update(price_minor=0).where(Variant.id == three[0].id).execute()
    order = place(cart_of((three[0], 1)), now)
    assert (order.state, order.hold_until, order.unpaid) == ("charged", None, False)
    assert [event.what for event in order.events.order_by(OrderEvent.id)] == ["placed", "charged"]
    assert [mail.kind for mail in order.mails] == ["order_placed"]
    assert not order.lapse(now.replace(year=now.year + 1))
    assert left(three[0]) == 9


def test_the_dearest_order_there_can_be_is_kept_to_the_cent(shirt, now):
    dear = [stock(variant, 99) for variant in shirt.in_order()[:3]]
    Variant.update(price_minor=2**31 - 1).where(Variant.product == shirt).execute()
    order = place(cart_of(*((variant, 99) for variant in dear)), now)
    assert Order.get_by_id(order.id).total_minor == 3 * 99 * (2**31 - 1)


def test_the_address_for_mail_is_kept_in_small_letters(three, now):
    order = place(cart_of((three[0], 1)), now, customer=dataclasses.replace(ANN, email=" A@B.CO "))
    assert (order.email, OutgoingMail.get().to) == ("a@b.co", "a@b.co")
    assert list(Order.about("A@b.CO ")) == [order]
    assert list(OutgoingMail.about("A@b.CO ")) == [OutgoingMail.get()]


def test_no_mail_is_written_for_an_order_that_was_rolled_back(three, now):
    with database.atomic() as transaction:
        place(cart_of((three[0], 1)), now)
        assert OutgoingMail.select().count() == 1
        transaction.rollback()
    assert kept() == [0, 0, 0, 0]
    assert left(three[0]) == 10


def test_what_nothing_limits_can_always_be_ordered(three, now):
    free = [("tracked", False), ("oversell", True), ("stock", None)]
    for variant, (name, value) in zip(three, free, strict=True):
        Variant.update({"stock": 0, name: value}).where(Variant.id == variant.id).execute()
    order = place(cart_of(*((variant, 99) for variant in three)), now)
    assert [left(variant) for variant in three] == [0, -99, None], "only what is counted is counted"
    order.lapse(order.hold_until)
    assert [left(variant) for variant in three] == [0, 0, None]


def test_numbers_read_out_on_the_phone_hold_no_letters_taken_for_another(three, now):
    numbers = [place(cart_of((three[0], 1)), now).number for _ in range(10)]
    assert len(set(numbers)) == 10
    assert not set("".join(numbers)) & set("01OI")
