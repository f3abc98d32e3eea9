"""Processes that share a store tell visits together; without it each goes on by itself."""

import logging
import random
import threading
from dataclasses import astuple, replace

import pytest

from storefront import gate
from storefront.app import create_app
from storefront.traffic import shared
from tests import memcached
from tests.visitors import totals, values, visitor, written


@pytest.fixture(scope="module")
def store():
    with memcached.server() as port:
        yield port


@pytest.fixture
def several(settings, clock):
    """Makes apps, as in as many processes, that share the store at a port."""

    made = []

    def make(port: int, count: int = 2) -> list:
        given = replace(settings, shared=f"memcached://127.0.0.1:{port}")
        given = replace(given, shop_origin=f"http://localhost:{random.randrange(10**6)}")
        apps = [create_app(given, clock) for _ in range(count)]
        made.extend(apps)
        return apps

    yield make
    for app in made:
        app.extensions["traffic"]._shared.close()
    gate.dismiss("shared store")


def test_a_visit_that_reaches_several_processes_is_one(several, store, clock):
    one, other = several(store)
    for turn in range(3):
        for app, path in ((one, "/"), (other, "/products"), (one, "/privacy")):
            visitor(app).get(path)
            visitor(app, at=2 + turn).get(path)
            app.extensions["traffic"].work_off()
            clock.forward(seconds=5)
    for app in (one, other):
        written(app)
    assert totals()["visits"] == 4
    assert totals()["views"] == 18
    assert values("entry") == {"/": 4}
    assert values("exit") == {"/privacy": 4}


def test_one_that_begins_in_two_processes_at_once_is_one(several, store):
    apps = several(store, 4)
    for n in range(20):
        for app in apps:
            visitor(app, at=n + 1).get("/products")
    threads = [threading.Thread(target=app.extensions["traffic"].work_off) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for app in apps:
        written(app)
    assert (totals()["visits"], totals()["views"]) == (20, 80)


def test_the_key_of_the_day_is_the_same_everywhere_and_another_the_day_after(several, store, clock):
    found = []
    for _ in range(2):
        for app in several(store):
            visitor(app).get("/")
            app.extensions["traffic"].work_off()
            found.append(app.extensions["traffic"]._visits.key(clock().date()))
        clock.forward(days=1)
    assert found[0] == found[1] != found[2] == found[3]


def test_a_store_that_goes_away_is_told_of_once_and_each_counts_by_itself(
    several, clock, caplog, monkeypatch
):
    monkeypatch.setattr(shared, "PAUSE", 0)
    with memcached.server() as port:
        one, other = several(port)
        for app in (one, other):
            visitor(app).get("/")
            app.extensions["traffic"].work_off()
    with caplog.at_level(logging.WARNING):
        for app in (one, other):
            for _ in range(3):
                visitor(app).get("/products")
                app.extensions["traffic"].work_off()
    assert caplog.text.count("the shared store does not answer") == 2, "once of each process"
    assert "127.0.0" not in caplog.text
    with memcached.server(port):
        for app in (one, other):
            visitor(app).get("/privacy")
            written(app)
    assert totals()["views"] == 10
    assert totals()["visits"] == 1, "both knew the visit, and go on with it"


def test_what_somebody_else_has_put_into_the_store_stops_no_counting(several, store, clock):
    one, other = several(store)
    visitor(one).get("/")
    one.extensions["traffic"].work_off()
    traffic = one.extensions["traffic"]
    (digest,) = traffic._visits._visits
    for junk in (b"", b"\xff", b"[]", b'{"a": 1}', b'["x", "x", "/", [], [], 1, 0]', b"9" * 10**5):
        traffic._shared._store.set(traffic._shared._name(digest), junk)
        for app in (other, one):
            visitor(app).get("/products")
            app.extensions["traffic"].work_off()
    traffic._shared._store.set(f"{traffic._shared._prefix}key/{clock().date()}", b"k" * 65)
    visitor(one).get("/products")
    for app in (one, other):
        written(app)
    assert totals()["views"] == 1 + 12 + 1


def test_what_waits_to_be_counted_is_short_and_holds_no_cookie(several, store):
    one, _ = several(store)
    person = visitor(one, cookie=f"__Host-account={'secret' * 500}", accept=" " * 5000)
    person.get("/products?" + "x" * 5000)
    visitor(one, cookie="a=b; session=secret").get("/products")
    waiting = list(one.extensions["traffic"]._waiting)
    assert len(waiting) == 2
    assert "secret" not in str(waiting)
    assert all(len(str(word)) <= 1000 for asked in waiting for word in astuple(asked))
    written(one)
    assert totals() == {"views": 1, "visits": 1, "staff views": 1}


def test_who_asks_for_recipients_is_told_of_the_store(several, store):
    app, _ = several(store)
    page = app.test_client().get("/privacy/recipients").text
    assert "Shared store</h3>" in page
    assert "which views are of one visit" in page
