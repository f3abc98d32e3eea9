"""Orders a second, beside the least that keeping them safely can cost.

    python -m tests.bench.orders [--rounds 7]

Each order has two lines, a real address and a mail, and is on the disk before the next begins. It
is compared with lines of as many bytes that are appended to one file, each with an fsync, under
the lock that writers of SQLite wait at; and with placing an order row by row. Nobody buys what is
not there: that is counted, too.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from storefront import setup as set_up
from storefront.config import read_settings
from storefront.db import database, open_database
from storefront.models import Order, OrderEvent, OrderLine, OutgoingMail, Variant
from tests import postgres
from tests.bench.buyers import append, buy
from tests.bench.row_by_row import row_by_row

FOLDER = Path(__file__).resolve().parents[2] / "build" / "bench"
ORDERS = {1: 400, 8: 75}  # so many from each process, by how many processes there are
GOODS = 40  # variants that are bought, two in each order
PLENTY = 1_000_000
LAST = 50  # pieces that are raced for at the end, by twice as many orders


@dataclass
class Work:
    """One row of the table: what is done, on which database or file, and what came of it."""

    name: str
    url: str
    processes: int
    prepare: Callable = buy
    place: Callable = Order.place
    queued: bool = True
    rates: list[float] = field(default_factory=list)  # a second
    waits: list[float] = field(default_factory=list)  # seconds
    oversold: int = 0

    def measure(self, given: list[int], times: int | None = None) -> int:
        """Do it from all processes at once; how many orders were placed."""
        fork = multiprocessing.get_context("fork")
        start, told = fork.Barrier(self.processes), fork.Queue()
        times = times or ORDERS[self.processes]
        processes = [
            fork.Process(target=_repeat, args=(self, given, times, start, told))
            for _ in range(self.processes)
        ]
        for process in processes:
            process.start()
        answers = [told.get(timeout=120) for _ in processes]
        for process in processes:
            process.join()
        begun, ended = min(a[0] for a in answers), max(a[1] for a in answers)
        self.rates.append(times * self.processes / (ended - begun))
        self.waits += [wait for answer in answers for wait in answer[2]]
        return sum(answer[3] for answer in answers)


def _repeat(work: Work, given: list[int], times: int, start, told) -> None:
    once, waits, good = work.prepare(work, given), [], 0
    start.wait(60)
    begun = last = time.perf_counter()
    for _ in range(times):
        good += once()
        now = time.perf_counter()
        waits.append(now - last)
        last = now
    told.put((begun, last, waits, good))


@contextmanager
def in_database(work: Work) -> Iterator[None]:
    database.initialize(open_database(work.url))
    with database.connection_context():
        yield
    database.close_all()


def stock(ids: list[int], left: int) -> None:
    rows = Variant.update(stock=left, tracked=True, oversell=False)
    rows.where(Variant.id.in_(ids)).execute()


def sold() -> dict[int, int]:
    """How many of each variant stand in orders."""
    counted: dict[int, int] = {}
    for variant, quantity in OrderLine.select(OrderLine.variant, OrderLine.quantity).tuples():
        counted[variant] = counted.get(variant, 0) + quantity
    return counted


def a_round(work: Work) -> None:
    """Orders from a full shelf; what was taken must be what was sold."""
    with in_database(work):
        ids = [variant.id for variant in Variant.select().order_by(Variant.id).limit(GOODS)]
        stock(ids, PLENTY)
        before = sold()
    work.measure(ids)
    with in_database(work):
        after = sold()
        for variant in Variant.select().where(Variant.id.in_(ids)):
            bought = after.get(variant.id, 0) - before.get(variant.id, 0)
            work.oversold += abs(PLENTY - variant.stock - bought)


def last_pieces(work: Work) -> None:
    """Twice as many want one as there are; more than there were must not be sold."""
    with in_database(work):
        [one] = Variant.select().order_by(Variant.id.desc()).limit(1)
        stock([one.id], LAST)
    race = Work(work.name, work.url, work.processes, work.prepare, work.place, work.queued)
    placed = race.measure([one.id], 2 * LAST // work.processes + 1)
    with in_database(work):
        left = Variant.get_by_id(one.id).stock
        work.oversold += max(0, placed - LAST) + abs(LAST - left - placed)


# All of it.

HEAD = ("what", "processes", "orders/s", "of appends", "p50 ms", "p99 ms", "longest ms", "oversold")


def main(rounds: int = 7) -> list[tuple[str, ...]]:
    """The table's rows under `HEAD`: medians of so many rounds, in each of which all have a turn.

    "of appends" is the median of the rounds' own ratios to appends from as many processes.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = tempfile.TemporaryDirectory(prefix="orders-", dir=FOLDER)
    with fresh as folder, postgres.server(safe=True) as server:
        shops = [*on_sqlite(Path(folder)), *on_postgresql(server, Path(folder))]
        files = on_file(Path(folder))
        size = bytes_of_an_order(shops[0])
        for number in range(rounds):
            for work in [*files, *shops][:: 1 if number % 2 else -1]:
                work.measure([size]) if work in files else a_round(work)
        for work in shops:
            last_pieces(work)
    return [row(work, files) for work in (*files, *shops)]


def on_file(folder: Path) -> list[Work]:
    return [Work("append and fsync", str(folder / f"lines-{n}"), n, append) for n in ORDERS]


def on_sqlite(folder: Path) -> list[Work]:
    ways = {
        "SQLite, row by row, no queue": (row_by_row, False),
        "SQLite, in sets, no queue": (Order.place, False),
        "SQLite, in sets, queued": (Order.place, True),
    }
    return [
        Work(name, new_shop(folder / f"{n}-{processes}"), processes, buy, place, queued)
        for n, (name, (place, queued)) in enumerate(ways.items())
        for processes in ORDERS
    ]


def on_postgresql(server: str, folder: Path) -> list[Work]:
    ways = {"PostgreSQL, row by row": row_by_row, "PostgreSQL, in sets": Order.place}
    works = []
    for n, (name, place) in enumerate(ways.items()):
        for processes in ORDERS:
            fresh = f"orders_{n}_{processes}"
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {fresh}")
            url = urlsplit(server)._replace(path=f"/{fresh}").geturl()
            works.append(Work(name, new_shop(folder / fresh, url), processes, buy, place))
    return works


def new_shop(folder: Path, url: str = "") -> str:
    """A shop with the demo, and nothing open; the address of its database."""
    environ = {"STOREFRONT_INSTANCE": str(folder), "DATABASE_URL": url}
    settings = set_up.make_files(read_settings(environ), "USD", lambda _: None)
    database.initialize(open_database(settings.database_url))
    with database.connection_context():
        set_up.upgrade_schema(settings, datetime.now(UTC), lambda _: None)
        set_up.open_shop(settings, datetime.now(UTC), True, lambda _: None)
    database.close_all()
    return settings.database_url


def bytes_of_an_order(work: Work) -> int:
    """How long the rows of one order are, written as a line of text."""
    once = buy(work, [variant.id for variant in opened_variants(work)])
    once()
    rows = [row for table in (Order, OrderLine, OrderEvent, OutgoingMail) for row in table.select()]
    text = " ".join(str(value) for row in rows for value in row.__data__.values())
    database.close_all()
    return len(text.encode())


def opened_variants(work: Work) -> list[Variant]:
    with in_database(work):
        variants = list(Variant.select().order_by(Variant.id).limit(2))
        stock([variant.id for variant in variants], PLENTY)
    return variants


def row(work: Work, files: list[Work]) -> tuple[str, ...]:
    """The figures of one row, in words."""
    waits = sorted(1000 * wait for wait in work.waits)
    [beside] = [file for file in files if file.processes == work.processes]
    of_appends = statistics.median(a / b for a, b in zip(work.rates, beside.rates, strict=True))
    return (
        work.name,
        str(work.processes),
        f"{statistics.median(work.rates):,.0f}",
        f"{of_appends:.2f}",
        *(f"{waits[int(len(waits) * part)]:.2f}" for part in (0.5, 0.99)),
        f"{waits[-1]:.1f}",
        "" if work in files else str(work.oversold),
    )


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rounds", type=int, default=7)
    print("| " + " | ".join(HEAD) + " |\n|---|" + "--:|" * (len(HEAD) - 1))
    for each in main(words.parse_args().rounds):
        print("| " + " | ".join(each) + " |")
