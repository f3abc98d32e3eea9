"""What each process of `orders` does: it buys, or appends lines to a file."""

import fcntl
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playhouse.pool import PooledSqliteDatabase

from storefront.db import QueuedSqliteDatabase, database, open_database
from storefront.models import Order, PolicyVersion, ShippingRate
from storefront.models.cart import Cart
from storefront.models.totals import Customer
from storefront.refusals import SoldOut

HOLD = timedelta(minutes=35)
ADDRESSES = (
    ("Ann Walker", "1 Main St", "Apt 4", "Portland", "OR", "97209", "US"),
    ("Jürgen Weiß", "Große Bleichen 21", "", "Hamburg", "", "20354", "DE"),
    ("Camille Lefèvre", "14 rue des Écoles", "Bâtiment B", "Lyon", "", "69007", "FR"),
    ("Priya Nair", "221 MG Road", "Ashok Nagar", "Bengaluru", "KA", "560001", "IN"),
    ("高橋 恵", "神南1丁目2-3", "", "渋谷区", "13", "150-0041", "JP"),
    ("Siobhan Byrne", "7 Ormond Quay Upper", "", "Dublin", "", "D07 AB12", "IE"),
)


class Hands:
    """One process's connection to a shop: it places orders, of whatever is asked for."""

    def __init__(self, url: str, queued: bool, place: Callable) -> None:
        database.initialize(opened(url, queued))
        database.connect()
        self.rate, self.policy, self.place = ShippingRate.get(), PolicyVersion.last(), place

    def order(self, ids: list[int]) -> Order:
        """Place an order for one of each."""
        now, names = datetime.now(UTC), Customer.__dataclass_fields__
        told = (f"{secrets.token_hex(6)}@example.com", *secrets.choice(ADDRESSES))
        return self.place(
            Cart(dict.fromkeys(ids, 1), "USD"),
            Customer(**dict(zip(names, told, strict=True))),
            self.rate,
            self.policy,
            placement=secrets.token_hex(32),
            hold_until=now + HOLD,
            at=now,
        )


def opened(url: str, queued: bool):
    """The shop's own database; without the queue, what it was before there was one."""
    one = open_database(url)
    if isinstance(one, QueuedSqliteDatabase) and not queued:
        one.__class__ = PooledSqliteDatabase
    return one


def buy(work, ids: list[int]) -> Callable[[], bool]:
    """What a process repeats: True when it placed an order."""
    hands, random = Hands(work.url, work.queued, work.place), secrets.SystemRandom()

    def once() -> bool:
        try:
            hands.order(random.sample(ids, 2) if len(ids) > 1 else ids)
        except SoldOut:
            return False
        return True

    return once


def append(work, size: list[int]) -> Callable[[], bool]:
    """What a process repeats: a line, and its fsync, one process at a time."""
    line = os.urandom(size[0] // 2).hex().encode()[:-1] + b"\n"
    file = os.open(work.url, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    queue = os.open(f"{work.url}-queue", os.O_RDWR | os.O_CREAT)

    def once() -> bool:
        fcntl.flock(queue, fcntl.LOCK_EX)
        os.write(file, line)
        os.fsync(file)
        fcntl.flock(queue, fcntl.LOCK_UN)
        return True

    return once
