"""What pages cost with few products and with many.

Pages are asked for in turn, size by size, over several rounds, in one process: what is compared
is the processor time of each request, and the ratio of the sizes in the same round.
"""

import statistics
import time
from dataclasses import replace

from storefront.app import create_app
from storefront.db import database, open_database
from storefront.drawn import Drawn
from tests.bench import shops
from tests.bench.table import Table, ratio

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


def main(rounds: int, sizes: list[int]) -> list[Table]:
    """One table: a row for each page, a column for each number of products."""
    figures = measure(sizes, rounds)
    head = ["page", *(f"{size:,} products, ms" for size in sizes), "ratio"]
    table = Table("Few products and many", head)
    for name in PAGES:
        samples = [figures[name, size] for size in sizes]
        medians = [f"{statistics.median(times):.2f}" for times in samples]
        table.rows.append([name, *medians, f"{ratio(samples[-1], samples[0]):.2f}"])
    table.notes.append(
        "Processor time of a request in one process, without a server, the page cache, or anything "
        f"drawn before; medians of {rounds} rounds of {REQUESTS} requests each, the sizes in turn."
    )
    return [table]


def measure(sizes: list[int], rounds: int) -> dict[tuple[str, int], list[float]]:
    """Milliseconds by page and size, one figure for each round."""
    figures: dict = {}
    clients = {}
    for size in sizes:
        # Each page is made anew: none is kept as it went out.
        settings = replace(shops.made(size), page_cache=False)
        database.initialize(open_database(settings.database_url))
        clients[size] = (create_app(settings).test_client(), database.obj)
    for _ in range(rounds):
        for name, path in PAGES.items():
            for size, (client, own) in clients.items():
                database.initialize(own)
                url = path.format(half=size // 2)
                figures.setdefault((name, size), []).append(asked(client, url))
    for _, own in clients.values():
        own.close_all()
    return figures


def asked(client, url: str) -> float:
    """Processor milliseconds of one request, the median of twenty."""
    times, app = [], client.application
    for _ in range(REQUESTS):
        app.extensions["drawn"] = Drawn(app.jinja_env)
        begun = time.process_time()
        answer = client.get(url)
        times.append((time.process_time() - begun) * 1000)
        assert answer.status_code == 200, (url, answer.status_code)
    return statistics.median(times)
