"""What counting costs: the same pages of the same shop, with it and without, in one run."""

import statistics
import time
from dataclasses import replace
from pathlib import Path

from storefront.app import create_app
from storefront.db import database, open_database
from storefront.traffic.counting import MANY
from tests.bench import ladder, profiled, servers, shops, wire
from tests.bench.ladder import Measured
from tests.bench.rows import BEHIND_PROXY, Row
from tests.bench.table import Table, ratio, spread

MOST = 1.03  # the aim: times of a page that is not counted
ADDRESSES, BROWSERS = 2000, 20
TIMES = 1000  # requests of one sample in this process
# As a browser sends them: a server also reads what the shop never looks at.
SENT = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.7",
    "Referer": "https://search.example/",
    "Sec-Ch-Ua": '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    "Sec-Ch-Ua-Mobile": "?0",
    "Sec-Ch-Ua-Platform": '"Linux"',
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
}
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.0 Safari/537.36"
)


def main(rounds: int, seconds: float, most: int, products: int, folder: Path) -> list[Table]:
    """Two tables: over HTTP, a sample ending after `seconds` or `most` requests; and without."""
    settings = shops.made(products, folder)
    with database.connection_context():
        variants = shops.goods()
    shops.leave()
    served = _served(settings, variants, rounds, seconds, most)
    return [served, _called(settings, variants, rounds, min(most, TIMES))]


def _visitors() -> list[dict]:
    return [
        SENT
        | BEHIND_PROXY
        | {
            "X-Forwarded-For": f"10.0.{n // 250}.{n % 250 + 1}",
            "User-Agent": BROWSER.format(120 + n % BROWSERS),
        }
        for n in range(ADDRESSES)
    ]


def _pages(scene: shops.Scene) -> dict[str, tuple[str, dict]]:
    """What is asked for: a path, and headers besides a browser's."""
    return {
        "product, kept": (scene.product, {}),
        "listing, kept": ("/products", {}),
        "listing, kept, visitor with a cart": ("/products", scene.cart),
        "cart of 3 lines, drawn": ("/cart", scene.cart),
    }


def _served(settings, variants: list, rounds: int, seconds: float, most: int) -> Table:
    """Processor time of the server's whole process tree, over HTTP."""
    environ = {"STOREFRONT_INSTANCE": str(settings.instance), "STOREFRONT_PROXIES": "127.0.0.1"}
    ports = servers.free_ports(2)
    started = {
        way: servers.web(way, "wsgi:app", port, servers.environ(STOREFRONT_TRAFFIC=way, **environ))
        for way, port in zip(("on", "off"), ports, strict=True)
    }
    with servers.running(started):
        measured = {}
        for way, server in started.items():
            scene = shops.scene(lambda *what, o=server.origin: wire.ask(o, *what), variants)
            for name, (path, more) in _pages(scene).items():
                measured[name, way] = _warmed(name, server, path, more, most)
        for number in range(rounds):
            for name in dict.fromkeys(name for name, _ in measured):
                for way in ("on", "off")[:: 1 if number % 2 else -1]:
                    ladder._sample(measured[name, way], started[way], most, seconds)
    figures = {key: one.cpu for key, one in measured.items()}
    return _table("What counting costs, over HTTP", figures, rounds, HTTP)


def _warmed(name: str, server, path: str, more: dict, most: int) -> Measured:
    spelled = [wire.spelled(server.origin, path, "GET", one | more) for one in _visitors()]
    answer = wire.ask(server.origin, path, "GET", _visitors()[0] | more)
    if answer.status != 200:
        raise RuntimeError(f"{name}: answered {answer.status}")
    one = Measured(Row(name, "", path), answer, spelled)
    ladder._press(one, server, min(most, ladder.WARM_UP), 1)
    return one


def _called(settings, variants: list, rounds: int, times: int) -> Table:
    """Processor time in this process, of the app called as a server calls it."""
    database.initialize(open_database(settings.database_url))
    settings = replace(settings, proxies=("127.0.0.1",))
    apps = {way: create_app(replace(settings, traffic=way == "on")) for way in ("on", "off")}
    figures: dict = {}
    for number in range(rounds + 1):
        for name in _pages(shops.Scene("", "", {}, b"", "")):
            spent = _in_turn(apps, name, variants, times)
            for way in apps if number else ():  # the first round warms up
                figures.setdefault((name, way), []).append(spent[way])
    if not apps["on"].extensions["traffic"].counters:
        raise RuntimeError(f"{settings.instance} has a policy that does not cover counting")
    shops.leave()
    return _table("What counting costs, without a server", figures, rounds, INSIDE)


def _in_turn(apps: dict, name: str, variants: list, times: int) -> dict[str, float]:
    """Milliseconds of a request, by the way it is counted: as many as are counted together, each
    way in turn, and the medians of these.

    What slows the machine for a while, and what else a process does, meets both.
    """
    asked = {way: _pages(_scene(app, variants))[name] for way, app in apps.items()}
    spent: dict[str, list[int]] = {way: [] for way in apps}
    visitors = _visitors()[:times]
    for number, start in enumerate(range(0, times, MANY)):
        for way in ("on", "off")[:: 1 if number % 2 else -1]:
            path, more = asked[way]
            sent = [visitor | more for visitor in visitors[start : start + MANY]]
            begun = time.process_time_ns()
            for headers in sent:
                profiled._send(apps[way], path, "GET", headers)
            spent[way].append((time.process_time_ns() - begun) / len(sent))
    return {way: statistics.median(each) / 1e6 for way, each in spent.items()}


def _scene(app, variants: list) -> shops.Scene:
    if app not in _scenes:
        _scenes[app] = shops.scene(lambda *what: profiled._send(app, *what), variants)
    return _scenes[app]


_scenes: dict = {}

HTTP = (
    "Processor time of the server's process tree, as in the ladder. Behind a proxy: "
    f"{ADDRESSES:,} visitors in turn, with the headers of a browser. Medians of {{rounds}} rounds, "
    "each asking every page both ways; the ratio is the median of the rounds' own."
)
INSIDE = (
    f"The same requests, and the app called in one process, without HTTP, {MANY} requests at a "
    "time each way in turn: medians of {rounds} rounds' medians."
)


def _table(title: str, figures: dict, rounds: int, how: str) -> Table:
    head = ["page", "counted, ms", "lowest–highest", "not counted, ms", "more, µs", "ratio", "aim"]
    table = Table(title, head, notes=[how.format(rounds=rounds)])
    for name in dict.fromkeys(name for name, _ in figures):
        on, off = figures[name, "on"], figures[name, "off"]
        more = statistics.median((a - b) * 1000 for a, b in zip(on, off, strict=True))
        medians = [f"{statistics.median(one):.4f}" for one in (on, off)]
        table.rows.append([name, medians[0], spread(on, 4), medians[1], f"{more:.1f}"])
        table.rows[-1] += [f"{ratio(on, off):.3f}", f"≤ {MOST}"]
    return table
