"""Several who count write into one database at once, and one that refuses is asked again."""

import logging
import threading
from datetime import datetime, timedelta

from storefront.db import database
from storefront.models import TrafficDay
from storefront.traffic.counters import Counters
from storefront.traffic.writing import _write
from tests.visitors import totals, values

PAGES = [f"/products/{number}" for number in range(20)]


def count(counters: Counters, at: datetime, page: str) -> None:
    hour, day = counters.at(at)
    hour["views"] += 1
    day["page", page] += 1


def test_what_several_count_at_once_adds_up_exactly(settings, clock):
    def work(pages: list[str]) -> None:
        own = Counters()  # as in a process of its own; so is the thread's connection
        for turn in range(10):
            for page in pages:
                count(own, clock() + timedelta(hours=turn % 2), page)
            _write([own.write_down])
        assert not own

    threads = [threading.Thread(target=work, args=(PAGES[::way],)) for way in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals() == {"views": 4 * 10 * len(PAGES)}
    assert sum(values("page").values()) == 4 * 10 * len(PAGES)


def test_a_database_that_refuses_is_asked_again_and_nothing_is_lost(settings, clock, caplog):
    own, others = Counters(), []
    count(own, clock(), "/products/of-somebody")
    database.execute_sql("ALTER TABLE traffic_day RENAME TO elsewhere")
    with caplog.at_level(logging.WARNING):
        _write([own.write_down, lambda: others.append(1)])
    assert "not written down yet" in caplog.text
    assert "of-somebody" not in caplog.text
    assert others, "who comes after it writes all the same"
    assert totals() == {}
    database.execute_sql("ALTER TABLE elsewhere RENAME TO traffic_day")
    own.at(clock())[0]["views"] += 1
    _write([own.write_down])
    assert totals() == {"views": 2}
    assert TrafficDay.get().count == 1
