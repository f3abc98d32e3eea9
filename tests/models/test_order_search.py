"""Looking for an order: its link is mailed to its own address, and to nobody else anything."""

import pytest

from storefront.models import Guess, OrderSearch, OutgoingMail
from storefront.models.order_search import MOST_A_DAY, MOST_AN_HOUR, number_in
from storefront.refusals import Refused
from tests.models.placing import at_once, cart_of, place


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((plenty, 1)), clock())


def links() -> list[OutgoingMail]:
    return list(OutgoingMail.select().where(OutgoingMail.kind == "order_link"))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("K7M2P-4QRTX", "K7M2P-4QRTX"),
        (" k7m2p 4qrtx. ", "K7M2P-4QRTX"),
        ("k7m2p4qrtx", "K7M2P-4QRTX"),
        ("Order K7M2P\u20134QRTX", "K7M2P-4QRTX"),
        ("#K7M2P-4QRTX", "K7M2P-4QRTX"),
        ("k7m2p \u2014\u00a04qrtx", "K7M2P-4QRTX"),
        ("\uff2b7M2P\u22124QRTX", "K7M2P-4QRTX"),
        ("K7M2P-4QRT", ""),
        ("K7M2P-4QRTXX", ""),
        ("O7M2P-4QRTX", ""),
        ("", ""),
        ("%' OR 1=1", ""),
    ],
)
def test_a_number_is_read_as_people_type_it(typed, number):
    assert number_in(typed) == number


def test_the_link_goes_to_the_orders_own_address(order, clock):
    OrderSearch.ask(order.number, " ANN@example.com", clock())
    assert OrderSearch.answer_all(clock()) == 1
    [mail] = links()
    assert (mail.to, mail.order_id) == ("ann@example.com", order.id)
    assert OrderSearch.select().count() == 0, "what was looked for is not kept"
    assert OrderSearch.answer_all(clock()) == 0


def test_what_does_not_belong_together_writes_to_nobody(order, clock):
    OrderSearch.ask(order.number, "eve@example.com", clock())
    OrderSearch.ask("22222-22222", "ann@example.com", clock())
    type(order).update(email="").execute()
    OrderSearch.ask(order.number, "", clock())
    assert OrderSearch.answer_all(clock()) == 3
    assert links() == []
    assert OrderSearch.select().count() == 0


def test_about_one_order_few_mails_go_in_a_day_however_many_look(order, plenty, clock):
    other = place(cart_of((plenty, 1)), clock())
    for _ in range(MOST_A_DAY + 3):
        OrderSearch.ask(order.number, "ann@example.com", clock())
    OrderSearch.ask(other.number, "ann@example.com", clock())
    OrderSearch.answer_all(clock())
    assert sorted(mail.order_id for mail in links()) == [order.id] * MOST_A_DAY + [other.id]
    clock.forward(days=1, minutes=1)
    OrderSearch.ask(order.number, "ann@example.com", clock())
    OrderSearch.answer_all(clock())
    assert len(links()) == MOST_A_DAY + 2


def test_two_workers_at_once_write_one_mail(order, clock):
    OrderSearch.ask(order.number, "ann@example.com", clock())
    at_once(4, lambda _: OrderSearch.answer_all(clock()))
    assert len(links()) == 1


def test_when_all_look_for_very_many_they_are_asked_to_wait(order, clock):
    Guess.create(key="orders looked for", count=MOST_AN_HOUR, last_at=clock())
    with pytest.raises(Refused, match="try again in a few minutes"):
        OrderSearch.ask(order.number, "ann@example.com", clock())
    assert OrderSearch.select().count() == 0
