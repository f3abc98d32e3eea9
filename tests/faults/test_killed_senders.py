"""Whoever sends mail is killed outright at every point of it: none is lost, none is sent twice.

Real workers, each a program of its own, and a real mail server that waits where it is told to.
"""

import random
from collections import Counter
from datetime import UTC, datetime

from storefront.models import OutgoingMail
from storefront.models.outbox import DOUBT_AFTER
from tests.faults.dying import POINTS, die, until
from tests.models.placing import cart_of, place


def written(order, count: int) -> None:
    for _ in range(count):
        OutgoingMail.write("order_charged", order.email, datetime.now(UTC), order=order)


def none_waits() -> bool:
    return not OutgoingMail.counts()["waiting"]


def none_is_under_way() -> bool:
    counts = OutgoingMail.counts()
    return not counts["waiting"] + counts["sending"]


def test_senders_are_killed_at_every_point_and_no_mail_is_lost_or_sent_twice(
    plenty, clock, inbox, work, size
):
    order = place(cart_of((plenty, 1)), clock())
    chance, rounds = random.Random(size(1, None)), size(1, 40)
    points = list(POINTS) * rounds
    chance.shuffle(points)
    for killed, point in enumerate(points, start=1):
        written(order, chance.randrange(1, 4))
        inbox.stop_at(point)
        die(work(), inbox, point)
        assert OutgoingMail.counts()["sending"] == killed, "one is in doubt for each that died"
    worker = work()
    until(none_waits)
    assert OutgoingMail.counts()["sending"] >= len(points)
    until(lambda: OutgoingMail.counts()["sending"] == len(points))
    worker.kill()
    assert OutgoingMail.doubt(datetime.now(UTC) + DOUBT_AFTER) == len(points)

    taken = Counter(message["Message-ID"].partition("@")[0][1:] for message in inbox.taken)
    assert set(taken.values()) == {1}, "none was sent twice"
    of_state = {
        state: {mail.message_id for mail in OutgoingMail.select() if mail.state == state}
        for state in ("sent", "doubtful")
    }
    assert of_state["sent"] <= set(taken), "what counts as sent was"
    assert len(of_state["sent"] | of_state["doubtful"]) == OutgoingMail.select().count()
    assert len(of_state["doubtful"] & set(taken)) == rounds, "those whose answer nobody recorded"
    print(f"\n{len(points)} senders killed, {OutgoingMail.select().count()} mails")

    for mail in list(OutgoingMail.in_doubt()):
        if mail.message_id in taken:
            mail.arrived()
        else:
            mail.send_again(datetime.now(UTC))
    work()
    until(none_is_under_way)
    assert OutgoingMail.counts()["sent"] == len(inbox.taken) == OutgoingMail.select().count()


def test_two_senders_at_once_send_each_mail_once(plenty, clock, inbox, work, size):
    order = place(cart_of((plenty, 1)), clock())
    written(order, size(40, 2000))
    first, second = work(), work()
    until(none_is_under_way)
    assert len(inbox.taken) == OutgoingMail.select().count()
    assert len({message["Message-ID"] for message in inbox.taken}) == len(inbox.taken)
    assert {first.poll(), second.poll()} == {None}
    assert OutgoingMail.counts()["sent"] == len(inbox.taken)
