"""The outbox: mail waits in the database, one sender takes it, and what failed is tried again."""

from datetime import timedelta

import pytest

from storefront.models import OutgoingMail
from storefront.models.outbox import DOUBT_AFTER, MOST_TRIES
from storefront.refusals import Refused
from tests.models.placing import at_once, cart_of, place

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def mail(settings, now):
    return OutgoingMail.write("order_placed", "Ann@Example.com", now)


def waiting(at) -> list[OutgoingMail]:
    return list(OutgoingMail.due(at))


def test_what_is_written_is_due_at_once_and_not_before(mail, now):
    assert waiting(now) == [mail]
    assert waiting(now - MINUTE) == []


def test_of_eight_senders_one_gets_it(mail, now):
    outcomes = at_once(8, lambda _: OutgoingMail.get_by_id(mail.id).claim(now))
    assert sorted(outcomes) == [False] * 7 + [True]
    assert OutgoingMail.get().tries == 1


def test_what_was_sent_is_never_claimed_again(mail, now):
    mail.claim(now)
    mail.sent(now)
    assert not OutgoingMail.get().claim(now + MINUTE)
    assert waiting(now + 365 * 24 * 60 * MINUTE) == []
    assert list(OutgoingMail.in_doubt()) == []


def test_what_failed_waits_longer_each_time(mail, now):
    waits = []
    for _ in range(8):
        assert mail.claim(now)
        mail.failed("SMTPServerDisconnected", now)
        due = OutgoingMail.get().due_at
        waits.append((due - now) // MINUTE)
        assert waiting(due - MINUTE / 60) == []
        now = due
        assert waiting(now) == [mail]
    assert waits == [1, 5, 15, 60, 180, 360, 360, 360]
    assert OutgoingMail.get().tries == 8


def test_a_sender_killed_on_the_way_leaves_it_in_doubt_and_it_is_not_sent_again(mail, now):
    mail.claim(now)  # and then the lights go out
    assert waiting(now + 365 * 24 * 60 * MINUTE) == []
    assert not OutgoingMail.get().claim(now + MINUTE)
    assert OutgoingMail.doubt(now + DOUBT_AFTER - MINUTE / 60) == 0
    assert OutgoingMail.doubt(now + DOUBT_AFTER) == 1
    assert list(OutgoingMail.in_doubt()) == [mail]
    assert not OutgoingMail.get().claim(now + DOUBT_AFTER)


def test_success_forgets_the_trouble_there_was(mail, now):
    mail.claim(now)
    mail.failed("SMTPServerDisconnected", now)
    mail.claim(now + MINUTE)
    mail.sent(now + MINUTE)
    assert (OutgoingMail.get().trouble, OutgoingMail.get().sent_at) == ("", now + MINUTE)


def test_after_three_days_it_is_given_up_and_somebody_may_try_again(mail, now):
    began = now
    while waiting(now):
        mail.claim(now)
        mail.failed("ConnectionRefusedError", now)
        now = OutgoingMail.get().due_at
    fresh = OutgoingMail.get()
    assert (fresh.state, fresh.tries) == ("given up", MOST_TRIES)
    assert timedelta(days=2.5) < now - began < timedelta(days=3.5)
    assert waiting(now + timedelta(days=365)) == []
    again = fresh.send_again(now)
    assert (again.state, again.tries, again.message_id) == ("waiting", 0, mail.message_id)
    assert waiting(now) == [mail]


def test_what_was_refused_is_not_tried_again_unless_somebody_says_so(mail, now):
    mail.claim(now)
    mail.refused("SMTPRecipientsRefused 550")
    assert waiting(now + timedelta(days=365)) == []
    OutgoingMail.get().send_again(now)
    assert waiting(now) == [mail]


def test_a_sender_that_was_slow_and_not_dead_says_what_is_true(mail, now):
    mail.claim(now)
    OutgoingMail.doubt(now + DOUBT_AFTER)
    mail.sent(now + DOUBT_AFTER + MINUTE)
    assert OutgoingMail.get().state == "sent"
    assert list(OutgoingMail.in_doubt()) == []


def test_a_sender_that_was_slow_and_knows_that_it_failed_ends_the_doubt(mail, now):
    mail.claim(now)
    OutgoingMail.doubt(now + DOUBT_AFTER)
    mail.failed("TimeoutError", now + DOUBT_AFTER)
    assert waiting(now + DOUBT_AFTER + MINUTE) == [mail]


def test_a_sender_that_was_slow_does_not_undo_what_another_did_meanwhile(mail, now):
    mail.claim(now)
    OutgoingMail.doubt(now + DOUBT_AFTER)
    other = OutgoingMail.get().send_again(now + DOUBT_AFTER)
    assert other.claim(now + DOUBT_AFTER)
    for late in (
        lambda: mail.failed("x", now),
        lambda: mail.refused("x"),
        lambda: mail.unanswered("x"),
    ):
        late()
        assert OutgoingMail.get().state == "sending"
    other.sent(now + DOUBT_AFTER)
    mail.failed("TimeoutError", now + DOUBT_AFTER)
    assert OutgoingMail.get().state == "sent"


def test_only_what_is_in_doubt_can_be_said_to_have_arrived(mail, now):
    mail.arrived()
    assert OutgoingMail.get().state == "waiting"
    mail.claim(now)
    mail.arrived()
    assert OutgoingMail.get().state == "sending"
    mail.unanswered("Unanswered")
    mail.arrived()
    assert (OutgoingMail.get().state, OutgoingMail.get().sent_at) == ("sent", now)


def test_what_waits_is_not_made_to_wait_anew(mail, now):
    mail.claim(now)
    mail.failed("ConnectionRefusedError", now)
    assert OutgoingMail.get().send_again(now).tries == 1
    assert waiting(now) == []


def test_of_eight_who_send_it_again_at_once_one_mail_comes(plenty, now):
    order = place(cart_of((plenty, 1)), now)
    OutgoingMail.get().sent(now)
    at_once(8, lambda _: OutgoingMail.get_by_id(1).send_again(now))
    assert len(OutgoingMail.of_order(order)) == 2
    assert len(waiting(now)) == 1


def test_a_mail_about_no_order_is_not_written_anew(mail, now):
    mail.sent(now)
    with pytest.raises(Refused, match="asks for it anew"):
        mail.send_again(now)


def test_the_mails_of_an_order_are_its_own_the_oldest_first(plenty, now):
    order, other = (place(cart_of((plenty, 1)), now) for _ in range(2))
    OutgoingMail.write("order_charged", order.email, now, order=order)
    assert [mail.kind for mail in OutgoingMail.of_order(order)] == ["order_placed", "order_charged"]
    assert len(OutgoingMail.of_order(other)) == 1
