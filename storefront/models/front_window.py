"""What the front page shows at a moment."""

from dataclasses import dataclass
from datetime import datetime

from storefront.models.card import Card, Tile
from storefront.models.contest import Contest
from storefront.models.period import next_of
from storefront.models.showcase import HOME, Banner, Showcase

FIRST_LOOK = 8


@dataclass(frozen=True)
class FrontWindow:
    """The rows of the front page; `until` is the moment at which they change by themselves."""

    products: tuple[Card, ...]
    collections: tuple[Tile, ...]
    contests: tuple[tuple[str, str, str], ...]
    banners: tuple[Banner, ...]
    until: datetime | None

    @classmethod
    def at(cls, moment: datetime, arm: str = "a") -> "FrontWindow":
        """As it is at that moment, of the products that there are now; see `Showcase`."""
        tiles, showcase = Tile.all(), Showcase(moment, arm)
        changes = [one for tile in tiles for one in (tile.shown_from, tile.shown_until)]
        changes += [Contest.next_change(moment), showcase.next_change]
        return cls(
            tuple(Card.newest(FIRST_LOOK)),
            tuple(tile for tile in tiles if tile.is_shown(moment)),
            tuple(Contest.open_at(moment)),
            showcase.on(HOME),
            next_of(moment, changes),
        )

    @property
    def rows(self) -> tuple:
        """What tells what it shows from anything else."""
        return self.products, self.collections, self.contests, self.banners

    def facts(self) -> dict:
        """What its template is given."""
        names = ("products", "collections", "contests", "banners")
        return dict(zip(names, self.rows, strict=True))
