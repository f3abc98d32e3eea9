"""The outbox: mail waits in the database, one sender takes it, and what failed is tried again."""

from datetime import timedelta

import pytest

from storefront.models import OutgoingMail
from tests.models.placing import at_once

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
    assert list(OutgoingMail.in_doubt()) == [mail]


def test_success_forgets_the_trouble_there_was(mail, now):
    mail.claim(now)
    mail.failed("SMTPServerDisconnected", now)
    mail.claim(now + MINUTE)
    mail.sent(now + MINUTE)
    assert (OutgoingMail.get().trouble, OutgoingMail.get().sent_at) == ("", now + MINUTE)
