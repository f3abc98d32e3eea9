"""What a list shows of a product, and what a tile shows of a collection: rows, not records.

They are tuples, so that what was drawn from one can be found again by the row itself.
"""

import json
from datetime import datetime
from typing import NamedTuple

from peewee import JOIN, Case

from storefront.models.collection import Collection, CollectionItem
from storefront.models.collection_rule import CollectionRule
from storefront.models.period import is_within
from storefront.models.product import Product
from storefront.money import Money
from storefront.prepared import Prepared


class Card(NamedTuple):
    """One product in a list. Prices are minor units; `picture` is JSON, or None for a drawing."""

    id: int
    handle: str
    title: str
    kind: str
    currency: str
    price_from: int
    price_to: int
    reduced: bool
    available: bool
    picture: str | None

    def facts(self) -> dict:
        """What its template is given."""
        return {"product": self}

    @property
    def buyable(self) -> bool:
        """Whether it can be put into a cart."""
        return self.kind == "sold"

    @property
    def lowest(self) -> Money:
        """The price of the cheapest variant."""
        return Money(self.price_from, self.currency)

    @property
    def card_picture(self) -> dict | None:
        """The photograph: digest, width, height and widths."""
        return json.loads(self.picture) if self.picture else None

    @classmethod
    def of(cls, ids: list[int]) -> "list[Card]":
        """The cards of these products, in the order of the ids; one query."""
        found = {row[0]: cls._make(row) for row in _BY_IDS.rows(ids)} if ids else {}
        return [found[number] for number in ids if number in found]

    @classmethod
    def reachable(cls, ids: list[int]) -> "list[Card]":
        """The same of those that still have a page; one query."""
        found = {row[0]: cls._make(row) for row in _REACHABLE.rows(ids)} if ids else {}
        return [found[number] for number in ids if number in found]

    @classmethod
    def newest(cls, most: int) -> "list[Card]":
        """The newest products on sale; one query."""
        return [cls._make(row) for row in _NEWEST.rows(most)]


class Tile(NamedTuple):
    """One collection, with the first of its products to picture it, or one that meets its rule."""

    slug: str
    title: str
    handle: str
    picture: str | None
    shown_from: datetime | None
    shown_until: datetime | None

    def is_shown(self, at: datetime) -> bool:
        """Whether its collection is shown at that moment."""
        return is_within(at, self.shown_from, self.shown_until)

    @property
    def card_picture(self) -> dict | None:
        """The photograph of its first product, as on a card."""
        return json.loads(self.picture) if self.picture else None

    @classmethod
    def all(cls) -> "list[Tile]":
        """Those of all collections that hold something, whenever they are shown; one query."""
        moment = Collection.shown_from.python_value
        return [cls(*row, moment(start), moment(end)) for *row, start, end in _TILES.rows()]


COLUMNS = [getattr(Product, name) for name in (*Card._fields[:-1], "card_picture")]


def _on_sale():
    return Product.select(*COLUMNS).where(Product.status == "active", Product.is_published())


TILE = [Collection.slug, Collection.title, Product.handle, Product.card_picture]
TILE += [Collection.shown_from, Collection.shown_until]

_BY_IDS = Prepared(lambda ids: Product.select(*COLUMNS).where(Product.id.in_(ids)))
_REACHABLE = Prepared(
    lambda ids: Product.select(*COLUMNS).where(Product.id.in_(ids), Product.is_reachable())
)
_NEWEST = Prepared(lambda most: _on_sale().order_by(Product.id.desc()).limit(most))
_FIRST = (CollectionItem.collection == Collection.id) & (CollectionItem.position == 0)
_BY_RULE = CollectionRule.is_on == True  # noqa: E712
_PICTURED = Case(None, [(_BY_RULE, CollectionRule.first)], CollectionItem.product)
_TILES = Prepared(
    lambda: (
        Collection.select(*TILE)
        .join(CollectionRule, JOIN.LEFT_OUTER, on=CollectionRule.collection == Collection.id)
        .switch(Collection)
        .join(CollectionItem, JOIN.LEFT_OUTER, on=_FIRST)
        .join(Product, JOIN.INNER, on=Product.id == _PICTURED)
        .order_by(Collection.position, Collection.id)
    )
)
