"""The widget: warm, beside a bare Flask route that returns the same bytes; and what it and a
product's page cost with few testimonials and with many, when they are drawn anew."""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from pathlib import Path

from storefront.app import create_app
from storefront.db import database, open_database
from storefront.models import Product
from tests.bench import servers, shops, sizes, testimonials, wire
from tests.bench.rows import COMPRESSED
from tests.bench.table import Table, ratio, spread

FEW, MANY = 100, 100_000
LEAST, MOST = 0.8, 1.2  # the aims: requests a second beside Flask, and times of many to few
CONNECTIONS = 8


def main(
    rounds: int,
    seconds: float = 1.0,
    most: int = 10**9,
    folder: Path = shops.FOLDER,
    many: int = MANY,
) -> list[Table]:
    """Two tables. A sample of the first ends after `seconds` or `most` requests."""
    return [warm(rounds, seconds, most, folder), sized(rounds, folder, many)]


def warm(rounds: int, seconds: float, most: int, folder: Path) -> Table:
    """Requests a second of the kept widget, and of Flask with the same bytes."""
    settings, keys = testimonials.made(FEW, folder)
    shops.leave()
    path = f"/widget/{keys['all']}/testimonials"
    environ = servers.environ(STOREFRONT_INSTANCE=str(settings.instance))
    ports = servers.free_ports(2)
    shop = servers.web("shop", "wsgi:app", ports[0], environ)
    with servers.running({"shop": shop}):
        answer = _hot(shop.origin, path)
        with _flask(answer.body, ports[1]) as flask:
            asked = {"the widget": (shop, path), "Flask, the same bytes": (flask, "/")}
            rates = _rates(asked, rounds, seconds, most)
    return _warm_table(rates, answer)


@contextmanager
def _flask(body: bytes, port: int) -> Iterator[servers.Server]:
    """A bare Flask route that returns these bytes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        file = Path(place) / "widget"
        file.write_bytes(body)
        environ = servers.environ(WIDGET_BYTES=str(file))
        flask = servers.web("flask", "tests.bench.same_bytes:app", port, environ)
        with servers.running({"flask": flask}):
            yield flask


def _hot(origin: str, path: str) -> wire.Answer:
    """The answer as it is after many visitors: pressed hard, which happens in the background."""
    for _ in range(300):
        answer = wire.ask(origin, path, "GET", COMPRESSED)
    if answer.status != 200 or answer.header("content-encoding") != "br":
        raise RuntimeError(f"the widget answered {answer.status}")
    return answer


def _rates(asked: dict, rounds: int, seconds: float, most: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds):
        for name in list(asked)[:: 1 if number % 2 else -1]:
            server, path = asked[name]
            request = wire.spelled(server.origin, path, "GET", COMPRESSED, b"")
            wire.press(server.origin, repeat(request, min(most, 300)), seconds, CONNECTIONS)
            pressed = wire.press(server.origin, repeat(request, most), seconds, CONNECTIONS)
            if pressed.refused:
                raise RuntimeError(f"{name}: answers under load were {dict(pressed.refused)}")
            rates[name].append(pressed.answered / pressed.seconds)
    return rates


def _warm_table(rates: dict[str, list[float]], answer: wire.Answer) -> Table:
    table = Table("The widget, warm", ["what", "requests/s", "lowest–highest", "of Flask", "aim"])
    flask = rates["Flask, the same bytes"]
    for name, samples in rates.items():
        share = f"{ratio(samples, flask):.2f}"
        aim = f"≥ {LEAST}" if samples is not flask else ""
        median = f"{statistics.median(samples):,.0f}"
        table.rows.append([name, median, spread(samples, 0), share, aim])
    table.notes.append(
        f"Ten testimonials, {answer.length:,} bytes in brotli. One worker with one blocking thread "
        f"each, {CONNECTIONS} connections; medians of {len(flask)} rounds, each asking both."
    )
    return table


def sized(rounds: int, folder: Path, many: int) -> Table:
    """Processor time of a request that is drawn anew, with few testimonials and with many."""
    figures: dict = {}
    counts, clients = (FEW, many), {}
    for count in counts:
        settings, keys = testimonials.made(count, folder)
        settings = replace(settings, page_cache=False)
        clients[count] = (create_app(settings).test_client(), database.obj, _paths(keys))
        database.initialize(open_database(settings.database_url))
    for _ in range(rounds):
        for name in next(iter(clients.values()))[2]:
            for count, (client, own, paths) in clients.items():
                database.initialize(own)
                figures.setdefault((name, count), []).append(sizes.asked(client, paths[name]))
    for _, own, _paths_of in clients.values():
        own.close_all()
    return _sized_table(figures, counts)


def _paths(keys: dict[str, str]) -> dict[str, str]:
    ways = {f"widget, {name}": f"/widget/{key}/testimonials" for name, key in keys.items()}
    ways["widget as JSON, all"] = f"/widget/{keys['all']}.json"
    with database.connection_context():
        first = Product.select().order_by(Product.id).first()
    return ways | {"product": f"/products/{first.handle}"}


def _sized_table(figures: dict, counts: tuple[int, int]) -> Table:
    head = ["page", *(f"{count:,} testimonials, ms" for count in counts), "ratio", "aim"]
    table = Table("Few testimonials and many", head)
    for name in dict.fromkeys(name for name, _ in figures):
        few, many = (figures[name, count] for count in counts)
        medians = [f"{statistics.median(times):.2f}" for times in (few, many)]
        table.rows.append([name, *medians, f"{ratio(many, few):.2f}", f"≤ {MOST}"])
    table.notes.append(
        f"Of {testimonials.REVIEWED} products in turn, the newest {testimonials.NEWEST} of the "
        "first: the same ones are drawn at either size. As in the table of few products and many: "
        "processor time in one process, nothing kept or drawn before."
    )
    return table
