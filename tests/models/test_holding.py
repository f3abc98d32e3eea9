"""Stock is held for a card that may come, let go when none did, and taken again when it does."""

from datetime import timedelta

import pytest

from storefront.models import Order, OrderEvent, OutgoingMail
from storefront.refusals import Refused, SoldOut
from tests.models.placing import HOLD, at_once, cart_of, left, place, stock

SECOND = timedelta(seconds=1)


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def pair(shirt):
    """Two variants of a shirt, ten of each in stock."""
    return [stock(variant, 10) for variant in shirt.in_order()[:2]]


@pytest.fixture
def order(pair, now):
    """An order for two of the one and three of the other."""
    return place(cart_of((pair[0], 2), (pair[1], 3)), now)


def events(order: Order) -> list[str]:
    return [event.what for event in order.events.order_by(OrderEvent.id)]


def test_stock_is_not_let_go_before_the_hold_is_over(order, pair, now):
    assert not order.lapse(now + HOLD - SECOND)
    assert (Order.get().state, left(pair[0]), left(pair[1])) == ("placed", 8, 7)


def test_stock_comes_back_exactly_once(order, pair, now):
    assert order.lapse(now + HOLD)
    assert not order.lapse(now + HOLD + SECOND)
    assert not Order.get().lapse(now + HOLD + SECOND)
    assert (Order.get().state, left(pair[0]), left(pair[1])) == ("lapsed", 10, 10)
    assert events(order) == ["placed", "lapsed"]


def test_eight_who_let_it_go_at_once_let_it_go_once(order, pair, now):
    outcomes = at_once(8, lambda _: Order.get_by_id(order.id).lapse(now + HOLD))
    assert sorted(outcomes) == [False] * 7 + [True]
    assert (left(pair[0]), left(pair[1])) == (10, 10)


def test_an_order_that_is_waiting_for_a_card_is_held_for_as_long_as_its_offer(order, pair, now):
    order.await_card(now + 2 * HOLD, now)
    assert not order.lapse(now + HOLD)
    assert order.lapse(now + 2 * HOLD)


@pytest.mark.parametrize("state", ["card_held", "charged", "refunded", "cancelling", "cancelled"])
def test_what_has_a_card_or_waits_for_none_does_not_lapse(order, pair, now, state):
    order.hold_card(now)
    Order.update(state=state, hold_until=now).execute()
    assert not order.lapse(now + HOLD)
    assert left(pair[0]) == 8


def test_paying_after_the_lapse_takes_the_stock_again(order, pair, now):
    order.lapse(now + HOLD)
    order.await_card(now + 2 * HOLD, now + HOLD)
    assert (Order.get().state, left(pair[0]), left(pair[1])) == ("awaiting_card", 8, 7)
    assert order.lapse(now + 2 * HOLD)
    assert (left(pair[0]), left(pair[1])) == (10, 10)


def test_paying_after_the_lapse_names_what_has_gone_and_takes_nothing(order, pair, now):
    order.lapse(now + HOLD)
    stock(pair[1], 2)
    with pytest.raises(SoldOut) as refusal:
        order.await_card(now + 2 * HOLD, now + HOLD)
    title = pair[1].product.title
    assert refusal.value.sentence == f"Of {title} ({pair[1].name}) only 2 are left."
    fresh = Order.get()
    assert (fresh.state, fresh.hold_until, left(pair[0]), left(pair[1])) == ("lapsed", None, 10, 2)


def test_paying_after_the_lapse_for_what_is_no_longer_sold_names_it(order, pair, now):
    order.lapse(now + HOLD)
    pair[0].delete_instance()
    with pytest.raises(SoldOut, match=f"{pair[1].product.title} is no longer sold"):
        order.await_card(now + 2 * HOLD, now + HOLD)
    assert left(pair[1]) == 10


def test_a_variant_taken_off_the_shelves_does_not_keep_the_rest_from_coming_back(order, pair, now):
    pair[0].delete_instance()
    assert order.lapse(now + HOLD)
    assert left(pair[1]) == 10


def test_a_card_that_comes_after_the_lapse_is_held_and_takes_the_stock_again(order, pair, now):
    order.lapse(now + HOLD)
    assert order.hold_card(now + HOLD)
    assert (Order.get().state, left(pair[0]), left(pair[1])) == ("card_held", 8, 7)
    assert events(order) == ["placed", "lapsed", "card_held"]


def test_a_card_that_comes_when_the_stock_is_gone_is_held_all_the_same(order, pair, now):
    order.lapse(now + HOLD)
    stock(pair[1], 0)
    assert order.hold_card(now + HOLD)
    assert (Order.get().state, left(pair[0]), left(pair[1])) == ("card_held", 10, 0)
    assert events(order) == ["placed", "lapsed", "stock_gone", "card_held"]
    assert OutgoingMail.select().where(OutgoingMail.kind == "order_card_held").count() == 1


def test_a_card_is_held_once_however_often_it_is_told(order, pair, now):
    outcomes = at_once(8, lambda _: Order.get_by_id(order.id).hold_card(now))
    outcomes.append(order.hold_card(now + SECOND))
    assert sorted(outcomes) == [False] * 8 + [True]
    assert [mail.kind for mail in order.mails] == ["order_placed", "order_card_held"]
    assert events(order) == ["placed", "card_held"]
    assert (Order.get().hold_until, left(pair[0])) == (None, 8)


def test_a_card_and_the_end_of_the_hold_at_the_same_moment_leave_a_held_card_and_its_stock(
    order, pair, now
):
    def meet(n: int):
        mine = Order.get_by_id(order.id)
        return mine.hold_card(now + HOLD) if n % 2 else mine.lapse(now + HOLD)

    at_once(6, meet)
    assert (Order.get().state, left(pair[0]), left(pair[1])) == ("card_held", 8, 7)


def test_nobody_pays_twice(order, now):
    order.hold_card(now)
    with pytest.raises(Refused, match="paid for already"):
        order.await_card(now + HOLD, now)


def test_a_record_that_grew_old_in_memory_decides_by_what_is_kept(order, now):
    old = Order.get_by_id(order.id)
    order.hold_card(now)
    assert old.state == "placed"
    assert not old.lapse(now + HOLD)
    with pytest.raises(Refused):
        old.await_card(now + HOLD, now)
