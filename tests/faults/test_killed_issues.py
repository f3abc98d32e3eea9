"""Whoever sends an issue is killed outright: nobody is left out, nobody gets it twice.

Real workers, and a real mail server that waits where it is told to.
"""

import random
import time
from datetime import UTC, datetime

from storefront.models import InsiderIssue, OutgoingMail
from storefront.models.outbox import DOUBT_AFTER
from tests.faults.dying import POINTS, die, until
from tests.issues import drafted, readers


def now() -> datetime:
    return datetime.now(UTC)


def test_workers_are_killed_at_every_point_of_an_issue_and_nobody_is_left_out(
    settings,
    inbox,
    work,
    size,
):
    count, rounds = size(40, 500), size(1, 20)
    readers(count, now())
    drafted(now()).schedule(now(), now())
    chance, points = random.Random(size(1, None)), list(POINTS) * rounds
    chance.shuffle(points)
    for killed, point in enumerate(points, start=1):
        inbox.stop_at(point)
        die(work(), inbox, point)
        assert InsiderIssue.get().queue()["sending"] == killed, "the one mail in flight"
    worker = work()
    until(lambda: not InsiderIssue.get().queue()["waiting"])
    until(lambda: InsiderIssue.get().queue()["sending"] == len(points))
    worker.kill()
    assert OutgoingMail.doubt(now() + DOUBT_AFTER) == len(points)

    taken = [to for _, (to,) in inbox.envelopes]
    assert len(taken) == len(set(taken)), "nobody got it twice"
    queue = InsiderIssue.get().queue()
    assert queue["sent"] == InsiderIssue.get().sent == count - len(points)
    assert InsiderIssue.get().addressed == count == queue["sent"] + queue["doubtful"]
    sent = {mail.to for mail in OutgoingMail.select() if mail.state == "sent"}
    assert sent <= set(taken)
    assert len(set(taken) - sent) == rounds, "those whose answer nobody recorded"
    assert InsiderIssue.get().finish(now())
    print(f"\n{len(points)} workers killed, {count} mails of an issue")


def test_a_whole_list_is_queued_at_once_and_other_mail_does_not_wait_behind_it(
    settings, inbox, work, size
):
    count = size(3000, 100_000)
    readers(count, now())
    drafted(now(), per_minute=120).schedule(now(), now())
    begun = time.monotonic()
    assert InsiderIssue.begin_due(now()) == 1
    print(f"\n{count} mails queued in {time.monotonic() - begun:.2f} s")
    assert InsiderIssue.get().queue()["waiting"] == count
    OutgoingMail.write("account_moved", "ann@example.com", now())
    work()
    until(lambda: len(inbox.taken) >= 5)
    assert OutgoingMail.counts() == dict.fromkeys(OutgoingMail.counts(), 0) | {"sent": 1}
