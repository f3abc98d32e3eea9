"""What a reseller's widget shows: the newest testimonials that it may, and their rating.

However many there are, some ten rows are read: the places of the newest come from indexes that
hold nothing but what resellers may show, of all products or of each product by itself. SQL of
such conditions is written out, not bound: planners use a partial index for nothing else.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add

from peewee import SQL

from storefront.models.product import Product
from storefront.models.rating import Rating
from storefront.models.reseller import Reseller
from storefront.models.testimonial import Testimonial
from storefront.prepared import Prepared

MOST = 10
TOGETHER = 50  # products that one query looks at

_SHOWABLE = (
    (Testimonial.state == SQL("'approved'")),
    Testimonial.resellers_policy.is_null(False),
)


def newest(product_ids: Sequence[int]) -> list[Testimonial]:
    """The newest ten that resellers may show, of these products or, where there are none, of all;
    with their products."""
    numbers = [] if product_ids else _OF_ALL.rows()
    for start in range(0, len(product_ids), TOGETHER):
        numbers += _OF_THESE.rows(*product_ids[start : start + TOGETHER])
    wanted = sorted((number for (number,) in numbers), reverse=True)[:MOST]
    return list(_shown(Testimonial.id.in_(wanted)).order_by(Testimonial.id.desc()))


def one_of(product_ids: Sequence[int], number: int) -> Testimonial | None:
    """That one, if resellers of these products (none for all) may show it; with its product."""
    found = _shown(Testimonial.id == number, *_SHOWABLE).first()
    return found if found and (not product_ids or found.product_id in product_ids) else None


def rating(product_ids: Sequence[int]) -> Rating:
    """That of these products together, or of all: everything approved counts."""
    return Rating.of_products(product_ids) if product_ids else Rating.of_all()


def chosen(reseller: Reseller, handle: str) -> Product | None:
    """The product of that handle, if it is one of theirs."""
    found = None if "\0" in handle else Product.get_or_none(Product.handle == handle)
    theirs = found and (not reseller.products or found.id in reseller.products)
    return found if theirs else None


def _shown(*conditions):
    product = Product.id, Product.handle, Product.title, Product.status, Product.published
    return Testimonial.select(Testimonial, *product).join(Product).where(*conditions)


def _top(*conditions):
    # In the order of the one index that leads there at once; see `Testimonial`.
    newest_first = (SQL("0") + Testimonial.id) if conditions else (Testimonial.id + SQL("0"))
    rows = Testimonial.select(Testimonial.id).where(*conditions, *_SHOWABLE)
    return rows.order_by(newest_first.desc()).limit(MOST)


def _tops(*products):
    """The newest of each, each in a query of its own: SQLite takes no ORDER BY before UNION."""
    parts = [_top(Testimonial.product == one).alias(f"top{n}") for n, one in enumerate(products)]
    return reduce(add, [part.select_from(part.c.id) for part in parts])


_OF_ALL, _OF_THESE = Prepared(_top), Prepared(_tops)
