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

MOST = 10
TOGETHER = 50  # products that one query looks at

_SHOWABLE = (
    (Testimonial.state == SQL("'approved'")),
    Testimonial.resellers_policy.is_null(False),
)


def newest(product_ids: Sequence[int], count: int = MOST) -> list[Testimonial]:
    """The newest that resellers may show, of these products or, where there are none, of all;
    with their products."""
    numbers: list[int] = []
    for start in range(0, max(len(product_ids), 1), TOGETHER):
        numbers += _numbers(product_ids[start : start + TOGETHER], count)
    wanted = sorted(numbers, reverse=True)[:count]
    rows = Testimonial.select(Testimonial, Product).join(Product)
    return list(rows.where(Testimonial.id.in_(wanted)).order_by(Testimonial.id.desc()))


def one_of(product_ids: Sequence[int], number: int) -> Testimonial | None:
    """That one, if resellers of these products (none for all) may show it; with its product."""
    rows = Testimonial.select(Testimonial, Product).join(Product)
    found = rows.where(Testimonial.id == number, *_SHOWABLE).first()
    return found if found and (not product_ids or found.product_id in product_ids) else None


def rating(product_ids: Sequence[int]) -> Rating:
    """That of these products together, or of all: everything approved counts."""
    return Rating.of_products(product_ids) if product_ids else Rating.of_all()


def chosen(reseller: Reseller, handle: str) -> Product | None:
    """The product of that handle, if it is one of theirs."""
    found = Product.get_or_none(Product.handle == handle)
    theirs = found and (not reseller.products or found.id in reseller.products)
    return found if theirs else None


def _numbers(product_ids: Sequence[int], count: int) -> list[int]:
    """The ids of the newest, `count` at most."""
    if not product_ids:
        return [number for (number,) in _top(*_SHOWABLE, count=count).tuples()]
    tops = [_top(Testimonial.product == one, *_SHOWABLE, count=count) for one in product_ids]
    # Each in a query of its own: SQLite takes no ORDER BY before UNION.
    parts = [top.alias(f"top{n}") for n, top in enumerate(tops)]
    wholes = [part.select_from(part.c.id) for part in parts]
    rows = wholes[0] if len(wholes) == 1 else reduce(add, wholes)
    return [number for (number,) in rows.tuples()]


def _top(*conditions, count: int):
    rows = Testimonial.select(Testimonial.id).where(*conditions)
    return rows.order_by(Testimonial.id.desc()).limit(count)
