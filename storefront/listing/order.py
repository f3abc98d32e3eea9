"""The orders of a list, and which products stand on a page of it."""

from collections.abc import Sequence

from peewee import Tuple
from pyroaring import BitMap

from storefront.models import Product
from storefront.models.pinned import NOTHING, Pinned

PER_PAGE = 24
MOST_WALKED = 1008  # products, 42 pages: as far as an order other than "new" is followed
SMALL = 1500  # up to so many products, the database sorts the ids themselves

ORDERS = {
    "best": "Best match",
    "hand": "Our choice",
    "sold": "Best selling",
    "new": "Newest",
    "price": "Price, low to high",
    "price-down": "Price, high to low",
    "title": "Name",
}
OWN = ("best", "hand", "sold")  # orders that only lists have which begin with them
# Why the first stands first; of what is chosen by hand its own sentence says so.
IN_WORDS = {
    "best": "Best match first.",
    "hand": "",
    "sold": "Best selling first.",
    "new": "Newest first.",
    "price": "Lowest price first.",
    "price-down": "Highest price first.",
    "title": "By name.",
}
SORTED_BY = {
    "price": (Product.price_from, False),
    "price-down": (Product.price_from, True),
    "title": (Product.title, False),
}


def last_page(products: int, order: str) -> int:
    """How many pages can be turned to."""
    reach = products if order == "new" or order in OWN else min(products, MOST_WALKED)
    return max(1, -(-reach // PER_PAGE))


def ids_of(
    products: BitMap,
    order: str,
    page: int,
    in_all: int,
    ranked: list[int] | None = None,
    pinned: Pinned = NOTHING,
) -> Sequence[int]:
    """The ids on a page, from 1, of these products in an order.

    `ranked` is the order of a search or a collection, for one of `OWN`; what is `pinned` comes
    first unless they are sorted by a column. `in_all` is how many products are on sale: it tells
    how far to read for a page of some.
    """
    start, end = (page - 1) * PER_PAGE, page * PER_PAGE
    if order in SORTED_BY:
        return _sorted(products, order, start, end, in_all)
    if pinned is not NOTHING or ranked is not None:
        return pinned.page(products, ranked, start, end)
    return _newest(products, start, end)


def _newest(products: BitMap, start: int, end: int) -> list[int]:
    count = len(products)
    return [products[count - 1 - n] for n in range(start, min(end, count))]


def _sorted(products: BitMap, order: str, start: int, end: int, in_all: int) -> list[int]:
    column, down = SORTED_BY[order]
    directed = (column.desc(), Product.id.desc()) if down else (column, Product.id)
    if len(products) <= SMALL:
        some = Product.select(Product.id).where(Product.id.in_(list(products)))
        return [row[0] for row in some.order_by(*directed).limit(end).tuples()][start:end]
    found: list[int] = []
    # Walk the index until the page is full: sparse results were small and are sorted above.
    step = 50 + 3 * end * in_all // (2 * len(products))
    for number in _walk(column, down, directed, step):
        if number in products:
            found.append(number)
            if len(found) == end:
                break
    return found[start:end]


def _walk(column, down: bool, directed, step: int):
    place = Tuple(column, Product.id)
    query = Product.on_sale().select(Product.id, column).order_by(*directed).limit(step)
    last = None
    while True:
        if last is None:
            rows = list(query.tuples())
        else:
            rows = list(query.where(place < last if down else place > last).tuples())
        yield from (row[0] for row in rows)
        if len(rows) < step:
            return
        last = (rows[-1][1], rows[-1][0])
