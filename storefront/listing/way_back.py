"""The way back from a product to the list it was found in, and to its neighbours there."""

from collections.abc import Callable
from dataclasses import dataclass

from storefront.listing.page import Listed
from storefront.models.card import Card

MOST_NAMED = 3  # values of filters in a list's name


@dataclass(frozen=True)
class WayBack:
    """A list's address, on the page that has the product, its name, and the product's neighbours.

    A product that the list has no longer has no neighbours, and the page is that of the address.
    """

    address: str
    title: str
    page: int
    before: Card | None = None
    behind: Card | None = None


def way_back(read: Callable[[int], Listed], page: int, title: str, product: int) -> WayBack:
    """The way to where `product` stands in a list, of which `read(page)` gives a page.

    It is looked for on `page` and on those beside it, which is as far as one goes by a link; at
    most four pages are read. Where the list has become shorter than that, it begins at its first.
    """
    try:
        pages = {page: read(page)}
    except ValueError:
        page, pages = 1, {1: read(1)}
    last = pages[page].pages

    def cards(number: int) -> list[Card]:
        if number not in pages:
            if not 1 <= number <= last:
                return []
            pages[number] = read(number)
        return pages[number].products

    for number in (page, page + 1, page - 1):
        ids = [card.id for card in cards(number)]
        if product in ids:
            at = ids.index(product)
            before = cards(number)[at - 1 : at] or (cards(number - 1)[-1:] if not at else [])
            behind = cards(number)[at + 1 : at + 2] or cards(number + 1)[:1]
            return _way(pages[number], title, before, behind)
    return _way(pages[page], title, [], [])


def _way(listed: Listed, title: str, before: list[Card], behind: list[Card]) -> WayBack:
    wanted = listed.wanted
    named = [v for facet, values in wanted.chosen.items() if facet != "price" for v in values]
    title = f"{title}: {', '.join(named[:MOST_NAMED])}" if named else title
    ends = (before[0] if before else None, behind[0] if behind else None)
    return WayBack(wanted.address(page=wanted.page), title, wanted.page, *ends)
