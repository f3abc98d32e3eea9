"""The ladder: processor milliseconds of one request, from a bare WSGI page to the whole shop."""

import statistics
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from storefront.db import database
from tests.bench import rows, servers, shops, wire
from tests.bench.rows import Row, Unfit
from tests.bench.servers import Server
from tests.bench.table import Table, ratio, spread

PRODUCTS = 1000
CONNECTIONS = 8
WARM_UP = 300  # requests
SETTLE = 0.02  # seconds after the last answer, in which the server puts things away
UNCACHED = {"STOREFRONT_PAGE_CACHE": "off"}
PROXIED = UNCACHED | {"STOREFRONT_PROXIES": "127.0.0.1"}
# Django Oscar 4.2.1, measured elsewhere, beside a constant Flask page of 0.12 ms.
OSCAR = {"listing of 24": (78, 150), "product": (20, 40)}  # milliseconds, the part to stay under
OSCAR_FLASK = 0.12

HOW = (
    "Processor time of the server's whole process tree, in user and kernel mode, read from the "
    "kernel's clock of each process (nanoseconds; utime and stime have ticks of 10 ms). granian, "
    "WSGI, one worker with one blocking thread; {connections} connections that stay open, one "
    "request under way on each. Medians of {rounds} rounds of {seconds:g} s, each round asking "
    "every row in turn; × is the median of the rounds' own ratios. Each answer was looked at "
    "before the load; during it, none was other than 2xx or 3xx."
)


@dataclass
class Measured:
    """The samples of one row, a figure for each round."""

    row: Row
    answer: wire.Answer
    requests: list[bytes]
    cpu: list[float] = field(default_factory=list)  # milliseconds of one request
    rate: list[float] = field(default_factory=list)  # requests a second
    waits: list[float] = field(default_factory=list)  # seconds, of all requests


def main(
    rounds: int,
    seconds: float = 1.0,
    most: int = 10**9,
    products: int = PRODUCTS,
    folder: Path = shops.FOLDER,
) -> list[Table]:
    """The ladder and what blocking threads do. A sample ends after `seconds` or `most` requests."""
    with stage(products, folder) as (running, all_rows):
        measured, wrong = _prepared(all_rows, running, min(most, WARM_UP))
        for number in range(rounds):
            order = measured if number % 2 == 0 else measured[::-1]
            for one in order:
                _sample(one, running[one.row.server], most, seconds)
    how = HOW.format(connections=CONNECTIONS, rounds=rounds, seconds=seconds)
    by_name = {one.row.name: one for one in measured}
    return [_ladder(by_name, wrong, how), _threads(by_name)]


@contextmanager
def stage(products: int, folder: Path):
    """All servers, running, and the rows that ask them."""
    shop, variants = _shop(shops.made(products, folder))
    small, demo_variants = _shop(shops.demo(folder))
    plan = {
        "bare": ("tests.bench.plain_wsgi:app", {}),
        "flask": ("tests.bench.plain_flask:app", {}),
        "uncached": ("wsgi:app", shop | UNCACHED),
        "cached": ("wsgi:app", shop),
        "demo": ("wsgi:app", small | UNCACHED),
        "proxied": ("wsgi:app", shop | PROXIED),
        "limited": ("wsgi:app", shop | PROXIED | {"STOREFRONT_LIMITS": "on"}),
        "eight": ("wsgi:app", shop | UNCACHED),
    }
    ports = servers.free_ports(len(plan))
    started = {
        name: servers.web(name, app, port, servers.environ(**env), 8 if name == "eight" else 1)
        for (name, (app, env)), port in zip(plan.items(), ports, strict=True)
    }
    with servers.running(started):
        scenes = [
            shops.scene(_sender(started[name]), goods)
            for name, goods in (("uncached", variants), ("demo", demo_variants))
        ]
        yield started, rows.ladder(*scenes)


def _shop(settings) -> tuple[dict[str, str], list]:
    """The environment that leads to a shop, and four things to buy there."""
    with database.connection_context():
        variants = shops.goods()
    shops.leave()
    return {"STOREFRONT_INSTANCE": str(settings.instance)}, variants


def _sender(server: Server) -> shops.Send:
    return lambda *what: wire.ask(server.origin, *what)


def _prepared(
    all_rows: list[Row], running: Mapping[str, Server], warm_up: int
) -> tuple[list[Measured], list[str]]:
    """Rows whose answer is what they are about, warmed up; and why the others are not."""
    measured, wrong = [], []
    for row in all_rows:
        server = running[row.server]
        try:
            headers, answer = rows.checked(row, server, wire.ask)
        except Unfit as trouble:
            wrong.append(f"“{row.name}”: {trouble}.")
            continue
        one = Measured(row, answer, _spelled(row, server, headers))
        _press(one, server, warm_up, 1)
        measured.append(one)
    return measured, wrong


def _spelled(row: Row, server: Server, headers: dict) -> list[bytes]:
    visitors = [{"X-Forwarded-For": f"10.0.{n // 250}.{n % 250 + 1}"} for n in range(row.addresses)]
    return [
        wire.spelled(server.origin, row.path, row.method, headers | visitor, row.body)
        for visitor in visitors or [{}]
    ]


def _sample(one: Measured, server: Server, most: int, seconds: float) -> None:
    began = server.cpu()
    pressed = _press(one, server, most, seconds)
    time.sleep(SETTLE)
    spent = server.cpu() - began
    if pressed.refused:
        raise RuntimeError(f"{one.row.name}: answers under load were {dict(pressed.refused)}")
    one.cpu.append(spent / 1e6 / pressed.answered)
    one.rate.append(pressed.answered / pressed.seconds)
    one.waits += pressed.waits


def _press(one: Measured, server: Server, most: int, seconds: float) -> wire.Pressed:
    requests = islice(cycle(one.requests), most)
    return wire.press(server.origin, requests, seconds, CONNECTIONS)


def _ladder(by_name: Mapping[str, Measured], wrong: list[str], how: str) -> Table:
    head = ["request", "CPU ms", "lowest–highest", "× Flask", "× bare", "aim", "met", "answer"]
    table = Table("The ladder", head, notes=[how], wrong=wrong)
    bare, flask = (by_name[name].cpu for name in ("bare WSGI page", "constant Flask page"))
    for one in by_name.values():
        times = {"flask": ratio(one.cpu, flask), "bare": ratio(one.cpu, bare)}
        aim, met = "", ""
        if one.row.aim:
            most, baseline = one.row.aim
            aim = f"≤ {most:g}× {'Flask' if baseline == 'flask' else 'bare'}"
            met = "yes" if times[baseline] <= most else "no"
        median = statistics.median(one.cpu)
        figures = [
            f"{median:.3f}",
            spread(one.cpu),
            f"{times['flask']:.2f}",
            f"{times['bare']:.2f}",
        ]
        table.rows.append([one.row.name, *figures, aim, met, _described(one.answer)])
    table.notes += _oscar(by_name, statistics.median(flask))
    return table


def _described(answer: wire.Answer) -> str:
    kind = answer.header("content-encoding") or "not compressed"
    return f"{answer.status}, {answer.head} + {answer.length:,} B {kind if answer.length else ''}"


def _oscar(by_name: Mapping[str, Measured], flask: float) -> list[str]:
    """What another shop takes, for reference."""
    lines = []
    for name, (elsewhere, part) in OSCAR.items():
        if name in by_name:
            here = elsewhere / OSCAR_FLASK * flask
            own = statistics.median(by_name[name].cpu)
            met = "met" if own <= here / part else "missed"
            lines.append(
                f"{name}: {elsewhere} ms there, about {here:.0f} ms at this machine's pace; "
                f"the shop takes 1/{here / own:.0f} of it (aim 1/{part}: {met})"
            )
    return [
        "Django Oscar 4.2.1, measured elsewhere, not in this run, where the constant Flask page "
        f"took {OSCAR_FLASK} ms: " + "; ".join(lines) + "."
    ]


def _threads(by_name: Mapping[str, Measured]) -> Table:
    head = ["listing of 24, uncached", "CPU ms", "× one thread", "requests/s", "p50 ms", "p99 ms"]
    table = Table(f"Blocking threads of a worker, at {CONNECTIONS} connections", head)
    names = {"one thread": "listing of 24", "eight threads": "listing of 24, eight threads"}
    found = {words: by_name[name] for words, name in names.items() if name in by_name}
    for words, one in found.items():
        times = ratio(one.cpu, next(iter(found.values())).cpu)
        hundredths = statistics.quantiles(one.waits, n=100)
        table.rows.append(
            [
                words,
                f"{statistics.median(one.cpu):.3f}",
                f"{times:.2f}",
                f"{statistics.median(one.rate):,.0f}",
                *(f"{hundredths[part - 1] * 1000:.2f}" for part in (50, 99)),
            ]
        )
    return table
