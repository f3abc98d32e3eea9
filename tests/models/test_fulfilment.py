"""What happens to an order that is paid for: packed, sent in parcels, delivered, called off."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront.models import (
    DeskInstruction,
    Order,
    OrderEvent,
    OutgoingMail,
    Parcel,
    Variant,
)
from storefront.models.fulfilment import stage_of
from storefront.models.order_line import OrderLine
from storefront.refusals import Refused
from tests.models.placing import at_once, cart_of, place, stock


@pytest.fixture
def pair(shirt):
    """Two variants of a shirt, with plenty of each in stock."""
    return [stock(variant, 10**6) for variant in shirt.in_order()[:2]]


@pytest.fixture
def order(pair, clock):
    """An order of three of one thing and one of another, paid for."""
    first, second = pair
    order = place(cart_of((first, 3), (second, 1)), clock())
    order.hold_card(clock())
    order.charge(clock())
    return order


def lines(order) -> list[OrderLine]:
    return order.in_order()


def said(order) -> list[str]:
    """Its events since it was paid for."""
    events = [event.what for event in order.events.order_by(OrderEvent.id)]
    return events[events.index("charged") + 1 :]


def mails(order) -> Counter:
    kinds = Counter(mail.kind for mail in order.mails)
    return kinds - Counter({"order_placed": 1, "order_card_held": 1, "order_charged": 1})


def stored(order) -> str:
    return Order.get_by_id(order.id).stage


def test_what_is_paid_for_is_packed_sent_and_delivered_with_one_event_and_one_mail_each(
    order, clock
):
    assert stored(order) == "to_pack"
    order.pack(None, clock(), "fulfilment")
    assert stored(order) == "packed"
    parcel = order.ship(None, clock(), carrier="DHL", tracking="JD 1/4", role="fulfilment")
    assert stored(order) == "shipped"
    assert parcel.follow.endswith("tracking-id=JD%201%2F4")
    parcel.deliver(clock(), "fulfilment")
    assert stored(order) == "delivered"
    assert said(order) == ["packed", "shipped", "delivered"]
    assert mails(order) == {"order_packed": 1, "order_shipped": 1, "order_delivered": 1}
    assert {event.role for event in order.events if event.what in said(order)} == {"fulfilment"}


def test_an_order_is_sent_in_parts(order, clock):
    first, _ = lines(order)
    parcel = order.ship({first.id: 2}, clock())
    assert (stored(order), parcel.contents()) == ("part_shipped", [(first, 2)])
    assert [line.states for line in lines(order)] == [
        [("to pack", 1), ("on its way", 2)],
        [("to pack", 1)],
    ]
    order.ship(None, clock())
    assert (stored(order), order.parcels.count()) == ("shipped", 2)
    parcel.deliver(clock())
    assert stored(order) == "shipped", "the other parcel is still on its way"


def test_each_mail_about_a_parcel_knows_its_own(order, clock):
    first, second = lines(order)
    parcels = [order.ship({line.id: 1}, clock()) for line in (first, second)]
    told = OutgoingMail.select().where(OutgoingMail.kind == "order_shipped")
    assert [mail.event.detail["parcel"] for mail in told] == [parcel.id for parcel in parcels]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({0: 4}, "there are only 3 left to send"),
        ({1: 2}, "there is only 1 left to send"),
        ({0: -1}, "left to send"),
        ({}, "nothing of order"),
        ({0: 0}, "nothing of order"),
        ({7: 1}, "no such line"),
    ],
)
def test_sending_what_is_not_there_is_refused_and_nothing_changes(order, clock, wanted, sentence):
    numbers = [line.id for line in lines(order)]
    wanted = {numbers[n] if n < 2 else 10**6: count for n, count in wanted.items()}
    with pytest.raises(Refused, match=sentence):
        order.ship(wanted, clock())
    assert (Parcel.select().count(), said(order), mails(order)) == (0, [], {})


def test_what_was_done_is_not_done_twice(order, clock):
    order.pack(None, clock())
    parcel = order.ship(None, clock())
    parcel.deliver(clock())
    for again in (order.pack, order.ship, order.call_off):
        with pytest.raises(Refused, match="nothing of order"):
            again(None, clock())
    with pytest.raises(Refused, match="arrived already"):
        parcel.deliver(clock())
    assert sum(mails(order).values()) == 3


def test_an_order_that_is_not_paid_for_is_not_touched(pair, clock):
    order = place(cart_of((pair[0], 1)), clock())
    for verb in (order.pack, order.ship, order.call_off):
        with pytest.raises(Refused, match="not paid for"):
            verb(None, clock())


def test_what_is_called_off_goes_back_on_the_shelf_and_the_rest_is_sent(order, clock):
    first, _ = lines(order)
    order.pack(None, clock())
    before = Variant.get_by_id(first.variant_id).stock
    assert order.call_off({first.id: 2}, clock()) == {first.id: 2}
    assert Variant.get_by_id(first.variant_id).stock == before + 2
    order.ship(None, clock())
    assert stored(order) == "shipped"
    assert lines(order)[0].states == [("cancelled", 2), ("on its way", 1)]


def test_what_cannot_be_sold_again_stays_off_the_shelf(order, clock):
    first, _ = lines(order)
    before = Variant.get_by_id(first.variant_id).stock
    order.call_off({first.id: 1}, clock(), restock=False)
    assert Variant.get_by_id(first.variant_id).stock == before


def test_an_order_of_which_nothing_is_left_is_called_off(order, clock):
    order.call_off(None, clock())
    assert stored(order) == "called_off"
    assert mails(order) == {"order_called_off": 1}


def test_what_was_packed_by_mistake_goes_back_and_nobody_is_told(order, clock):
    first, _ = lines(order)
    order.ship({first.id: 1}, clock())
    order.pack(None, clock())
    order.unpack(clock())
    assert [line.packed for line in lines(order)] == [1, 0]
    assert stored(order) == "part_shipped"
    assert "order_unpacked" not in mails(order)


def test_a_carrier_of_three_lines_is_refused(order, clock):
    with pytest.raises(Refused) as refusal:
        order.ship(None, clock(), carrier="x" * 41)
    assert list(refusal.value.problems) == ["carrier"]
    assert order.ship(None, clock(), carrier="DHL\r\nBcc: x").carrier == "DHL Bcc: x"


WORDS = ("pack", "ship", "call_off", "unpack", "deliver")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 1), st.integers(1, 3))))
def test_whatever_is_done_in_whatever_order_counts_add_up_and_the_stage_is_theirs(
    pair, clock, steps
):
    order = place(cart_of((pair[0], 3), (pair[1], 1)), clock())
    order.charge(clock())
    for word, which, count in steps:
        with suppress(Refused, Parcel.DoesNotExist):
            _do(order, word, {lines(order)[which].id: count}, clock())
        for line in lines(order):
            assert 0 <= line.delivered <= line.shipped <= line.packed <= line.left
            assert sum(count for _, count in line.states) == line.quantity
        assert stored(order) == stage_of("charged", lines(order))


def _do(order, word: str, quantities: dict, at) -> None:
    if word == "unpack":
        order.unpack(at)
    elif word == "deliver":
        order.parcels.where(Parcel.delivered_at.is_null()).get().deliver(at)
    else:
        getattr(order, word)(quantities, at)


def test_refunds_of_many_orders_at_the_same_moment_have_each_a_number(pair, clock):
    orders = [place(cart_of((pair[0], 1)), clock()) for _ in range(8)]
    for order in orders:
        order.charge(clock())
    at, words = clock(), lambda *told: repr(told)

    def refund(n: int) -> int:
        return DeskInstruction.refund(orders[n], 1, None, words, at).seq

    numbers = at_once(len(orders), refund)
    assert len({number for number in numbers if isinstance(number, int)}) == 8, numbers
    assert {told.text for told in DeskInstruction} == {
        repr(("refund", None, 1, number)) for number in numbers
    }
