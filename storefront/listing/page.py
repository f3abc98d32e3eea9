"""A list of products, and the page of it that answers what an address asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pyroaring import BitMap

from storefront.listing.filters import Group, groups, price_words
from storefront.listing.order import IN_WORDS, ORDERS, OWN, ids_of, last_page
from storefront.listing.wanted import Wanted, read
from storefront.models import Trial
from storefront.models.card import Card
from storefront.models.facet import Facet
from storefront.models.pinned import NOTHING, Pinned
from storefront.money import decimals, whole
from storefront.shelf import ALL, Narrowed, Shelf


@dataclass(frozen=True)
class ProductList:
    """One list of the shop: all products, a collection, or what a search finds.

    It is at `path`, and `place` names it to what is pinned and promoted there. It holds what is
    `within`: a facet with its value, or ids; `ranked()` gives the order of those that have one of
    their own, `first_order` the order it begins with. It is shown `until` a moment, or for good;
    its order may be on `trial`. `told` is what its page says of it besides its title.
    """

    path: str
    title: str
    place: str | int
    first_order: str
    within: Facet | BitMap
    ranked: Callable[[], list[int]] | None = None
    until: datetime | None = None
    trial: Trial | None = None
    told: dict = field(default_factory=dict)

    @property
    def is_search(self) -> bool:
        """Whether it is what a search finds, and so another one for each that is asked."""
        return self.path == "/search"


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
    held: ProductList, arguments, shelf: Shelf, pinned: Pinned = NOTHING, tried: str = ""
) -> Listed:
    """The page of a list that the `arguments` of an address ask for; see `read`.

    What is `pinned` comes first in the list's own order; the list begins with the order `tried`, if
    one is. Raises ValueError, in words, for a page that is not there.
    """
    wanted = read(held.path, arguments, shelf, held.first_order)
    if tried and wanted.is_first:
        wanted = replace(wanted, order=tried, is_ordered=True, on_trial=True)
    narrowed = shelf.narrow(held.within, wanted.chosen)
    pages = last_page(len(narrowed.products), wanted.order)
    if wanted.page > pages:
        only = "There is only one page" if pages == 1 else f"There are only {pages} pages"
        raise ValueError(f"{only} of these products.")
    ranked = held.ranked() if held.ranked and wanted.order in OWN else None
    first = NOTHING if wanted.is_ordered else pinned
    in_all = len(shelf.of(*ALL))
    ids = ids_of(narrowed.products, wanted.order, wanted.page, in_all, ranked, first)
    return Listed(wanted, narrowed, Card.of(ids), pages, held.first_order)
