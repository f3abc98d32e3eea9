"""Whoever kills the shop finds numbers on its disk, and nothing of who came.

Real servers, killed outright; the disk is all that is below the instance and their folder for
temporary files, and on PostgreSQL each row of each table as well.
"""

import http.client
import ipaddress
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from storefront import programs
from storefront.db import database, is_sqlite
from storefront.models import TrafficDay, TrafficHour
from tests.visitors import totals, values

ADDRESSES = ("198.51.100.77", "203.0.113.251", "2001:db8:77aa:51::9")
BROWSER = "Kestrel/77.3 (Zanzibar; rv:{})"
WORDS = ("quincunx", "blue%20wombat")  # looked for by one visit each


class Served:
    """A shop that is served, with so many processes."""

    def __init__(self, settings, folder: Path, workers: int) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        environ = os.environ | {
            "STOREFRONT_INSTANCE": str(settings.instance),
            "DATABASE_URL": settings.database_url,
            "STOREFRONT_SHOP_ORIGIN": f"http://localhost:{self.port}",
            "STOREFRONT_LIMITS": "off",
            "STOREFRONT_PROXIES": "127.0.0.1",
            "TMPDIR": str(self.temporary),
        }
        argv = programs.granian("tests.faults.counted:app", self.port, str(workers))
        self.lines: list[str] = []
        program = programs.Program("shop", argv, environ)
        self.child = programs.Child(program, self.lines.append)
        until(lambda: programs.http_status("localhost", self.port, "/healthz") == 200)

    def get(self, path: str, visitor: int = 0) -> bytes:
        """The answer to one of the visitors."""
        sent = {
            "Host": f"localhost:{self.port}",
            "X-Forwarded-For": ADDRESSES[visitor % len(ADDRESSES)],
            "X-Forwarded-Proto": "https",
            "User-Agent": BROWSER.format(visitor),
        }
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", path, headers=sent)
            answer = line.getresponse()
            assert answer.status < 300, (path, answer.status)
            return answer.read()
        finally:
            line.close()

    def workers(self) -> list[int]:
        """The processes that answer, of which the first one that was started is the parent."""
        children = Path(f"/proc/{self.child.process.pid}/task/{self.child.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill(self) -> None:
        """No process of it gets to do anything more."""
        os.killpg(self.child.process.pid, signal.SIGKILL)
        self.child.make_sure_it_stopped(time.monotonic() + 5)


@pytest.fixture
def serve(settings, tmp_path):
    started = []

    def start(workers: int = 1) -> Served:
        started.append(Served(settings, tmp_path, workers))
        return started[-1]

    yield start
    programs.stop(one.child for one in started)


def until(true, within: float = 20) -> None:
    give_up = time.monotonic() + within
    while not true():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.02)


def on_disk(folder: Path, served: Served) -> bytes:
    """All bytes that are left: files, what was logged, and on PostgreSQL the rows."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert any(part.startswith(b"SQLite format 3") for part in files) or not is_sqlite()
    rows = []
    if not is_sqlite():
        for table in database.get_tables():
            rows += [
                row[0].encode() for row in database.execute_sql(f'SELECT t::text FROM "{table}" t')
            ]
    return b"\n".join([*files, *rows, *(line.encode() for line in served.lines)])


def spellings(secrets: list[str]) -> dict[str, bytes]:
    """What must be nowhere, in each way it could be written down."""
    found = {f"secret {n} in hex": one.encode() for n, one in enumerate(secrets)}
    found |= {f"secret {n}": bytes.fromhex(one) for n, one in enumerate(secrets)}
    for address in ADDRESSES:
        packed = ipaddress.ip_address(address).packed
        # The first half of an IPv6 address is what a household is known by.
        found |= {address: address.encode(), f"{address} in hex": packed[-8:].hex().encode()}
        found |= {f"{address} packed": packed[:8]}
    # Shorter than six bytes, a file of pictures could have it by chance.
    found = {name: one for name, one in found.items() if len(one) > 5}
    return found | {
        **{word: word.replace("%20", " ").encode() for word in WORDS},
        **{f"{word} in an address": word.encode() for word in WORDS},
        "a browser": b"Kestrel/77.3",
        "another part of it": b"Zanzibar",
    }


def test_a_killed_shop_leaves_numbers_and_nothing_of_who_came(serve, settings, tmp_path):
    shop = serve()
    for visitor in range(3):
        shop.get("/products", visitor)
    for visitor, words in enumerate(WORDS):
        shop.get(f"/search?q={words}", visitor)
    shop.get("/minute")
    until(lambda: totals().get("views") == 5)
    shop.get("/", 0)  # in the minute that is open
    secrets = json.loads(shop.get("/secrets"))
    assert len(secrets) == 4, "a key, and three visits"
    (worker,) = shop.workers()
    memory = in_memory(worker, bytes.fromhex(secrets[0]))
    assert memory, "what is looked for can be found where it is"
    shop.kill()
    left = on_disk(tmp_path, shop)
    assert [name for name, one in spellings(secrets).items() if one in left] == []
    assert (totals()["views"], totals()["visits"]) == (5, 3)
    assert values("page")["/products"] == 3
    assert set(TrafficHour._meta.fields) == {"hour", "what", "count"}
    assert set(TrafficDay._meta.fields) == {"day", "what", "value", "count"}


def in_memory(pid: int, wanted: bytes) -> bool:
    """Whether a process has that in its memory."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            ends, ways = line.split()[:2]
            start, end = (int(one, 16) for one in ends.split("-"))
            if ways.startswith("rw"):
                try:
                    memory.seek(start)
                    if wanted in memory.read(end - start):
                        return True
                except OSError:
                    continue
    return False


def test_a_shop_that_is_stopped_writes_down_what_each_process_has_counted(serve):
    shop = serve(workers=2)
    assert len(shop.workers()) == 2
    for visitor in range(20):
        shop.get("/products", visitor)
    assert totals() == {}
    programs.stop([shop.child])
    assert totals()["views"] == 20
    assert [line for line in shop.lines if "rror" in line or "raceback" in line] == []


def test_a_database_that_is_locked_or_gone_holds_up_no_page_and_nothing_is_lost(serve):
    shop = serve()
    shop.get("/products")
    database.execute_sql("ALTER TABLE traffic_day RENAME TO elsewhere")
    shop.get("/minute")
    until(lambda: any("not written down yet" in line for line in shop.lines))
    database.execute_sql("ALTER TABLE elsewhere RENAME TO traffic_day")
    with database.atomic():
        if not is_sqlite():  # there whoever has begun to write keeps all others waiting
            database.execute_sql("LOCK TABLE traffic_hour IN EXCLUSIVE MODE")
        shop.get("/minute")
        for _ in range(10):
            shop.get("/products")
            shop.get("/cart")
        assert "views" not in totals()
    until(lambda: totals().get("views"))
    programs.stop([shop.child])
    assert totals()["views"] == 21
