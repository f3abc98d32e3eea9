"""Placing orders without the web, and the same thing from many threads at once; for the tests."""

import secrets
import threading
from datetime import datetime, timedelta

from storefront.db import database
from storefront.models import Order, PolicyVersion, ShippingRate, Variant
from storefront.models.cart import Cart
from storefront.models.totals import Customer

HOLD = timedelta(minutes=35)
ANN = Customer(
    email="Ann@Example.com",
    name="Ann Walker",
    line1="1 Main St",
    line2="",
    city="Portland",
    region="OR",
    postal_code="97209",
    country="US",
)


def cart_of(*lines: tuple[Variant, int]) -> Cart:
    """A cart that holds so many of each."""
    return Cart({variant.id: quantity for variant, quantity in lines}, "USD")


def place(
    cart: Cart, at: datetime, placement: str = "", customer: Customer = ANN, discount=None
) -> Order:
    """Place an order for the cart, held for 35 minutes."""
    return Order.place(
        cart,
        customer,
        ShippingRate.get(),
        PolicyVersion.last(),
        placement=placement or secrets.token_hex(8),
        hold_until=at + HOLD,
        at=at,
        discount=discount,
    )


def stock(variant: Variant, left: int) -> Variant:
    """The variant, with so many in stock and no more to be sold."""
    Variant.update(stock=left, tracked=True, oversell=False).where(
        Variant.id == variant.id
    ).execute()
    return Variant.get_by_id(variant.id)


def left(variant: Variant) -> int:
    """How many are in stock now."""
    return Variant.get_by_id(variant.id).stock


def at_once(count: int, work) -> list:
    """What `work(n)` gave or raised in each of so many threads that start together."""
    outcomes, start = [None] * count, threading.Barrier(count)

    def run(n: int) -> None:
        start.wait()
        try:
            with database.connection_context():
                outcomes[n] = work(n)
        except Exception as trouble:
            outcomes[n] = trouble

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
