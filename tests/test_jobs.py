"""The worker is woken through the database, runs nothing it did not sign for, and goes on."""

import pickle

import pytest

from storefront import jobs
from storefront.db import database
from storefront.jobs import Jobs
from storefront.models import OutgoingMail
from tests.models.placing import cart_of, place


@pytest.fixture
def worker(settings):
    return Jobs(settings)


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((plenty, 1)), clock())


def do_one(worker: Jobs) -> None:
    worker.huey.execute(worker.huey.dequeue())


def test_a_woken_worker_sends_what_is_due(settings, worker, order):
    Jobs(settings).wake()  # from another process, for all it knows
    do_one(worker)
    assert OutgoingMail.get().sent_at
    assert worker.huey.dequeue() is None


def test_a_call_says_nothing_about_anybody(worker, order):
    worker.wake()
    [row] = database.execute_sql("SELECT data FROM task").fetchall()
    assert b"ann" not in bytes(row[0]).lower()
    assert order.number.encode() not in bytes(row[0])


def test_a_call_that_is_lost_costs_an_order_nothing(worker, order, caplog):
    database.execute_sql("DROP TABLE task")
    worker.wake()
    assert "the worker was not woken" in caplog.text
    worker.look_after()
    assert OutgoingMail.get().sent_at


class Trap:
    """Unpickled, it would run a function of its maker's choice."""

    def __reduce__(self):
        return (pytest.fail, ("what somebody else wrote was loaded",))


def test_what_somebody_else_wrote_into_the_queue_is_never_loaded(worker):
    worker.huey.storage.enqueue(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="not found"):  # no signature
        worker.huey.dequeue()


def test_mail_goes_out_though_the_vaults_answers_make_trouble(worker, order, monkeypatch):
    def trouble(self, now):
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(jobs.Payments, "settle", trouble)
    with pytest.raises(RuntimeError):
        worker.look_after()
    assert OutgoingMail.get().sent_at


def test_the_worker_looks_by_itself_every_minute(worker):
    [task] = worker.huey._registry.periodic_tasks
    assert task.name == "look_after"
