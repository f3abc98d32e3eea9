"""The lines of a return: how many were to come back, and how many did."""

from peewee import DeferredForeignKey, ForeignKeyField, IntegerField, fn

from storefront.db import Record
from storefront.models.order import Order
from storefront.models.order_line import OrderLine


class ReturnLine(Record):
    """So many of one line of the order; of them `received`, and of these put on sale again."""

    of = DeferredForeignKey("Return", backref="lines", column_name="return_id", on_delete="CASCADE")
    line = ForeignKeyField(OrderLine, backref="return_lines", on_delete="CASCADE")
    quantity = IntegerField()
    received = IntegerField(default=0)
    restocked = IntegerField(default=0)

    @classmethod
    def coming_back(cls, order: Order) -> dict[int, int]:
        """How many of which lines of an order are to be sent back and have not come; one query."""
        asked = order.returns.where(order.returns.model.state == "asked")
        counts: dict[int, int] = {}
        for each in cls.select().where(cls.of.in_(asked.select(order.returns.model.id))):
            counts[each.line_id] = counts.get(each.line_id, 0) + each.quantity
        return counts

    @classmethod
    def since(cls, back) -> dict[int, int]:
        """How many of which lines of its order came back by it and later ones; one query."""
        returns = back.order.returns.where(type(back).id >= back.id).select(type(back).id)
        rows = cls.select(cls.line, fn.SUM(cls.received)).where(cls.of.in_(returns))
        return {line: int(count) for line, count in rows.group_by(cls.line).tuples()}
