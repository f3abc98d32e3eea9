"""Many orders with few statements, for tests of what is counted over them."""

import secrets
from datetime import datetime

from storefront.db import database
from storefront.models import Order, OrderLine, PolicyVersion, Product, Variant

AMOUNTS = ("subtotal_minor", "shipping_minor", "tax_minor", "total_minor")
WORDS = ("name", "line1", "country", "shipping_name")


def sold(products: list[Product], count: int, at: datetime, customers: int = 0, **facts) -> None:
    """So many orders of one each of these, by as many customers or by fewer, charged."""
    policy, fields = PolicyVersion.last(), {"state": "charged", "stage": "to_pack"} | facts
    numbers = [secrets.token_hex(6) for _ in range(count)]
    rows = [
        dict.fromkeys(AMOUNTS, 100)
        | dict.fromkeys(WORDS, "x")
        | {"number": number, "placement": number, "currency": "USD", "policy": policy}
        | {"placed_at": at, "email": f"{n % (customers or count)}@buyers.example"}
        | fields
        for n, number in enumerate(numbers)
    ]
    with database.atomic():
        Order.insert_many(rows).execute()
        ids = [row[0] for row in Order.select(Order.id).where(Order.number.in_(numbers)).tuples()]
        first = {p.id: Variant.select().where(Variant.product == p).first() for p in products}
        named = {"quantity": 1, "price_minor": 100, "currency": "USD"}
        lines = [
            {"order": number, "variant": first[p.id], "handle": p.handle, "title": p.title} | named
            for number in ids
            for p in products
        ]
        OrderLine.insert_many(lines).execute()
