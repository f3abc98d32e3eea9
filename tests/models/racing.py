"""Real processes that place orders for the same things at the same time; for the tests."""

import multiprocessing
from collections import Counter
from datetime import UTC, datetime

from storefront.db import database, open_database
from storefront.models import Variant
from storefront.refusals import SoldOut
from tests.models.placing import cart_of, place

SECONDS = 60  # for all of them together; who takes longer hangs


def race(url: str, ids: list[int], shoppers: int, orders: int) -> Counter:
    """What came of so many processes that each try so many orders for one of each variant.

    Every other one has its cart the other way round. Counts `Order` and the refusals by name.
    """
    spawn = multiprocessing.get_context("spawn")
    start, told = spawn.Barrier(shoppers), spawn.Queue()
    carts = (ids, ids[::-1])
    processes = [
        spawn.Process(target=_shop, args=(url, carts[n % 2], orders, start, told), daemon=True)
        for n in range(shoppers)
    ]
    for process in processes:
        process.start()
    outcomes = sum((told.get(timeout=SECONDS) for _ in processes), Counter())
    for process in processes:
        process.join(SECONDS)
    return outcomes


def _shop(url: str, ids: list[int], orders: int, start, told) -> None:
    database.initialize(open_database(url))
    outcomes = Counter()
    with database.connection_context():
        variants = [Variant.get_by_id(variant) for variant in ids]
        start.wait(SECONDS)
        for _ in range(orders):
            outcomes[_attempt(variants)] += 1
    told.put(outcomes)


def _attempt(variants: list[Variant]) -> str:
    try:
        return type(place(cart_of(*((v, 1) for v in variants)), datetime.now(UTC))).__name__
    except SoldOut as refusal:
        return type(refusal).__name__
    except Exception as trouble:  # counted, so that the test says what it was
        return repr(trouble)
