"""Connections are counted in memory and written down now and then, by who made them."""

import logging
import os
import threading
from datetime import UTC, datetime

import pytest

from storefront import gate, tally
from storefront.db import database
from storefront.models import ConnectionCount
from tests.journey import place_order

MARCH = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_noted():
    tally._notes.clear()
    yield
    tally._notes.clear()


def counts() -> dict:
    return {(row.recipient, str(row.month)): row.connections for row in ConnectionCount.select()}


def test_notes_are_added_to_their_month(settings):
    for name in ("vault", "vault", "mail server"):
        tally.note(name)
    tally.write_down(MARCH)
    tally.write_down(MARCH)
    tally.note("vault")
    tally.write_down(MARCH)
    tally.note("vault")
    tally.write_down(APRIL)
    march, april = "2026-03-01", "2026-04-01"
    assert counts() == {("vault", march): 3, ("mail server", march): 1, ("vault", april): 1}


def test_a_database_that_refuses_is_asked_again(settings, caplog):
    tally.note("vault")
    with database.atomic() as transaction:
        database.execute_sql("ALTER TABLE connection_count RENAME TO elsewhere")
        with caplog.at_level(logging.WARNING):
            tally.write_down(MARCH)
        transaction.rollback()
    assert "were not counted yet" in caplog.text
    tally.write_down(MARCH)
    assert counts() == {("vault", "2026-03-01"): 1}


def test_threads_that_note_and_write_at_once_lose_nothing_and_count_nothing_twice(settings):
    def note_many() -> None:
        for _ in range(500):
            tally.note("vault")

    def write_many() -> None:
        with database.connection_context():
            for _ in range(5):
                tally.write_down(MARCH)

    threads = [threading.Thread(target=each) for each in [note_many] * 4 + [write_many] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.write_down(MARCH)
    assert counts() == {("vault", "2026-03-01"): 2000}


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_does_not_write_what_its_parent_noted(settings):
    tally.note("vault")
    child = os.fork()
    if not child:
        os._exit(len(tally._notes))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(tally._notes) == 1


def test_an_order_that_asks_the_vault_is_counted_by_the_shop(client, plenty, clock):
    with gate.closed():
        address = place_order(client, plenty, 1)
        link = address.partition("link=")[2].partition("&")[0]
        client.get(f"/orders/{link}")
    tally.write_down(clock())
    ((name, month),) = counts()
    assert (name, month) == ("vault", f"{clock():%Y-%m}-01")


def test_a_command_counts_what_it_connected_to(runner, client, plenty):
    link = place_order(client, plenty, 1).partition("link=")[2].partition("&")[0]
    number = link.partition(".")[0]
    tally._notes.clear()
    assert runner("cancel-order", number).exit_code == 0
    assert [name for name, _ in counts()] == ["vault"]
