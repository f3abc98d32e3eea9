"""What is shown beside a product: what was bought with it, and what it has most in common with."""

import json
from collections import Counter
from functools import lru_cache
from itertools import chain
from math import log
from typing import NamedTuple

from peewee import JOIN, Select

from storefront.models import search
from storefront.models.card import COLUMNS, Card
from storefront.models.product import Product
from storefront.models.sales import MOST_BESIDE, BoughtTogether
from storefront.prepared import Prepared

LOOKED_AT = 24  # the newest of its kind, of which the nearest are shown
KNOWN = 400  # products of which is remembered what they say; about 3 kB each

COMPARED = (Product.tags, Product.vendor, Product.facets)


def _beside(own, kind):
    """One query for all: itself, what was bought with it, and the newest of its kind.

    Each part ends by itself, so that none is read further than it is shown.
    """
    pair = BoughtTogether
    bought = pair.select(pair.other.alias("id")).where(pair.product == own)
    bought = bought.order_by(pair.orders.desc(), pair.other.desc()).limit(MOST_BESIDE)
    newest = Product.on_sale().select(Product.id).where(Product.type == kind)
    newest = newest.order_by(Product.id.desc()).limit(LOOKED_AT)
    parts = [Select([each], [each.c.id]) for each in (bought.alias("b"), newest.alias("n"))]
    ids = parts[0].union_all(parts[1]).union_all(Select([], [own]))
    mine = (pair.other == Product.id) & (pair.product == own)
    return (
        Product.select(*COLUMNS, *COMPARED, pair.orders)
        .join(pair, JOIN.LEFT_OUTER, on=mine)
        .where(Product.id.in_(ids), Product.status == "active", Product.is_published())
    )


_BESIDE = Prepared(_beside)


class _Row(NamedTuple):
    card: Card
    said: frozenset[tuple[str, str]]
    orders: int | None


@lru_cache(KNOWN)
def _read(row: tuple) -> _Row:
    """What a product says of itself; the newest of a kind are read for all others of it."""
    card = Card._make(row[: len(COLUMNS)])
    tags, vendor, facets, orders = row[len(COLUMNS) :]
    said = [("word", word) for word in search.terms(card.title) if len(word) > 2]
    said += [("tag", tag.lower()) for tag in json.loads(tags)]
    said += [(name, value) for name, value in json.loads(facets) if name[:7] == "option:"]
    said += [("vendor", vendor)] if vendor else []
    return _Row(card, frozenset(said), orders)


class Beside(NamedTuple):
    """Cards to show with a product: `bought` with it, the most often first, and `alike`."""

    bought: tuple[Card, ...]
    alike: tuple[Card, ...]

    @classmethod
    def of(cls, product: Product) -> "Beside":
        """Of a product; one query. Where enough was bought with it, nothing alike is looked for."""
        rows = [_read(row) for row in _BESIDE.rows(product.id, product.type)]
        bought = [row for row in rows if row.orders]
        bought.sort(key=lambda row: (-row.orders, -row.card.id))
        if len(bought) >= MOST_BESIDE:
            return cls(tuple(row.card for row in bought), ())
        own = next((row for row in rows if row.card.id == product.id), None)
        others = [row for row in rows if row is not own and not row.orders]
        alike = _nearest(own.said if own else frozenset(), others, bool(product.type))
        cards = [tuple(row.card for row in few[:MOST_BESIDE]) for few in (bought, alike)]
        return cls(*cards)


def _nearest(own: frozenset, others: list[_Row], is_kind: bool) -> list[_Row]:
    """Those that have most in common with what it says first; the newest among equals.

    What few of them say tells more than what they all do. Of no kind in particular, those that
    have nothing in common with it are left out.
    """
    shared = [row.said & own for row in others]
    common = Counter(chain.from_iterable(shared))
    weights = {each: log(1 + len(others) / count) for each, count in common.items()}
    near = [
        (sum([weights[each] for each in both]), row.card.id, row)
        for both, row in zip(shared, others, strict=True)
    ]
    near.sort(reverse=True)  # ids differ: no two rows are compared
    return [row for weight, _, row in near if weight or is_kind]
