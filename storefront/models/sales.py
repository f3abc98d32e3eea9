"""What sold best, and what was bought together: counted over orders, with no person in it.

Orders count of which the card is held or charged: nobody moves a list with orders that are never
paid. What fewer than `LEAST` orders of as many customers say is not said at all.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from peewee import Case, ForeignKeyField, IntegerField, Select, Table, fn

from storefront.db import Record, database
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.models.product import Product, Variant

LEAST = 10  # orders, and customers
COUNTED = ("card_held", "charged")
MOST_RANKED = 1000
MOST_BESIDE = 4  # products that are shown with one
LOOKED_BACK = timedelta(days=365)  # for what was bought together

# Who bought: an address, or what is kept of one that was erased. It is compared, and not read.
WHO = Case(None, [(Order.email != "", Order.email)], fn.COALESCE(Order.whose, ""))


def _bought(since: datetime):
    """Each product of each order that counts, with how many of it."""
    left = OrderLine.quantity - OrderLine.cancelled
    columns = (Order.id.alias("bill"), WHO.alias("who"), Variant.product.alias("product"))
    return (
        Order.select(*columns, fn.SUM(left).alias("many"))
        .join(OrderLine, on=OrderLine.order == Order.id)
        .join(Variant, on=OrderLine.variant == Variant.id)
        .where(Order.placed_at >= since, Order.state.in_(COUNTED), left > 0)
        .group_by(Order.id, WHO, Variant.product)
    )


def ranking(days: int, at: datetime) -> list[int]:
    """The ids of products that sold best in the last days, the first of them first."""
    bought = _bought(at - timedelta(days=days)).cte("bought")
    sold = fn.SUM(bought.c.many)
    rows = (
        bought.select_from(bought.c.product)
        .group_by(bought.c.product)
        .having(_is_said(bought))
        .order_by(sold.desc(), bought.c.product.desc())
        .limit(MOST_RANKED)
    )
    return [row[0] for row in rows.tuples()]


def _is_said(bought):
    return (fn.COUNT(fn.DISTINCT(bought.c.bill)) >= LEAST) & (
        fn.COUNT(fn.DISTINCT(bought.c.who)) >= LEAST
    )


class BoughtTogether(Record):
    """Two products that were bought together, and in how many orders; each way round a row."""

    product = ForeignKeyField(Product, backref="bought_with", index=False, on_delete="CASCADE")
    other = ForeignKeyField(Product, backref="bought_beside", on_delete="CASCADE")
    orders = IntegerField()

    class Meta:
        indexes = ((("product", "orders", "other"), True),)

    @classmethod
    def count_anew(cls, at: datetime) -> int:
        """Have the rows say what the orders of the last year do; how many rows have changed.

        The orders are read before anything is written, so that no order waits for it.
        """
        counted = _pairs(at - LOOKED_BACK)
        with database.atomic():
            known = {(a, b): (n, orders) for n, a, b, orders in cls.select().tuples()}
            gone = [n for pair, (n, orders) in known.items() if counted.get(pair) != orders]
            new = [
                {"product": a, "other": b, "orders": orders}
                for (a, b), orders in counted.items()
                if (a, b) not in known or known[a, b][1] != orders
            ]
            for start in range(0, len(gone), 500):
                cls.delete().where(cls.id.in_(gone[start : start + 500])).execute()
            there = _there(new)
            new = [row for row in new if {row["product"], row["other"]} <= there]
            for start in range(0, len(new), 200):
                cls.insert_many(new[start : start + 200]).execute()
        return len(gone) + len(new)


def _there(rows: list[dict]) -> set[int]:
    """The products that are still there, of those the rows name."""
    ids, found = sorted({row[name] for row in rows for name in ("product", "other")}), set()
    for start in range(0, len(ids), 500):
        some = Product.select(Product.id).where(Product.id.in_(ids[start : start + 500]))
        found |= {row[0] for row in some.tuples()}
    return found


def _pairs(since: datetime) -> dict[tuple[int, int], int]:
    """For each product the few that were bought with it most often, and in how many orders."""
    bought = _bought(since).cte("bought", materialized=True)
    often = bought.select_from(bought.c.product).group_by(bought.c.product).having(_is_said(bought))
    often = often.cte("often", materialized=True)
    a, b, most = Table("bought", alias="a"), Table("bought", alias="b"), Table("often")
    orders = fn.COUNT(a.c.bill)
    rows = (
        Select([a], [a.c.product, b.c.product, orders])
        .join(b, on=(a.c.bill == b.c.bill) & (a.c.product != b.c.product))
        .where(a.c.product.in_(most.select(most.c.product)))
        .where(b.c.product.in_(most.select(most.c.product)))
        .group_by(a.c.product, b.c.product)
        .having((orders >= LEAST) & (fn.COUNT(fn.DISTINCT(a.c.who)) >= LEAST))
        .order_by(orders.desc(), b.c.product.desc())
        .with_cte(bought, often)
        .bind(database)
    )
    kept: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for product, other, count in rows.tuples().iterator():
        if len(kept[product]) < MOST_BESIDE:
            kept[product].append((other, count))
    return {(product, other): count for product, few in kept.items() for other, count in few}
