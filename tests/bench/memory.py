"""What the programs keep in memory once they have worked, and which packages it is."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice, repeat

from storefront.config import Settings
from storefront.db import database
from storefront.models import Product
from tests.bench import ladder, servers, shops, stack, wire
from tests.bench.rows import COMPRESSED, FRAGMENT
from tests.bench.servers import Server
from tests.bench.shops import FORM
from tests.bench.stack import Stack
from tests.bench.table import ROOT, Table

REQUESTS = 2000
AIM = 50  # MiB of one worker of the shop
WORTH_SAYING = 0.5  # MiB
PLAIN = "granian + Flask, one constant page"

# In an interpreter of its own: what memory grows by when one thing is imported.
GROWTH = """
import importlib, sys
from tests.bench.servers import memory_of
before = memory_of("self")["rss"]
try:
    importlib.import_module(sys.argv[1])
except ImportError:  # a part that only its own package may import, as of psycopg
    pass
print(memory_of("self")["rss"] - before)
"""
# What importing the whole shop adds, each part counted once, where it is imported first.
PARTS = """
import importlib._bootstrap as imports, json, sys
from collections import Counter
from tests.bench.servers import memory_of
load, own, below = imports._find_and_load, Counter(), [0]

def watched(name, *rest):
    below.append(0)
    before = memory_of("self")["rss"]
    try:
        return load(name, *rest)
    finally:
        grown = memory_of("self")["rss"] - before
        own[name.partition(".")[0]] += grown - below.pop()
        below[-1] += grown

imports._find_and_load = watched
import wsgi
ours = {name for name in own if getattr(sys.modules.get(name), "__file__", None)}
python = {name: grown for name, grown in own.items() if name in sys.stdlib_module_names}
others = {name: own[name] for name in ours - set(python)}
print(json.dumps([below[0], others, python]))
"""


def main(rounds: int) -> list[Table]:
    """The programs of the shop, each with one worker, and the packages the shop brings in."""
    settings = shops.made(ladder.PRODUCTS)
    with database.connection_context():
        paths = _paths()
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        with stack.running(settings) as running, servers.running(_plain()) as plain:
            _visit(running, plain[PLAIN], paths)
            for name, sizes in _sizes({**plain, **running.programs}):
                found.setdefault(name, []).append(sizes)
    return [_programs(found, rounds), _packages(settings)]


def _plain() -> dict[str, Server]:
    port = servers.free_ports(1, servers.FIRST_PORT + 50)[0]
    return {PLAIN: servers.web(PLAIN, "tests.bench.plain_flask:app", port, servers.environ())}


def _paths() -> list[str]:
    """Pages of all kinds, many products among them, and the drawings of those."""
    handles = [p.handle for p in Product.select(Product.handle).limit(200)]
    lists = [f"/products?page={n}" for n in range(1, 21)]
    narrowed = [f"/products?option-size={size}" for size in ("S", "M", "L", "XL")]
    searches = [f"/search?q={word}" for word in ("waterproof", "merino", "harbor", "wind")]
    return [
        *("/", "/products", "/privacy", "/pages/delivery", "/cart", "/checkout", "/nothing-here"),
        *(lists + narrowed + searches),
        *(f"/products/{handle}" for handle in handles),
        *(f"/pictures/{handle}.svg" for handle in handles[:50]),
    ]


def _visit(running: Stack, plain: Server, paths: list[str]) -> None:
    """Two thousand requests to the shop and to the plain page, a few to the payment page."""
    shop, scene = running.shop, running.scene
    gets = [wire.spelled(shop, path, "GET", COMPRESSED | scene.cart) for path in paths]
    gets += [wire.spelled(shop, path, "GET", COMPRESSED) for path in paths]
    add = FORM | FRAGMENT | scene.cart
    gets += [wire.spelled(shop, "/cart/items", "POST", add, scene.adding)] * (len(paths) // 4)
    wire.press(shop, islice(cycle(gets), REQUESTS), 120)
    wire.press(plain.origin, repeat(wire.spelled(plain.origin, "/"), REQUESTS), 60)
    _, payment = stack.place_order(shop, scene.cart)
    origin = running.programs["payment page"].origin
    wire.press(origin, repeat(wire.spelled(origin, stack.path_of(payment)), 100), 60)


def _sizes(programs: Mapping[str, Server]) -> Iterator[tuple[str, dict[str, float]]]:
    """Memory of each process; granian has one that looks after its worker."""
    for name, server in programs.items():
        *above, last = server.processes()
        yield name, servers.memory_of(last)
        for pid in above:
            yield f"{name}: granian's main process", servers.memory_of(pid)


def _programs(found: dict[str, list[dict[str, float]]], rounds: int) -> Table:
    head = ["process", "PSS MiB", "USS MiB", "RSS MiB", "× plain Flask", "aim", "met"]
    table = Table(f"Memory after {REQUESTS:,} mixed requests", head)
    medians = {
        name: {kind: statistics.median(one[kind] for one in all_of) for kind in all_of[0]}
        for name, all_of in found.items()
    }
    for name, sizes in medians.items():
        times = sizes["pss"] / medians[PLAIN]["pss"]
        aimed = name == "shop"
        met = ("yes" if sizes["pss"] <= AIM else "no") if aimed else ""
        figures = [f"{sizes[kind]:.1f}" for kind in ("pss", "uss", "rss")]
        table.rows.append([name, *figures, f"{times:.2f}", f"≤ {AIM}" if aimed else "", met])
    table.notes.append(
        "From smaps_rollup, medians of "
        f"{rounds} starts. PSS shares out what several processes use, such as libraries; USS is "
        "what ending the process would free. One worker with one blocking thread each; the shop "
        f"has {ladder.PRODUCTS:,} products. Processes of other people on the machine that use "
        "the same libraries make PSS a little smaller."
    )
    return table


def _packages(settings: Settings) -> Table:
    """What each package adds to the shop, and what it adds to an empty interpreter."""
    shops.leave()
    environ = servers.environ(STOREFRONT_INSTANCE=str(settings.instance))
    whole, others, python = json.loads(_python(environ, PARTS))
    names = sorted(set(others) - {"storefront", "wsgi"})
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        grown = pool.map(lambda name: float(_python(environ, GROWTH, name)), names)
        alone = dict(zip(names, grown, strict=True))
    head = ["package", "in the shop, MiB", "alone, MiB"]
    table = Table("What importing the shop brings in", head)
    table.rows.append(["all together, before the first request", f"{whole:.1f}", ""])
    parts = others | {f"Python's {name}": size for name, size in python.items()}
    for name in sorted(parts, key=lambda name: -parts[name]):
        if max(parts[name], alone.get(name, 0)) >= WORTH_SAYING:
            by_itself = f"{alone[name]:.1f}" if name in alone else ""
            table.rows.append([name, f"{parts[name]:.1f}", by_itself])
    table.notes.append(
        "Growth of RSS. In the shop: each module counted once, where it is imported first, "
        "without what it imports itself. Alone: in a fresh interpreter, with all that it imports; "
        f"those overlap and do not add up. Under {WORTH_SAYING} MiB is left out."
    )
    return table


def _python(environ: Mapping[str, str], program: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout
