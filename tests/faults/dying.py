"""Senders of mail that are killed where a mail server holds them up."""

import asyncio
import subprocess
import threading
import time

from storefront.db import database, is_sqlite
from storefront.models import OutgoingMail
from tests.mail_server import Inbox

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


def until(done) -> None:
    give_up = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < give_up, OutgoingMail.counts()
        time.sleep(0.02)


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
