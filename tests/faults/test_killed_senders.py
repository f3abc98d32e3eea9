"""Whoever sends mail is killed outright at every point of it: none is lost, none is sent twice.

Real workers, each a program of its own, and a real mail server that waits where it is told to.
"""

import asyncio
import os
import random
import subprocess
import threading
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from storefront import programs
from storefront.db import database, is_sqlite
from storefront.models import OutgoingMail
from storefront.models.outbox import DOUBT_AFTER
from tests.mail_server import Inbox, Server
from tests.models.placing import cart_of, place

POINTS = ("EHLO", "MAIL", "RCPT", "DATA", "answered")
SECONDS = 60  # for anything that has to happen
END_THOSE_WHO_WAIT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Waiting(Inbox):
    """Stops once at `point` and waits there until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.point, self.reached, self.go_on = "", threading.Event(), threading.Event()

    def stop_at(self, point: str) -> None:
        self.reached.clear()
        self.go_on.clear()
        self.point = point

    async def _at(self, point: str) -> None:
        if self.point == point:
            self.point = ""
            self.reached.set()
            await asyncio.to_thread(self.go_on.wait, SECONDS)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        await self._at("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, *given):
        await self._at("MAIL")
        return await super().handle_MAIL(*given)

    async def handle_RCPT(self, *given):
        await self._at("RCPT")
        return await super().handle_RCPT(*given)

    async def handle_DATA(self, server, session, envelope):
        await self._at("DATA")
        self.take(envelope)
        await self._at("answered")
        return "250 OK"


@pytest.fixture
def inbox():
    return Waiting()


@pytest.fixture
def server(inbox):
    server = Server(inbox)
    server.start()
    yield server
    inbox.go_on.set()
    server.stop()


@pytest.fixture
def work(settings, server):
    """Starts a worker; all that were started are ended after the test."""
    started = []
    environ = {
        **os.environ,
        "STOREFRONT_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "STOREFRONT_VAULT": settings.vault_address,
        "MAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }

    def start() -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [programs.script("storefront"), "worker"]
        started.append(subprocess.Popen(command, env=environ, **quiet))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def written(order, count: int) -> None:
    for _ in range(count):
        OutgoingMail.write("order_charged", order.email, datetime.now(UTC), order=order)


def until(done) -> None:
    give_up = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < give_up, OutgoingMail.counts()
        time.sleep(0.02)


def none_waits() -> bool:
    return not OutgoingMail.counts()["waiting"]


def none_is_under_way() -> bool:
    counts = OutgoingMail.counts()
    return not counts["waiting"] + counts["sending"]


def die(worker: subprocess.Popen, inbox: Waiting, point: str) -> None:
    """Kill it when it has come to that point; "answered" is before it could record the answer."""
    assert inbox.reached.wait(SECONDS)
    if point != "answered":
        worker.kill()
        worker.wait()
        inbox.go_on.set()
        return
    with database.atomic() as transaction:  # which nobody else can write past
        OutgoingMail.update(trouble="held").execute()
        inbox.go_on.set()
        time.sleep(0.3)  # the answer is on its way, and read
        worker.kill()
        worker.wait()
        if not is_sqlite():  # where a statement that waits is done for a client that has died
            database.execute_sql(END_THOSE_WHO_WAIT)
        transaction.rollback()


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
