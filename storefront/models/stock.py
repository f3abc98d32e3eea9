"""What is left of variants: taken when they are ordered, put back when an order lapses.

The rows are locked in the order of their ids, and their products' after them, so that two orders
never wait for each other.
"""

from peewee import Case

from storefront.db import locked
from storefront.models.facet import note_availability
from storefront.models.product import Product, Variant
from storefront.prepared import Prepared, records
from storefront.refusals import SoldOut

OF_VARIANT = (Variant.id, Variant.product, Variant.choice, Variant.price_minor, Variant.currency)
OF_VARIANT += (Variant.stock, Variant.tracked, Variant.oversell)

_LOCKED = Prepared(
    lambda ids: locked(Variant.select(*OF_VARIANT).where(Variant.id.in_(ids)).order_by(Variant.id))
)
_MOVED = Prepared(
    lambda each, by, ids: Variant.update(
        stock=Variant.stock + Case(Variant.id, list(zip(each, by, strict=True)))
    ).where(Variant.id.in_(ids))
)

GONE = "Something in your cart is no longer sold. Please look over what is left."


def take(wanted: dict[int, int]) -> list[Variant]:
    """Take so much of each variant (by id), in the transaction of the caller; the variants before.

    Nobody else changes them until the commit. Raises `SoldOut`, with nothing taken, which names
    all that has gone.
    """
    variants = held(wanted)
    if len(variants) < len(wanted):
        raise SoldOut(GONE)
    short = [v for v in variants if v.left is not None and v.left < wanted[v.id]]
    if short:
        raise SoldOut(" ".join(_too_few(variant) for variant in short))
    move(variants, {variant: -quantity for variant, quantity in wanted.items()})
    return variants


def put_back(returned: dict[int, int]) -> None:
    """Return so much of each variant (by id) that is still there, in the caller's transaction."""
    move(held(returned), returned)


def held(ids) -> list[Variant]:
    """These variants as they stand; nobody else changes them until the caller's commit."""
    return records(Variant, _LOCKED.rows(sorted(ids)), OF_VARIANT) if ids else []


def move(variants: list[Variant], by: dict[int, int]) -> None:
    """Change the stock of variants that are held, each (by id) by so many.

    Only what is counted is counted; listings hear of what begins or ceases to be in stock.
    """
    counted = [v for v in variants if v.tracked and v.stock is not None]
    if not counted:
        return
    ids = [variant.id for variant in counted]
    _MOVED.run(ids, [by[number] for number in ids], ids)
    now = {v.id: v.stock + by[v.id] for v in counted}
    turned = {v.product_id for v in counted if not v.oversell and (v.stock > 0) != (now[v.id] > 0)}
    if turned:
        note_availability(turned)


def _too_few(variant: Variant) -> str:
    title = Product.get_by_id(variant.product_id).title
    title = f"{title} ({variant.name})" if variant.name else title
    if not variant.left:
        return f"{title} has just sold out."
    return f"Of {title} only {variant.left} {'is' if variant.left == 1 else 'are'} left."
