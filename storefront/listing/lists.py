"""The lists of the shop at a moment: which there are, what is in them, the way back to one."""

from datetime import datetime
from urllib.parse import parse_qsl

from pyroaring import BitMap
from werkzeug.datastructures import MultiDict

from storefront.listing.page import Listed, ProductList, listed
from storefront.listing.wanted import read
from storefront.listing.way_back import WayBack, way_back
from storefront.models import Collection, FormerSlug, Trial
from storefront.models import search as text_search
from storefront.models.pinned import Pinned, Pins, searched
from storefront.models.search_words import Meanings
from storefront.models.showcase import PRODUCTS
from storefront.models.vocabulary import corrected
from storefront.shelf import ALL, Shelf

LONGEST_QUERY = 200  # characters; what is longer is searched for by its first words


class NoSuchList(ValueError):
    """Nothing is listed there, or no longer: a sentence for the visitor."""


class Lists:
    """The lists that are shown at a moment, as a shelf that is up to date has them.

    `pins` are those of another moment than the present one.
    """

    def __init__(self, shelf: Shelf, currency: str, at: datetime, pins: Pins | None = None) -> None:
        self._shelf, self._currency, self._at = shelf, currency, at
        self._other_pins = pins

    def everything(self) -> ProductList:
        """All products."""
        return ProductList("/products", "Products", PRODUCTS, "new", ALL)

    def collection(self, slug: str) -> ProductList:
        """The collection that has this slug, or had it; raises `NoSuchList` where none is shown."""
        held = Trial.of_collection(slug) or FormerSlug.leads_to(slug)
        _check_shown(held, self._at)
        return self.of_collection(held)

    def of_collection(self, held: Collection) -> ProductList:
        """The list of a collection, which has its rule, whether it is shown or not."""
        return ProductList(
            path=f"/collections/{held.slug}",
            title=held.title,
            place=held.id,
            first_order=held.sort,
            within=held.facet,
            ranked=held.ranking,
            until=held.shown_until,
            trial=getattr(held, "trial", None),
            told={"words": held.words, "why": held.why(self._currency)},
        )

    def search(self, typed: str) -> ProductList:
        """What a search for these words finds, with what is pinned there."""
        query = " ".join(typed.split())
        words = text_search.terms(query)
        found, told = self._sought(words)
        return ProductList(
            path="/search",
            title=f"Search: {query[:60]}" if query else "Search",
            place=searched(words),
            first_order="best",
            within=BitMap(found),
            ranked=lambda: found,
            told=told | {"too_long": len(query) > LONGEST_QUERY},
        )

    def _sought(self, words: list[str]) -> tuple[list[int], dict]:
        """The ids in their order, and what the page says of them."""
        meant, also = [], self._meanings().of(words)
        found = text_search.find(also.sought)
        pinned = [number for _, number in self.pinned(searched(words)).placed]
        if words and not found.ids and not pinned and (meant := corrected(words)):
            also = self._meanings().of(meant)
            found = text_search.find(also.sought)
        told = {
            "meant": " ".join(meant),
            "also": also.also if found.ids and not found.as_typed else (),
            "capped": len(found.ids) >= text_search.MOST_CANDIDATES,
        }
        return list(dict.fromkeys([*found.ids, *pinned])), told

    def leads_to(self, words: list[str]) -> str:
        """The path that a search for nothing but these words leads to; "" where it searches."""
        return self._meanings().leads_to(words, self._at)

    def page(self, held: ProductList, arguments, tried: str = "") -> Listed:
        """The page of a list that an address asks for; see `listed`."""
        return listed(held, arguments, self._shelf, self.pinned(held.place), tried)

    def pinned(self, place: str | int) -> Pinned:
        """What the list of that place begins with."""
        return self._pins().of(place, self._at, self._shelf.of)

    @property
    def next_change(self) -> datetime | None:
        """The next moment at which any list may begin with something else."""
        return self._pins().next_change(self._at)

    def way_back(self, address: str, product: int) -> WayBack | None:
        """The way from a product to the list of that address; None where it is not there now."""
        path, _, query = address.partition("?")
        arguments = MultiDict(parse_qsl(query))
        try:
            held = self._at_path(path, arguments)
            asked = read(held.path, arguments, self._shelf, held.first_order)

            def turned_to(number: int) -> Listed:
                there = MultiDict(arguments)
                there["page"] = str(number)
                return self.page(held, there)

            title = f"“{arguments.get('q', '')}”" if held.is_search else held.title
            return way_back(turned_to, asked.page, title, product)
        except ValueError:
            return None

    def _at_path(self, path: str, arguments: MultiDict) -> ProductList:
        if path == "/products":
            return self.everything()
        if path == "/search":
            return self.search(arguments.get("q", ""))
        before, _, slug = path.rpartition("/")
        if before != "/collections":
            raise NoSuchList(path)
        return self.collection(slug)

    def _meanings(self) -> Meanings:
        return self._shelf.kept("meanings", Meanings.read)

    def _pins(self) -> Pins:
        return self._other_pins or self._shelf.kept("pins", lambda: Pins.read(self._at))


def _check_shown(held: Collection | None, at: datetime) -> None:
    state = held.state(at) if held else "unknown"
    if state == "over":
        day = held.shown_until.strftime("%-d %B %Y")
        raise NoSuchList(f"“{held.title}” was here until {day}. Have a look at what we have now.")
    if state != "running":  # what is still to come is not given away
        raise NoSuchList("There is no such collection, or no longer.")
