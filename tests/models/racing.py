"""Real processes that place orders for the same things at the same time; for the tests."""

import multiprocessing
from collections import Counter
from datetime import UTC, datetime

from storefront.db import database, open_database
from storefront.models import Discount, Variant
from storefront.refusals import Refused, SoldOut
from tests.models.placing import cart_of, place, stock

SECONDS = 120  # for a round of all of them together; who takes longer hangs


def race(url: str, ids: list[int], shoppers: int, orders: int, code: str = "") -> Counter:
    """What came of so many processes that each try so many orders for one of each variant.

    Every other one has its cart the other way round. Counts `Order` and the refusals by name; with
    a code, the orders with and without it: who is refused the code orders without.
    """
    carts = (ids, ids[::-1])
    tasks = [(carts[n % 2], orders, code) for n in range(shoppers)]
    with Racers(url, shoppers) as racers:
        return racers.run(tasks)


class Racers:
    """So many processes that wait for each other at every start."""

    def __init__(self, url: str, shoppers: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._told = spawn.Queue()
        self._start = spawn.Barrier(shoppers)
        self._asked = [spawn.Queue() for _ in range(shoppers)]
        self._processes = [
            spawn.Process(target=_shop, args=(url, asked, self._start, self._told), daemon=True)
            for asked in self._asked
        ]

    def __enter__(self) -> "Racers":
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_) -> None:
        for asked in self._asked:
            asked.put(None)
        for process in self._processes:
            process.join(SECONDS)

    def run(self, tasks: list[tuple]) -> Counter:
        """What came of a task for each of them, begun at the same moment."""
        for asked, task in zip(self._asked, tasks, strict=True):
            asked.put(task)
        return sum((self._told.get(timeout=SECONDS) for _ in tasks), Counter())


def rounds(url: str, variant: Variant, shoppers: int, times: int) -> Counter:
    """What came of so many rounds in which all race for the one that is left."""
    outcomes = Counter()
    with Racers(url, shoppers) as racers:
        for _ in range(times):
            stock(variant, 1)
            outcomes += racers.run([([variant.id], 1, "")] * shoppers)
    return outcomes


def _shop(url: str, asked, start, told) -> None:
    database.initialize(open_database(url))
    with database.connection_context():
        while task := asked.get():
            ids, orders, code = task
            variants = [Variant.get_by_id(variant) for variant in ids]
            discount = Discount.named(code) if code else None
            start.wait(SECONDS)
            outcomes = Counter()
            for _ in range(orders):
                outcomes[_attempt(variants, discount)] += 1
            told.put(outcomes)


def _attempt(variants: list[Variant], discount: Discount | None) -> str:
    cart, at = cart_of(*((v, 1) for v in variants)), datetime.now(UTC)
    try:
        order = place(cart, at, discount=discount)
    except SoldOut as refusal:
        return type(refusal).__name__
    except Refused as refusal:
        if "used as often" not in refusal.sentence:
            return repr(refusal)
        return f"{type(place(cart, at)).__name__} without the code"
    except Exception as trouble:  # counted, so that the test says what it was
        return repr(trouble)
    return "Order with the code" if discount else type(order).__name__
