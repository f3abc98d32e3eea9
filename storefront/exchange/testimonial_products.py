"""Finds the product that a testimonial of another shop is about."""

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import unquote, urlsplit

from storefront.exchange.notebook import notebook
from storefront.exchange.testimonial_headers import PRODUCT
from storefront.models import Product, Redirect, Variant

AT_ONCE = 2000


class Shelves:
    """The shop's products by all that an export may call them; its notes are on disk.

    Use it as a context: they are gone when the block is left.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._notes = None

    def __enter__(self) -> "Shelves":
        table = "known (way TEXT, name TEXT, product INTEGER)"
        self._notes = self._stack.enter_context(notebook(table))
        for way, rows in _known():
            facts = ((way, _plain(way, name), number) for number, name in rows if name)
            self._notes.executemany("INSERT INTO known VALUES (?, ?, ?)", facts)
        self._notes.execute("CREATE INDEX known_name ON known (way, name)")
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def find(self, named: dict[str, str]) -> int | None:
        """The id of the one product that is meant; None where there is none, or more than one."""
        for way in PRODUCT:
            if way in named and (found := self._called(way, named[way])):
                return found
        return None

    def _called(self, way: str, name: str) -> int | None:
        name = _handle_in(name) if way == "url" else name
        way = "handle" if way == "url" else way
        asked = "SELECT DISTINCT product FROM known WHERE way = ? AND name = ? LIMIT 2"
        rows = self._notes.execute(asked, (way, _plain(way, name))).fetchall()
        return rows[0][0] if len(rows) == 1 else None


def _plain(way: str, name: str) -> str:
    name = " ".join(name.split())
    return name.rpartition("/")[2] if way == "id" else name.casefold()


def _handle_in(url: str) -> str:
    """The last part of an address's path: /products/mug?variant=1 is mug."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2])


def _known() -> Iterator[tuple[str, Iterator[tuple[int, str]]]]:
    yield "handle", _walked(Product, Product.id, Product.handle)
    yield "handle", _walked(Redirect, Redirect.product, Redirect.handle)
    yield "sku", _walked(Variant, Variant.product, Variant.sku)
    yield "product", _walked(Product, Product.id, Product.title)
    text = Product.extra.cast("text")
    there = _walked(Product, Product.id, Product.extra, text.contains('"woocommerce"'))
    yield "id", ((number, extra.get("woocommerce", {}).get("ID", "")) for number, extra in there)


def _walked(table, number, name, *conditions) -> Iterator[tuple]:
    """A number and a name of each row, a few rows in memory at a time."""
    last, key = 0, table._meta.primary_key
    while True:
        rows = table.select(key, number, name).where(key > last, *conditions)
        found = list(rows.order_by(key).limit(AT_ONCE).tuples())
        yield from ((row[-2], row[-1]) for row in found)
        if len(found) < AT_ONCE:
            return
        last = found[-1][0]
