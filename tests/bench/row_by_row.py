"""An order as it was placed before its statements were gathered: the baseline of `orders`."""

import secrets

from peewee import Case

from storefront.db import database
from storefront.models import Order, OrderEvent, OrderLine, OutgoingMail, Product, Variant
from storefront.models.cart import Cart, CartLine
from storefront.models.facet import note_availability
from storefront.models.totals import Totals
from storefront.refusals import SoldOut


def row_by_row(cart, customer, rate, policy, *, placement, hold_until, at) -> Order:
    """The statements of an order before they were gathered; refused in the same words."""
    Order.get_or_none(Order.placement == placement)
    cart.lines = read_lines(cart)
    totals = Totals.of(cart, rate, customer.country, customer.region)
    with database.atomic():
        order = Order.create(
            number=secrets.token_hex(5),
            placement=placement,
            shipping_name=rate.name,
            policy=policy,
            placed_at=at,
            hold_until=hold_until,
            **totals.columns,
            **customer.columns,
        )
        for line, share in zip(cart.lines, totals.shares, strict=True):
            OrderLine.create(order=order, **OrderLine.of(line, share).__data__)
        take_each(order)
        Order.update(state="placed").where(Order.id == order.id).execute()
        OrderEvent.create(order=order, what="placed", at=at)
        mail = OutgoingMail.of("order_placed", customer.email, at, order=order)
        mail.save(force_insert=True)
    return order


def read_lines(cart: Cart) -> list:
    rows = Variant.select(Variant, Product).join(Product).where(Variant.id.in_([*cart.quantities]))
    rows = rows.where(Product.kind == "sold", Product.published)
    variants = rows.where(Product.status.in_(("active", "unlisted")))
    return [CartLine(variant, (), cart.quantities[variant.id]) for variant in variants]


def take_each(order: Order) -> None:
    lines = list(order.lines.order_by(OrderLine.variant))
    for line in lines:
        counted = Variant.tracked & Variant.stock.is_null(False)
        fewer = Case(None, ((counted, Variant.stock - line.quantity),), Variant.stock)
        enough = ~Variant.limited() | (Variant.stock >= line.quantity)
        there = (Variant.id == line.variant.id) & enough
        if not Variant.update(stock=fewer).where(there).execute():
            raise SoldOut(f"{line.title} has just sold out.")
    note_availability({line.variant.product_id for line in lines})
