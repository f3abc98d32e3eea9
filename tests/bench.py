"""What pages cost with few products and with many: `bin/bench` runs it.

Catalogues of each size are made once, in build/bench. Pages are asked for in turn, size by size,
over several rounds, in one process: what is compared is the processor time of each request, and
the ratio of the medians. These machines are noisy: run it more than once.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from storefront import setup as set_up
from storefront.app import create_app
from storefront.config import read_settings
from storefront.db import database, open_database
from storefront.generate import generate
from storefront.models import Product

FOLDER = Path(__file__).resolve().parent.parent / "build" / "bench"
# Each answers with a full page of products at either size, so that the same is drawn.
PAGES = {
    "listing": "/products",
    "listing, page 30": "/products?page=30",
    "narrowed": "/products?option-size=M&option-size=L&price=100-150&price=150-250",
    "by price": "/products?type=Jackets&sort=price",
    "product": "/products/generated-{half}",
    "search, rare words": "/search?q={half}",
    "search, common word": "/search?q=waterproof",
    "search, narrowed": "/search?q=waterproof&option-size=M&option-size=L",
}
REQUESTS = 20  # of each page, in each round


def made(size: int):
    """The settings of a shop with so many generated products; made when it is not there."""
    environ = {"STOREFRONT_INSTANCE": str(FOLDER / str(size)), "STOREFRONT_LIMITS": "off"}
    settings = set_up.make_files(read_settings(environ), "USD", lambda _: None)
    database.initialize(open_database(settings.database_url))
    moment = datetime.now(UTC)
    with database.connection_context():
        set_up.upgrade_schema(settings, moment, lambda _: None)
        set_up.open_shop(settings, moment, False, lambda _: None)
        missing = size - Product.select().count()
        if missing > 0:
            print(f"making {missing} products in {FOLDER / str(size)}", file=sys.stderr)
            generate(missing, "USD", moment)
    return settings


def asked(client, url: str) -> float:
    """Processor milliseconds of one request, the median of twenty."""
    times = []
    for _ in range(REQUESTS):
        begun = time.process_time()
        answer = client.get(url)
        times.append((time.process_time() - begun) * 1000)
        assert answer.status_code == 200, (url, answer.status_code)
    return statistics.median(times)


def measure(sizes: list[int], rounds: int) -> dict:
    shops = {size: made(size) for size in sizes}
    figures: dict = {}
    clients = {}
    for size, settings in shops.items():
        database.initialize(open_database(settings.database_url))
        clients[size] = (create_app(settings).test_client(), database.obj)
    for _ in range(rounds):
        for name, path in PAGES.items():
            for size, (client, own) in clients.items():
                database.initialize(own)
                url = path.format(half=size // 2)
                figures.setdefault((name, size), []).append(asked(client, url))
    return figures


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--sizes", default="1000,100000")
    words.add_argument("--rounds", type=int, default=9)
    chosen = words.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    figures = measure(sizes, chosen.rounds)
    print(f"processor ms per request, medians of {chosen.rounds} rounds; {os.cpu_count()} cores")
    print(f"{'page':22}" + "".join(f"{size:>12,}" for size in sizes) + f"{'ratio':>9}")
    for name in PAGES:
        medians = [statistics.median(figures[name, size]) for size in sizes]
        row = "".join(f"{median:12.2f}" for median in medians)
        print(f"{name:22}{row}{medians[-1] / medians[0]:9.2f}")


if __name__ == "__main__":
    main()
