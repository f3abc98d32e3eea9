"""The rows of the ladder: who is asked, for what, and what has to come back."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.servers import Server
from tests.bench.shops import FORM, Scene
from tests.bench.wire import Answer

COMPRESSED = {"Accept-Encoding": "br, gzip"}
FRAGMENT = {"HX-Request": "true"}
BEHIND_PROXY = {"X-Forwarded-Proto": "https"}
ADDRESSES = 2000  # of visitors behind the proxy, more than the limits let one of them ask


class Unfit(Exception):
    """An answer is not what the row is about; says why."""


Judge = Callable[[Answer], None]


@dataclass(frozen=True)
class Row:
    """One line of the ladder. `aim` is (times, of which row)."""

    name: str
    server: str
    path: str
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    status: int = 200
    holds: str = ""  # a part of the page, when it is asked for without compression
    aim: tuple[float, str] | None = None
    cached: bool = False
    again: bool = False  # with If-None-Match
    addresses: int = 0  # how many visitors ask, in X-Forwarded-For

    @property
    def method(self) -> str:
        return "POST" if self.body else "GET"


def ladder(scene: Scene, demo: Scene) -> list[Row]:
    """All rows. The first two are what the others are compared with."""
    flask, bare = (4, "flask"), (1.25, "bare")
    listing = {"path": "/products", "holds": 'class="card"'}
    product = {"path": scene.product, "holds": 'action="/cart/items"'}
    zipped = {"headers": COMPRESSED}
    cart = scene.cart | COMPRESSED
    adding = {"path": "/cart/items", "body": scene.adding}
    proxied = {"headers": COMPRESSED | BEHIND_PROXY, "addresses": ADDRESSES}
    return [
        Row("bare WSGI page", "bare", "/", holds="plain page"),
        Row("constant Flask page", "flask", "/", holds="plain page"),
        Row("listing of 24", "uncached", **listing, **zipped, aim=flask),
        Row("listing of 24, not compressed", "uncached", **listing),
        Row("product", "uncached", **product, **zipped, aim=flask),
        Row("cart of 3 lines", "uncached", "/cart", cart, holds="Subtotal", aim=flask),
        Row(
            "adding, as a fragment",
            "uncached",
            **adding,
            headers=FORM | FRAGMENT | cart,
            holds="added",
            aim=(5, "flask"),
        ),
        Row(
            "adding, as a plain form",
            "uncached",
            **adding,
            headers=FORM | cart,
            status=303,
            aim=(5, "flask"),
        ),
        Row("304", "cached", **product, **zipped, status=304, again=True, cached=True, aim=bare),
        Row("cached page", "cached", **listing, **zipped, cached=True, aim=bare),
        Row("cached page, visitor with a cart", "cached", **listing, headers=cart, cached=True),
        Row("cached page, not compressed", "cached", **listing, cached=True),
        Row("demo: listing of 24", "demo", **listing, **zipped, aim=flask),
        Row("demo: product", "demo", demo.product, COMPRESSED, holds="/cart/items", aim=flask),
        Row("product, behind a proxy", "proxied", **product, **proxied),
        Row("product, behind a proxy, limits on", "limited", **product, **proxied),
        Row("listing of 24, eight threads", "eight", **listing, **zipped),
    ]


def checked(row: Row, server: Server, ask) -> tuple[dict, Answer]:
    """The headers to ask with, and the answer to them, once it is what the row is about.

    Raises `Unfit`.
    """
    headers = dict(row.headers)
    if row.addresses:
        headers["X-Forwarded-For"] = "10.0.0.1"
    plain = {k: v for k, v in headers.items() if k != "Accept-Encoding"}
    readable = ask(server.origin, row.path, row.method, plain, row.body)
    expected = 200 if row.again else row.status
    if readable.status != expected:
        raise Unfit(f"status {readable.status} where {expected} is due")
    if row.holds.encode() not in readable.body:
        raise Unfit(f"the page does not hold {row.holds!r}")
    answer = ask(server.origin, row.path, row.method, headers, row.body)
    if row.cached:
        alone = {name: value for name, value in headers.items() if name != "Cookie"}
        _look_like_cached(ask(server.origin, row.path, "GET", alone), "Accept-Encoding" in alone)
        if "Cookie" in headers and not answer.header("cache-control").startswith("private"):
            raise Unfit("the page of a visitor with a cart is not private")
    if row.again:
        headers["If-None-Match"] = answer.header("etag")
        answer = ask(server.origin, row.path, row.method, headers, row.body)
    if answer.status != row.status:
        raise Unfit(f"status {answer.status} where {row.status} is due")
    return headers, answer


def _look_like_cached(answer: Answer, compressed: bool) -> None:
    """What a page that everybody shares has, and a page drawn for one request has not."""
    if not answer.header("etag"):
        raise Unfit("the page has no ETag")
    if not answer.header("cache-control").startswith("public"):
        raise Unfit(f"its Cache-Control is {answer.header('cache-control')!r}")
    if compressed and not answer.header("content-encoding"):
        raise Unfit("the page is not compressed")
