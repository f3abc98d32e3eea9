"""Listings: what a shopper asks to see in an address, and the page of products that answers it.

Every state of a listing is an address: words, chosen facets, order, page.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from peewee import Tuple
from pyroaring import BitMap

from storefront.models import Product
from storefront.models.card import Card
from storefront.models.pinned import NOTHING, Pinned
from storefront.money import decimals, whole
from storefront.shelf import ALL, Choice, Narrowed, Shelf

PER_PAGE = 24
MOST_UNKNOWN = 20  # filters that nobody knows, to be named
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
FIRST = ("type", "option:Size", "option:Colour", "option:Color", "price", "stock")


@dataclass(frozen=True)
class Wanted:
    """What an address asks for: `chosen` holds values by facet, `unknown` what nobody knows.

    `is_ordered` is whether the address names an order other than the list's own; a list that is
    `on_trial` begins with such a one of itself, and its links name it.
    """

    path: str
    query: str
    chosen: dict[str, tuple[str, ...]]
    order: str
    page: int
    unknown: tuple[str, ...] = ()
    is_ordered: bool = False
    on_trial: bool = False

    def address(self, **changes) -> str:
        """The address of this state with some of it changed; always from page 1 unless given."""
        state = replace(self, **{"page": 1} | changes)
        pairs = [("q", state.query)] if state.query else []
        pairs += [(parameter(f), v) for f, values in state.chosen.items() for v in values]
        pairs += [("sort", state.order)] if "order" in changes or self.is_ordered else []
        pairs += [("page", str(state.page))] if state.page > 1 else []
        return f"{state.path}?{urlencode(pairs)}" if pairs else state.path

    @property
    def is_first(self) -> bool:
        """Whether it is the list as it begins: nothing chosen, its own order, its first page."""
        named = self.is_ordered and not self.on_trial
        return self.page == 1 and not (self.chosen or named)

    @property
    def state(self) -> tuple:
        """All of it, to tell it from others by."""
        chosen = tuple(self.chosen.items())
        return self.path, chosen, self.order, self.page, self.unknown, self.on_trial

    def without(self, facet: str, value: str) -> str:
        """The address with one chosen value let go."""
        left = {
            f: tuple(v for v in vs if (f, v) != (facet, value)) for f, vs in self.chosen.items()
        }
        return self.address(chosen={f: vs for f, vs in left.items() if vs})


@dataclass(frozen=True)
class Group:
    """A facet as it is drawn: its label, its parameter, its choices in a sensible order."""

    name: str
    label: str
    field: str
    choices: tuple[Choice, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether any of its values is chosen: then it is drawn open."""
        return any(choice.chosen for choice in self.choices)


@dataclass(frozen=True)
class Listed:
    """One page of a list, of `pages`; `first_order` is the order where none is asked for."""

    wanted: Wanted
    narrowed: Narrowed
    products: list[Card]
    pages: int
    first_order: str

    @property
    def count(self) -> int:
        """How many products the whole list has."""
        return len(self.narrowed.products)

    def facts(self, currency: str) -> dict:
        """What its template is given."""
        orders = {key: n for key, n in ORDERS.items() if key == self.first_order or key not in OWN}

        def written(units: int) -> str:
            return whole(units if decimals(currency) else 100 * units, currency)

        def in_words(group: Group, value: str) -> str:
            if group.name == "price":
                return price_words(value, written)
            return "In stock" if group.name == "stock" else value

        known = {"wanted": self.wanted, "count": self.count, "products": self.products}
        choices = {"groups": groups(self.narrowed), "in_words": in_words, "orders": orders}
        return known | choices | {"pages": self.pages, "order": IN_WORDS[self.wanted.order]}


def listed(
    path: str,
    arguments,
    shelf: Shelf,
    first_order: str,
    within,
    ranked=None,
    tried: str = "",
    lead: Pinned = NOTHING,
) -> Listed:
    """The page of a list that an address asks for; see `read`.

    `within` is a facet with its value, or the ids that a search has found; `ranked()` gives the
    order of those that have one of their own, `lead` what comes first in the list's own order; the
    list begins with the order `tried`, if one is. Raises ValueError, in words, for a page that is
    not there.
    """
    wanted = read(path, arguments, shelf, first_order)
    if tried and wanted.is_first:
        wanted = replace(wanted, order=tried, is_ordered=True, on_trial=True)
    narrowed = shelf.narrow(within, wanted.chosen)
    pages = last_page(len(narrowed.products), wanted.order)
    if wanted.page > pages:
        only = "There is only one page" if pages == 1 else f"There are only {pages} pages"
        raise ValueError(f"{only} of these products.")
    order = ranked() if ranked and wanted.order in OWN else None
    products = page_of(narrowed.products, wanted, order, len(shelf.of(*ALL)), lead)
    return Listed(wanted, narrowed, products, pages, first_order)


@lru_cache(maxsize=1024)
def parameter(facet: str) -> str:
    """The name of a facet in an address: "option:Size" is `option-size`; each has its own."""
    kind, _, name = facet.partition(":")
    if name and not re.search(r"\w", name):
        return f"{kind}-{name.encode().hex()}"  # an option called by a sign alone
    return re.sub(r"\W+", "-", facet.lower()).strip("-")


def read(path: str, arguments, shelf: Shelf, first_order: str) -> Wanted:
    """What the address asks for. Facets and values nobody knows are set aside and named.

    `arguments` is the query as a multidict; `first_order` the order where none is asked for.
    Raises ValueError for a page that is no number from 1 up.
    """
    names = {parameter(facet): facet for facet in shelf.facets()}
    chosen, unknown = {}, []
    for field in arguments:
        if field in ("q", "sort", "page", "searched"):
            continue
        values = tuple(dict.fromkeys(v for v in arguments.getlist(field) if v))
        facet = names.get(field)
        known = tuple(v for v in values if facet and shelf.knows(facet, v))
        unknown += [f"{field}: {value}"[:60] for value in values if value not in known]
        if known:
            chosen[facet] = known
    order = arguments.get("sort", first_order)
    return Wanted(
        path=path,
        query=" ".join(arguments.get("q", "").split())[:200] if path == "/search" else "",
        chosen=dict(sorted(chosen.items())),
        order=order if order in ORDERS else first_order,
        page=_page_number(arguments.get("page", "1")),
        unknown=tuple(unknown[:MOST_UNKNOWN]),
        is_ordered=order in ORDERS and order != first_order,
    )


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise ValueError("Pages are numbered from 1.")
    return int(text)


def groups(narrowed: Narrowed) -> list[Group]:
    """The facets worth offering: those of which some choice would narrow, or is chosen."""
    order = {name: n for n, name in enumerate(FIRST)}
    names = sorted(narrowed.choices, key=lambda name: (order.get(name, len(order)), name))
    drawn = []
    for name in names:
        choices = narrowed.choices[name]
        narrowing = any(choice.count < len(narrowed.products) for choice in choices)
        if len(choices) > 1 or narrowing or any(choice.chosen for choice in choices):
            drawn.append(Group(name, label(name), parameter(name), tuple(_arranged(name, choices))))
    return drawn


def label(facet: str) -> str:
    """What a facet is called on the page."""
    special = {"type": "Kind", "vendor": "Brand", "price": "Price", "stock": "Availability"}
    return special.get(facet) or facet.partition(":")[2]


SIZES = "XXS XS S M L XL XXL 2XL XXXL 3XL 4XL".split()


def _arranged(name: str, choices: Iterable[Choice]) -> list[Choice]:
    """Prices from low to high, sizes as they are worn, numbers by number, the rest by name."""

    def place(choice: Choice):
        number = re.match(r"\d+(\.\d+)?", choice.value)
        if name == "price" or number:
            return (1, float(number[0]) if number else 0.0, choice.value)
        if choice.value in SIZES:
            return (0, float(SIZES.index(choice.value)), "")
        return (2, 0.0, choice.value.lower())

    return sorted(choices, key=place)


def price_words(value: str, written) -> str:
    """A price range in words; `written(units)` writes whole units of the currency."""
    start, _, end = value.partition("-")
    if not end:
        return f"{written(int(start))} and more"
    return (
        f"under {written(int(end))}"
        if start == "0"
        else f"{written(int(start))} to {written(int(end))}"
    )


def last_page(products: int, order: str) -> int:
    """How many pages can be turned to."""
    reach = products if order == "new" or order in OWN else min(products, MOST_WALKED)
    return max(1, -(-reach // PER_PAGE))


def page_of(
    products: BitMap, wanted: Wanted, ranked: list[int] | None, in_all: int, lead: Pinned = NOTHING
) -> list[Card]:
    """The cards of the page, in order. `ranked` is the order of a search or a collection.

    `in_all` is how many products are on sale: it tells how far to read for a page of some.
    """
    start, end = (wanted.page - 1) * PER_PAGE, wanted.page * PER_PAGE
    if wanted.order in SORTED_BY:
        ids = _sorted(products, wanted.order, start, end, in_all)
    elif lead is not NOTHING and not wanted.is_ordered:
        ids = lead.page(products, ranked, start, end)
    elif ranked is not None and wanted.order in OWN:
        ids = NOTHING.page(products, ranked, start, end)
    else:
        ids = _newest(products, start, end)
    return Card.of(ids)


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
