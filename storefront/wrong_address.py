"""What is offered where nothing is: guessed from the words of the address, with few queries."""

from dataclasses import dataclass
from datetime import datetime

from storefront.models.card import Card, Tile
from storefront.models.search import candidates, terms
from storefront.models.vocabulary import corrected

LONGEST = 120  # characters of an address that somebody has typed or followed
MOST_WORDS = 3
MOST_PRODUCTS = 4
MOST_COLLECTIONS = 4
# What shops call the places of their things; anything else of two parts is no thing of a shop.
PLACES = ("products", "product", "collections", "collection", "pages", "shop", "category", "item")


@dataclass(frozen=True)
class Instead:
    """Words to search for, products that are found by them, and collections that are shown."""

    words: str = ""
    products: tuple[Card, ...] = ()
    collections: tuple[Tile, ...] = ()


def words_of(path: str) -> list[str]:
    """The words of an address's last part; none where machines try what might lie there."""
    *place, name = path.strip("/").removesuffix(".html").split("/")
    if len(path) > LONGEST or "." in name or len(place) > 1 or (place and place[0] not in PLACES):
        return []
    return [word for word in terms(name) if len(word) > 2 and not word.isdigit()][:MOST_WORDS]


def instead_of(words: list[str], at: datetime) -> Instead:
    """What there is for these words, or for those that were meant; ten queries or so at most."""
    found = candidates(words)
    if not found and (meant := corrected(words)):
        words, found = meant, candidates(meant)
    if not found and len(words) > 1:
        found = candidates([max(words, key=len)])
    shown = tuple(tile for tile in Tile.all() if tile.is_shown(at))
    products = tuple(Card.of(found[:MOST_PRODUCTS]))
    return Instead(" ".join(words), products, shown[:MOST_COLLECTIONS])
