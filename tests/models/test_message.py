"""What customers and the shop write to each other about an order, and what staff note."""

import pytest
from playhouse.test_utils import count_queries

from storefront import privacy
from storefront.models import Message, Note, Order, OrderEvent, OutgoingMail
from storefront.models.message import LONGEST, MOST_UNREAD
from storefront.models.note import MOST
from storefront.models.plain_text import tidied
from storefront.refusals import Refused
from tests.models.placing import ANN, at_once, cart_of, place


@pytest.fixture
def order(plenty, clock) -> Order:
    return place(cart_of((plenty, 1)), clock())


@pytest.fixture
def asked(order, clock) -> Message:
    return Message.ask(order, "Where is it?", clock())


def answers() -> list[OutgoingMail]:
    return list(OutgoingMail.select().where(OutgoingMail.kind == "order_answered"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  one\r\ntwo\rthree\n\n\n\n\nfour \n", "one\ntwo\nthree\n\nfour"),
        ("a\0b\x1b[31mc\x07\x9b", "ab[31mc"),
        ("pay \u202e\u2066gnp.exe\u2069\u202c", "pay gnp.exe"),
        ("one\u2028two\x85three\x0bfour\tfive", "one\ntwo\nthree\nfour five"),
        ("שלום\u200f, \u2764\ufe0f\u200d\U0001f525", "שלום\u200f, \u2764\ufe0f\u200d\U0001f525"),
        ("<b>& \ud83d</b>", "<b>& </b>"),
    ],
)
def test_what_controls_a_terminal_or_turns_words_around_is_left_out(typed, kept):
    assert tidied(typed, LONGEST) == kept


@pytest.mark.parametrize(
    "typed", ["", " \n\t", "\0\u202e", "\u200b\n\u200d\ufeff", "\xa0", "x" * (LONGEST + 1)]
)
def test_what_is_no_message_or_too_long_is_refused_and_nothing_is_kept(order, clock, typed):
    for write in (
        lambda: Message.ask(order, typed, clock()),
        lambda: Message.answer(order, typed, 0, "fulfilment", clock()),
        lambda: Note.write(order, typed, "fulfilment", clock()),
    ):
        with pytest.raises(Refused) as refusal:
            write()
        assert list(refusal.value.problems) == ["text"]
    assert (Message.select().count(), Note.select().count(), len(answers())) == (0, 0, 0)


def test_as_long_as_can_be_is_kept_whole(order, clock):
    assert Message.ask(order, "高" * LONGEST, clock()).text == "高" * LONGEST
    assert Message.get().text == "高" * LONGEST


def test_an_answer_is_kept_noted_in_the_history_and_mailed(order, asked, clock):
    answer = Message.answer(order, "On its way.", asked.id, "fulfilment", clock())
    assert [(each.role, each.text) for each in Message.of_order(order)] == [
        ("", "Where is it?"),
        ("fulfilment", "On its way."),
    ]
    event = OrderEvent.select().order_by(OrderEvent.id.desc()).get()
    assert (event.what, event.role, event.detail) == (
        "answered",
        "fulfilment",
        {"message": answer.id},
    )
    [mail] = answers()
    assert (mail.to, mail.event_id) == ("ann@example.com", event.id)
    assert Message.waiting(9) == []


def test_what_came_while_an_answer_was_written_still_waits(order, asked, clock):
    Message.ask(order, "And is it blue?", clock())
    Message.answer(order, "On its way.", asked.id, "fulfilment", clock())
    [waiting] = Message.waiting(9)
    assert (waiting.count, waiting.last) == (1, "And is it blue?")


def test_who_waits_longest_comes_first_with_how_many_messages_in_three_queries(
    order, plenty, clock
):
    other = place(cart_of((plenty, 1)), clock())
    first = Message.ask(other, "First", clock())
    clock.forward(minutes=1)
    Message.ask(order, "Second", clock())
    Message.ask(other, "Third", clock())
    with count_queries() as counted:
        waiting = Message.waiting(9)
        assert [(each.order.number, each.count, each.last) for each in waiting] == [
            (other.number, 2, "Third"),
            (order.number, 1, "Second"),
        ]
        assert Message.count_waiting() == 2
    assert counted.count == 3
    assert waiting[0].since == first.at
    assert [each.order.id for each in Message.waiting(1)] == [other.id]


def test_what_needs_no_answer_waits_no_more_and_nobody_is_written_to(order, asked, clock):
    Message.settle(order, asked.id, clock())
    assert Message.waiting(9) == []
    assert answers() == []
    Message.ask(order, "Where is it?", clock())
    assert Message.count_waiting() == 1, "asked again, it is another message"


def test_a_double_click_is_one_message_one_answer_and_one_note(order, clock):
    at_once(4, lambda _: Message.ask(Order.get_by_id(order.id), "Hello", clock()))
    assert Message.select().count() == 1
    at_once(4, lambda _: Message.answer(Order.get_by_id(order.id), "Hi", 99, "fulfilment", clock()))
    assert Message.select().count() == 2
    assert len(answers()) == 1
    at_once(4, lambda _: Note.write(Order.get_by_id(order.id), "Rang", "fulfilment", clock()))
    assert Note.select().count() == 1


def test_who_writes_on_and_on_is_asked_to_wait_for_an_answer(order, clock):
    for n in range(MOST_UNREAD):
        last = Message.ask(order, f"Hello {n}", clock())
    with pytest.raises(Refused, match="Please wait"):
        Message.ask(order, "One more", clock())
    Message.answer(order, "Hello", last.id, "fulfilment", clock())
    Message.ask(order, "One more", clock())


def test_an_order_has_only_so_many_notes(order, clock):
    for n in range(MOST):
        note = Note.write(order, f"Rang {n} times", "fulfilment", clock())
    with pytest.raises(Refused, match="at most 50 notes"):
        Note.write(order, "Rang again", "fulfilment", clock())
    Note.remove(order, note.id)
    Note.write(order, "Rang again", "fulfilment", clock())


def test_a_note_is_removed_from_its_own_order_alone(order, plenty, clock):
    note = Note.write(order, "Rang twice", "fulfilment", clock())
    Note.remove(place(cart_of((plenty, 1)), clock()), note.id)
    assert Note.of_order(order) == [note]
    Note.remove(order, note.id)
    Note.remove(order, note.id)
    assert Note.of_order(order) == []


def test_messages_and_notes_are_needed_with_their_order_and_go_with_its_address(
    order, asked, settings, clock
):
    Note.write(order, "Rang twice", "fulfilment", clock())
    clock.forward(minutes=1)
    outcome = privacy.erase("ann@example.com", settings, clock())
    assert {label for kept in outcome.kept for label in kept.labels} >= {
        "what was written",
        "what we noted",
    }
    late = Message.ask(order, "And now?", clock())
    order.lapse(clock() + (order.hold_until - order.placed_at))
    clock.forward(hours=1)
    privacy.sweep(settings, clock())
    assert Order.get().email == ""
    assert not Message.select().where(Message.id == late.id).exists()
    assert (Message.select().count(), Note.select().count()) == (0, 0)


def test_about_an_order_whose_address_is_erased_nothing_is_written(order, clock):
    Order.update(email="").execute()
    for write in (
        lambda: Message.ask(order, "Hello", clock()),
        lambda: Message.answer(order, "Hello", 0, "fulfilment", clock()),
        lambda: Note.write(order, "Hello", "fulfilment", clock()),
    ):
        with pytest.raises(Refused, match="is erased"):
            write()
    assert (Message.select().count(), Note.select().count()) == (0, 0)


def test_what_two_people_wrote_is_found_by_the_address_of_each(order, asked, plenty, clock):
    other = place(cart_of((plenty, 1)), clock(), customer=ANN.__class__(**BOB))
    theirs = Message.ask(other, "Mine is blue", clock())
    Note.write(other, "Likes blue", "fulfilment", clock())
    assert list(Message.about(" Ann@Example.com ")) == [asked]
    assert list(Message.about("bob@example.com")) == [theirs]
    assert (Note.about("ann@example.com").count(), Note.about("bob@example.com").count()) == (0, 1)


BOB = ANN.__dict__ | {"email": "bob@example.com"}
