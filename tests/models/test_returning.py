"""Withdrawing from an order and sending things back: what is counted, told, owed and refused."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from types import NoneType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront.models import (
    DeskInstruction,
    Order,
    OrderEvent,
    OrderLine,
    Parcel,
    Return,
    Terms,
    Variant,
)
from storefront.models.fulfilment import stage_of
from storefront.models.refunding import call_off_and_give_back, give_back
from storefront.models.returnable import returnable, withdrawable_until
from storefront.models.suggested import most_to_give
from storefront.money import Money
from storefront.refusals import Refused
from tests.models.placing import at_once, cart_of, place, stock
from tests.models.test_fulfilment import lines, stored

TOLD = ("order_return_asked", "order_returned", "order_return_refused", "order_return_reduced")


def unsigned(*_) -> str:
    return "signed"


@pytest.fixture
def pair(shirt):
    """Two variants of a shirt, with plenty of each in stock."""
    return [stock(variant, 10**6) for variant in shirt.in_order()[:2]]


@pytest.fixture
def order(pair, clock):
    """An order of three of one thing and one of another, paid for."""
    order = place(cart_of((pair[0], 3), (pair[1], 1)), clock())
    total = order.subtotal_minor + 700
    Order.update(shipping_minor=700, total_minor=total).where(Order.id == order.id).execute()
    order.charge(clock())
    return order


@pytest.fixture
def sent(order, clock):
    """The same, sent and delivered."""
    order.ship(None, clock()).deliver(clock())
    return order


def ask(order, wanted, clock, asking="", **said) -> list[Return]:
    """Ask as a person does; `wanted` counts by the place of the line."""
    numbers = [line.id for line in lines(order)]
    if wanted is not None:
        wanted = {numbers[n]: count for n, count in wanted.items()}
    said = {"reason": "", "words": ""} | said
    asking = asking or f"asking {Return.select().count()}"
    return Return.ask(order, wanted, asking=asking, at=clock(), **said)


def mails(order) -> Counter:
    return Counter(mail.kind for mail in order.mails if mail.kind in TOLD)


def said(order) -> list[str]:
    events = [event.what for event in order.events.order_by(OrderEvent.id)]
    return events[events.index("charged") + 1 :]


def on_shelf(order) -> int:
    return Variant.get_by_id(lines(order)[0].variant_id).stock


def asked_for(order) -> dict:
    return {told.line_id: told.amount_minor for told in order.instructions}


def test_what_was_not_sent_is_called_off_at_once_and_its_money_is_owed(order, clock):
    before = on_shelf(order)
    [back] = ask(order, {0: 2}, clock, reason="mind", words="  too \r\n many ")
    assert (back.unsent, back.state, back.words) == (True, "received", "too\nmany")
    assert on_shelf(order) == before + 2
    first, _ = lines(order)
    assert first.cancelled == 2
    assert most_to_give(back) == {first.id: 2 * first.price_minor}
    assert said(order) == ["called_off", "return_asked"]
    assert mails(order) == {"order_return_asked": 1}
    assert not [mail for mail in order.mails if mail.kind == "order_called_off"], "one mail tells"


def test_a_whole_order_that_was_not_sent_owes_delivery_too(order, clock):
    [back] = ask(order, None, clock)
    assert stored(order) == "called_off"
    assert sum(most_to_give(back).values()) == order.total_minor
    assert most_to_give(back)[None] == 700


def test_what_was_sent_is_waited_for_and_counted_when_it_comes(sent, clock):
    before = on_shelf(sent)
    [back] = ask(sent, {0: 2, 1: 1}, clock, reason="size")
    first, second = lines(sent)
    assert (back.state, back.unsent, stored(sent)) == ("asked", False, "delivered")
    assert sent.needed(clock()).why == "something of it is on its way back"
    back.receive({first.id: 2, second.id: 1}, {first.id}, clock(), "fulfilment")
    assert on_shelf(sent) == before + 2
    assert [line.returned for line in lines(sent)] == [2, 1]
    assert [(each.received, each.restocked) for each in back.contents()] == [(2, 2), (1, 0)]
    assert mails(sent) == {"order_return_asked": 1, "order_returned": 1}
    assert most_to_give(back) == {first.id: 2 * first.price_minor, second.id: second.price_minor}
    [again] = ask(sent, None, clock)
    again.receive({first.id: 1}, set(), clock())
    assert stored(sent) == "returned"
    assert most_to_give(again)[None] == 700


def test_one_request_for_what_left_and_what_did_not_makes_one_of_each_and_one_mail(order, clock):
    first, second = lines(order)
    order.ship({first.id: 1}, clock())
    unsent, sent = ask(order, None, clock)
    assert {each.line_id: each.quantity for each in unsent.lines} == {first.id: 2, second.id: 1}
    assert {each.line_id: each.quantity for each in sent.lines} == {first.id: 1}
    assert mails(order) == {"order_return_asked": 1}
    assert None not in most_to_give(unsent), "the rest has not come back"


def test_what_came_back_had_arrived_though_nobody_said_so(order, clock):
    parcel = order.ship(None, clock())
    [back] = ask(order, {0: 2}, clock)
    back.receive({lines(order)[0].id: 2}, set(), clock())
    assert [line.delivered for line in lines(order)] == [2, 0]
    parcel.deliver(clock())
    assert [(x.shipped, x.delivered, x.returned) for x in lines(order)] == [(3, 3, 2), (1, 1, 0)]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({0: 4}, "3 at most"),
        ({1: -1}, "1 at most"),
        ({}, "how many"),
        ({0: 0}, "how many"),
    ],
)
def test_asking_for_more_than_there_is_is_refused_and_nothing_changes(
    sent, clock, wanted, sentence
):
    before = said(sent)
    with pytest.raises(Refused, match=sentence):
        ask(sent, wanted, clock)
    assert (Return.select().count(), said(sent), mails(sent)) == (0, before, {})


def test_what_is_on_its_way_back_already_is_not_asked_for_again(sent, clock):
    ask(sent, {0: 2}, clock)
    with pytest.raises(Refused, match="1 at most"):
        ask(sent, {0: 2}, clock)
    ask(sent, None, clock)
    with pytest.raises(Refused, match="how many"):
        ask(sent, None, clock)


def test_a_line_of_another_order_is_refused(sent, pair, clock):
    other = place(cart_of((pair[0], 1)), clock())
    with pytest.raises(Refused, match="no such line"):
        Return.ask(sent, {lines(other)[0].id: 1}, "", "", "x", clock())
    [back] = ask(sent, {0: 1}, clock)
    with pytest.raises(Refused, match="no such line"):
        back.receive({lines(other)[0].id: 1}, set(), clock())


def test_what_is_not_paid_for_or_was_given_back_is_not_returned(order, pair, clock):
    unpaid = place(cart_of((pair[0], 1)), clock())
    order.give_back(order.total_minor, clock())
    for each in (unpaid, order):
        assert set(returnable(each).values()) == {0}
        with pytest.raises(Refused, match="withdrawn from"):
            ask(each, None, clock)


def test_asking_twice_at_once_is_asking_once(sent, clock):
    made = at_once(4, lambda n: [each.id for each in ask(sent, {0: 1}, clock, "same")])
    assert len({tuple(each) for each in made}) == 1
    assert mails(sent) == {"order_return_asked": 1}


def test_who_goes_back_to_the_form_and_asks_for_something_else_is_heard(sent, clock):
    [first] = ask(sent, {0: 1}, clock, asking="x")
    [second] = ask(sent, {1: 1}, clock, asking="x")
    [third] = ask(sent, None, clock, asking="x")
    assert ask(sent, None, clock, asking="x") == [third]
    assert ask(sent, {1: 1, 0: 0}, clock, asking="x") == [second]
    assert [x.quantity for x in third.lines] == [2]
    first.take_back(clock())
    [again] = ask(sent, {0: 1}, clock, asking="x")
    assert (again.id, again.state) == (4, "asked")


def test_who_asks_and_takes_back_without_end_is_asked_to_write(sent, clock):
    for _ in range(20):
        ask(sent, {0: 1}, clock)[0].take_back(clock())
    with pytest.raises(Refused, match="Please write to us"):
        ask(sent, {0: 1}, clock)
    assert Return.select().count() == 20


def test_words_to_a_return_are_kept_only_where_their_writer_could_find_them(sent, clock):
    Order.update(email="").where(Order.id == sent.id).execute()
    [back] = ask(sent, {0: 1}, clock, words="It is for my aunt.")
    assert Return.get_by_id(back.id).words == ""


def test_a_line_that_goes_in_parts_and_ways_is_given_back_to_the_last_cent(order, clock):
    first, _ = lines(order)
    OrderLine.update(discount_minor=1).where(OrderLine.id == first.id).execute()
    Order.update(total_minor=order.total_minor - 1).where(Order.id == order.id).execute()
    paid = lines(order)[0].paid_minor
    assert paid % 3
    how = {"restock": True, "sign": unsigned, "at": clock(), "role": ""}
    call_off_and_give_back(order, {first.id: 1}, **how)
    [back] = ask(order, {0: 2}, clock)
    back.settle(most_to_give(back), "", unsigned, clock())
    assert DeskInstruction.asked_back(order) == {first.id: paid}


def test_returns_and_refunds_that_meet_give_back_no_more_than_was_paid(order, clock):
    first, _ = lines(order)
    order.ship(None, clock())
    [back] = ask(order, {0: 2}, clock)
    outcomes = at_once(9, lambda n: _one_of_three(n, order.id, back.id, first.id, clock()))
    assert {type(each) for each in outcomes} <= {Refused, NoneType, Money}
    back = Return.get_by_id(back.id)
    if back.state == "received":
        at_once(6, lambda _: Return.get_by_id(back.id).settle({}, "so", unsigned, clock()))
    assert back.state in ("received", "taken_back")
    assert [line.returned for line in lines(order)] == [2 * (back.state == "received"), 0]
    assert sum(DeskInstruction.asked_back(order).values()) == order.total_minor


def _one_of_three(n: int, order: int, back: int, line: int, at):
    if n % 3 == 0:
        return Return.get_by_id(back).receive({line: 2}, {line}, at)
    if n % 3 == 1:
        return Return.get_by_id(back).take_back(at)
    return give_back(Order.get_by_id(order), 0, None, asked=0, sign=unsigned, at=at, role="")


def test_the_period_is_counted_from_the_last_parcel_and_its_arrival(order, clock):
    first, _ = lines(order)
    parcel = order.ship({first.id: 1}, clock())
    parcel.deliver(clock())
    clock.forward(days=100)
    assert withdrawable_until(order) is None, "a part of it has not left"
    order.ship(None, clock())
    assert withdrawable_until(order) == (clock() + timedelta(days=14 + 30)).date()
    Parcel.get(Parcel.id > parcel.id).deliver(clock())
    assert withdrawable_until(order) == (clock() + timedelta(days=30)).date()
    Terms.set("20", "", "Ours.")
    assert withdrawable_until(order) == (clock() + timedelta(days=20)).date()
    clock.forward(days=20)
    ask(order, {0: 1}, clock)
    clock.forward(days=1)
    with pytest.raises(Refused, match="this could be sent back"):
        ask(order, {0: 1}, clock)


def test_a_customer_who_keeps_it_takes_the_request_back(sent, clock):
    [back] = ask(sent, {0: 3}, clock)
    back.take_back(clock())
    back.take_back(clock())
    assert said(sent).count("return_taken_back") == 1
    assert returnable(sent) == {line.id: line.quantity for line in lines(sent)}
    with pytest.raises(Refused, match="no longer wanted"):
        back.receive({lines(sent)[0].id: 1}, set(), clock())
    [again] = ask(sent, {0: 3}, clock)
    again.receive({lines(sent)[0].id: 1}, set(), clock())
    with pytest.raises(Refused, match="with us already"):
        again.take_back(clock())


def test_a_return_is_refused_with_a_reason_that_the_customer_reads(sent, clock):
    [back] = ask(sent, {0: 1}, clock)
    with pytest.raises(Refused) as refusal:
        back.refuse(" ", clock())
    assert list(refusal.value.problems) == ["answer"]
    back.refuse("It was made to your measures.", clock(), "fulfilment")
    assert (back.state, mails(sent)["order_return_refused"]) == ("refused", 1)
    assert returnable(sent)[lines(sent)[0].id] == 3
    assert sent.needed(clock()) is None


def received(order, wanted, clock) -> Return:
    [back] = ask(order, wanted, clock)
    if back.state == "asked":
        back.receive({each.line_id: each.quantity for each in back.lines}, set(), clock())
    return back


def test_the_money_is_asked_for_once_however_often_it_is_pressed(sent, clock):
    back = received(sent, None, clock)
    owed = most_to_give(back)

    def press(_):
        return Return.get_by_id(back.id).settle(owed, "", unsigned, clock(), "fulfilment")

    outcomes = at_once(4, press)
    assert sum(isinstance(each, Refused) for each in outcomes) == 3
    assert asked_for(sent) == {n: minor for n, minor in owed.items() if minor}
    assert DeskInstruction.refundable(sent).minor == 0
    assert said(sent)[-1] == "refund_asked"


def test_less_than_is_owed_is_given_with_a_reason_and_the_customer_told(sent, clock):
    back = received(sent, {0: 1}, clock)
    [(line, owed)] = most_to_give(back).items()
    for sums, problem in (({line: owed + 1}, ""), ({None: 1}, ""), ({line: owed - 1}, "answer")):
        with pytest.raises(Refused) as refusal:
            back.settle(sums, "" if problem else "x", unsigned, clock())
        assert list(refusal.value.problems) == [problem]
    assert asked_for(sent) == {}
    back.settle({line: owed - 1}, "It was worn.", unsigned, clock())
    assert asked_for(sent) == {line: owed - 1}
    assert Return.get_by_id(back.id).answer == "It was worn."
    assert mails(sent)["order_return_reduced"] == 1


def test_what_the_desk_was_asked_for_otherwise_is_not_owed_again(sent, clock):
    first, _ = lines(sent)
    DeskInstruction.refund(sent, 3 * first.price_minor - 5, first, unsigned, clock())
    back = received(sent, {0: 2}, clock)
    assert most_to_give(back) == {first.id: 5}
    DeskInstruction.refund(sent, DeskInstruction.refundable(sent).minor, None, unsigned, clock())
    assert most_to_give(back) == {first.id: 0}
    back.settle({first.id: 0}, "", unsigned, clock())
    assert back.state == "settled"


def test_what_comes_after_all_money_was_given_back_is_still_received(sent, clock):
    [back] = ask(sent, None, clock)
    sent.give_back(sent.total_minor, clock())
    assert sent.needed(clock()).why == "something of it is on its way back"
    back.receive({lines(sent)[0].id: 3}, set(), clock())
    assert set(most_to_give(back).values()) == {0}


def test_who_sends_nothing_is_not_waited_for_for_ever(sent, clock):
    [back] = ask(sent, {0: 1}, clock)
    assert back.needed(clock()).until == clock() + timedelta(days=14 + 30)
    clock.forward(days=45)
    assert back.needed(clock()) is None


def test_words_that_are_too_long_and_reasons_that_are_none_are_refused_by_field(sent, clock):
    for wrong in ({"words": "x" * 1001}, {"reason": "spite"}):
        with pytest.raises(Refused) as refusal:
            ask(sent, {0: 1}, clock, **wrong)
        assert list(refusal.value.problems) == list(wrong)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("13", "", "Ours."), "return_days"),
        (("366", "", "Ours."), "return_days"),
        (("9" * 40, "", "Ours."), "return_days"),
        (("²", "", "Ours."), "return_days"),
        (("", "", "Ours."), "return_days"),
        (("0000000309999999", "", "Ours."), "return_days"),
        (("00000003099999999999999", "", "Ours."), "return_days"),
        (("30", "x" * 401, "Ours."), "return_address"),
        (("30", "", " "), "postage"),
        (("30", "", "\x1b\x07"), "postage"),
    ],
)
def test_terms_that_nobody_can_be_told_are_refused_by_field(app, given, field):
    with pytest.raises(Refused) as refusal:
        Terms.set(*given)
    assert list(refusal.value.problems) == [field]
    assert Terms.now().return_days == 30


def test_terms_are_read_without_what_stands_around_them(app):
    kept = Terms.set(" " * 9 + "30 ", "7 Dock\x07 Road\n Hull", "\x1b[1mOurs.")
    assert kept.return_days == 30
    assert (kept.return_address, kept.postage) == ("7 Dock Road Hull", "[1mOurs.")


def test_several_who_set_the_first_terms_at_once_all_set_them(app):
    assert all(isinstance(each, Terms) for each in at_once(8, lambda _: Terms.set("60", "", "x")))
    assert [each.return_days for each in Terms.select()] == [60]


STEPS = ("ask", "receive", "take_back", "refuse", "settle", "ship", "deliver", "call_off")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1), st.integers(1, 3))))
def test_whatever_is_done_no_more_comes_back_than_was_sent_and_no_more_is_given_than_paid(
    pair, clock, steps
):
    order = place(cart_of((pair[0], 3), (pair[1], 1)), clock())
    order.charge(clock())
    for step, which, count in steps:
        with suppress(Refused, Parcel.DoesNotExist, Return.DoesNotExist):
            _do(order, step, which, count, clock)
        for line in lines(order):
            assert 0 <= line.returned <= line.delivered <= line.shipped <= line.packed <= line.left
            assert sum(count for _, count in line.states) == line.quantity
        assert all(count >= 0 for count in returnable(order).values())
        assert 0 <= sum(DeskInstruction.asked_back(order).values()) <= order.total_minor
        assert stored(order) == stage_of("charged", lines(order))


def _do(order, step: str, which: int, count: int, clock) -> None:
    line = lines(order)[which].id
    if step == "ask":
        ask(order, {which: count}, clock)
    elif step in ("ship", "call_off"):
        getattr(order, step)({line: count}, clock())
    elif step == "deliver":
        order.parcels.where(Parcel.delivered_at.is_null()).get().deliver(clock())
    else:
        _do_with_return(order, step, line, count, clock)


def _do_with_return(order, step: str, line: int, count: int, clock) -> None:
    back = order.returns.where(Return.state.in_(Return.OPEN)).get()
    if step == "receive":
        back.receive({line: count}, {line}, clock())
    elif step == "settle":
        back.settle(most_to_give(back), "", unsigned, clock())
    else:
        back.take_back(clock()) if step == "take_back" else back.refuse("No.", clock())
