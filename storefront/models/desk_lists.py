"""The desk's lists of products and stock: everything there is, whether it is on sale or not.

Every query reads an index and stops: pages have `PER_PAGE`, what is ranked ends at a thousand.
"""

from dataclasses import dataclass

from peewee import fn

from storefront.models import search
from storefront.models.collection import Collection, CollectionItem
from storefront.models.collection_rule import CollectionRule
from storefront.models.product import Product, Variant

PER_PAGE = 50
MOST = search.MOST_CANDIDATES
SHOWN = (Product.id, Product.handle, Product.title, Product.status, Product.published)
SHOWN += (Product.price_from, Product.price_to, Product.currency, Product.available, Product.kind)
SHOWN += (Product.card_picture, Product.vendor, Product.type, Product.reduced)
REACHED = ("active", "unlisted")


@dataclass(frozen=True)
class Asked:
    """What a list of products is asked for: words, a status, and what needs somebody."""

    query: str = ""
    status: str = ""
    low: bool = False
    unpictured: bool = False
    page: int = 1


@dataclass(frozen=True)
class Found:
    """A page of rows, whether there is another, and whether more was found than is looked at."""

    rows: list
    more: bool
    capped: bool = False


def products(asked: Asked) -> Found:
    """A page of products: the newest first, or the best match, or the lowest stock."""
    ranked = _ranked(asked)
    start = (asked.page - 1) * PER_PAGE
    if ranked is None:
        rows = _filtered(asked).order_by(Product.id.desc()).offset(start).limit(PER_PAGE + 1)
        ids = [row[0] for row in rows.tuples()]
    else:
        left = {row[0] for row in _filtered(asked).where(Product.id.in_(ranked)).tuples()}
        ids = [number for number in ranked if number in left][start : start + PER_PAGE + 1]
    capped = ranked is not None and len(ranked) >= MOST
    return Found(_in_order(ids[:PER_PAGE]), len(ids) > PER_PAGE, capped)


def _in_order(ids: list[int]) -> list[Product]:
    found = {p.id: p for p in Product.select(*SHOWN).where(Product.id.in_(ids))}
    return [found[number] for number in ids if number in found]


def _filtered(asked: Asked):
    query = Product.select(Product.id)
    if asked.status:
        query = query.where(Product.status == asked.status)
    if asked.unpictured:
        query = query.where(Product.card_picture.is_null())
    return query


def _ranked(asked: Asked) -> list[int] | None:
    """The ids that words or low stock come down to, in order; None where neither is asked for."""
    found = _matching(asked.query) if asked.query else None
    if not asked.low:
        return found
    low = dict.fromkeys(variant.product_id for variant in _low_rows(MOST, 0))
    return list(low) if found is None else [number for number in found if number in low]


def _matching(query: str) -> list[int]:
    """The ids that words find: an SKU or a handle itself, what is on sale, then all the rest."""
    words = search.terms(query)
    exact = _with_sku(query) + _with_handle(query)
    hidden = _out_of_sight(words) if words else []
    return list(dict.fromkeys([*exact, *search.candidates(words), *hidden]))[: 2 * MOST]


def _with_sku(text: str) -> list[int]:
    rows = Variant.select(Variant.product).where(Variant.sku == text).limit(PER_PAGE)
    return [row[0] for row in rows.tuples()]


def _with_handle(text: str) -> list[int]:
    return [row[0] for row in Product.select(Product.id).where(Product.handle == text).tuples()]


def _out_of_sight(words: list[str]) -> list[int]:
    """The newest of the products that the text search does not know, with the words in the title.

    They are found by their status; of those on sale nothing is read.
    """
    hidden = Product.status.in_(("draft", "archived", "unlisted"))
    hidden |= (Product.status == "active") & (Product.published == False)  # noqa: E712
    has = [Product.title.contains(word) for word in words]
    rows = Product.select(Product.id).where(hidden, *has).order_by(Product.id.desc())
    return [row[0] for row in rows.limit(MOST).tuples()]


def low(page: int) -> Found:
    """A page of the variants that are low on stock, the lowest first, with their products."""
    rows = _low_rows(PER_PAGE + 1, (page - 1) * PER_PAGE)
    return Found(_with_products(rows[:PER_PAGE]), len(rows) > PER_PAGE)


def how_many_low() -> int:
    """How many variants are low on stock; a full page of them stands for any more."""
    return len(_low_rows(PER_PAGE, 0))


def _low_rows(most: int, start: int) -> list[Variant]:
    sold = Product.select().where(Product.id == Variant.product, Product.status.in_(REACHED))
    # EXISTS, so that the index of low stock is walked and not that of products.
    rows = Variant.select().where(Variant.is_low(), fn.EXISTS(sold))
    return list(rows.order_by(Variant.stock, Variant.id).offset(start).limit(most))


def stock_of(query: str) -> Found:
    """The variants of the products that words find, with their products; the best match first."""
    ids = _matching(query)[:PER_PAGE]
    place = {number: n for n, number in enumerate(ids)}
    rows = list(Variant.select().where(Variant.product.in_(ids)).limit(10 * PER_PAGE))
    exact = [variant for variant in rows if variant.sku == query]
    rows.sort(key=lambda v: (place[v.product_id], v.position, v.id))
    return Found(_with_products((exact or rows)[: 2 * PER_PAGE]), len(exact or rows) > 2 * PER_PAGE)


def _with_products(rows: list) -> list:
    ids = {row.product_id for row in rows}
    found = {p.id: p for p in Product.select(*SHOWN, Product.options).where(Product.id.in_(ids))}
    for row in rows:
        row.product = found[row.product_id]
    return rows


def collections() -> list[tuple[Collection, int, bool]]:
    """All collections in their order, with how many products each holds, and whether by rule.

    A query for each that goes by a rule, and two.
    """
    counted = CollectionItem.select(CollectionItem.collection, fn.COUNT(CollectionItem.id))
    counts = dict(counted.group_by(CollectionItem.collection).tuples())
    ruled = {one.collection_id: one for one in CollectionRule.in_force()}
    return [
        (each, len(each.members()) if by_rule else counts.get(each.id, 0), by_rule)
        for each in Collection.in_order()
        for by_rule in [each.id in ruled]
    ]


def held_by(collection: Collection, page: int) -> Found:
    """A page of a collection's items in its order, with their products."""
    items = collection.items.order_by(CollectionItem.position, CollectionItem.id)
    start = (page - 1) * PER_PAGE
    rows = list(items.offset(start).limit(PER_PAGE + 1))
    return Found(_with_products(rows[:PER_PAGE]), len(rows) > PER_PAGE)
