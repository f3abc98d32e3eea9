"""What a row of the ladder spends its time on: its request, many times, under cProfile."""

import cProfile
import io
import os
import pstats
import sysconfig
import time
from pathlib import Path

from storefront.db import database
from tests.bench import ladder, rows, shops
from tests.bench.table import ROOT, Table
from tests.bench.wire import Answer

TIMES = 300
MOST = 30  # functions in each table


def main(name: str, products: int, folder: Path) -> str:
    """Two tables: by a function's own time, and with all that it calls."""
    demo = name.startswith("demo")
    settings = shops.demo(folder) if demo else shops.made(products, folder)
    with database.connection_context():
        variants = shops.goods()
    shops.leave()
    os.environ |= {"STOREFRONT_INSTANCE": str(settings.instance), "STOREFRONT_LIMITS": "off"}
    if not name.startswith(("cached", "304")):
        os.environ |= ladder.UNCACHED
    from wsgi import app  # the environment says which shop, so not before

    def send(*what) -> Answer:
        return _send(app, *what)

    scene = shops.scene(send, variants)
    row = _found(name, rows.ladder(scene, scene))
    for _ in range(TIMES // 5):
        answer = send(row.path, row.method, row.headers, row.body)
    began = time.process_time()
    for _ in range(TIMES):
        send(row.path, row.method, row.headers, row.body)
    plain = (time.process_time() - began) * 1000 / TIMES
    with cProfile.Profile() as profile:
        for _ in range(TIMES):
            send(row.path, row.method, row.headers, row.body)
    said = (
        f"“{row.name}”, answered {answer.status}: {plain:.3f} ms in this process, without granian"
    )
    return "\n".join([said, "", *_tables(pstats.Stats(profile))])


def _found(name: str, all_rows: list[rows.Row]) -> rows.Row:
    exact = [row for row in all_rows if row.name == name]
    near = exact or [row for row in all_rows if name.lower() in row.name.lower()]
    if not near:
        names = "\n  ".join(row.name for row in all_rows)
        raise SystemExit(f"No row is called {name!r}. The rows are:\n  {names}")
    return near[0]


def _send(app, path: str, method: str = "GET", headers=None, body: bytes = b"") -> Answer:
    """One request, as granian would hand it over."""
    query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": query[0],
        "QUERY_STRING": query[2],
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for key, value in (headers or {}).items():
        environ["HTTP_" + key.upper().replace("-", "_")] = value
    if body:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
        environ["CONTENT_LENGTH"] = str(len(body))
    begun: list = []
    parts = app(environ, lambda status, head, *_: begun.extend((status, head)))
    try:
        got = b"".join(parts)
    finally:
        getattr(parts, "close", lambda: None)()
    head = tuple((key.lower(), value) for key, value in begun[1])
    return Answer(int(begun[0].split()[0]), head, 0, len(got), got)


def _tables(stats: pstats.Stats) -> list[str]:
    total = stats.total_tt
    functions = [
        (own / TIMES * 1e6, whole / TIMES * 1e6, calls / TIMES, _called(where))
        for where, (_, calls, own, whole, _) in stats.stats.items()
    ]
    tables = []
    for column, words in ((0, "by its own time"), (1, "with all that it calls")):
        head = ["function", "own µs", "with calls µs", "calls", "part"]
        table = Table(f"The {MOST} most costly functions, {words}, each request", head)
        for one in sorted(functions, key=lambda one: -one[column])[:MOST]:
            part = f"{one[column] * TIMES / 1e6 / total:.1%}"
            table.rows.append([one[3], f"{one[0]:.1f}", f"{one[1]:.1f}", f"{one[2]:.1f}", part])
        tables.append(table.markdown())
    tables.append(f"Under the profiler a request takes {total / TIMES * 1000:.3f} ms.")
    return tables


def _called(where: tuple[str, int, str]) -> str:
    path, line, name = where
    if path == "~":
        return name
    for start in (sysconfig.get_path("purelib"), str(ROOT), sysconfig.get_path("stdlib")):
        path = path.removeprefix(f"{start}/")
    return f"{path}:{line} {name}"
