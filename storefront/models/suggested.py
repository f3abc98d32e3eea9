"""How much is owed for a return: what was paid for its lines, and for delivery at the end."""

from storefront.models.return_line import ReturnLine
from storefront.models.statement import DeskInstruction


def most_to_give(back) -> dict[int | None, int]:
    """What is owed for a return, in minor units, by line; under None what was paid besides lines.

    That is delivery. It is owed once nothing of the order is left with the customer or to be sent
    (Directive 2011/83/EU, Art. 13(1)). Never more than was not asked back yet.
    """
    order, since = back.order, ReturnLine.since(back)
    asked = DeskInstruction.asked_back(order)
    left = DeskInstruction.refundable(order).minor
    owed: dict[int | None, int] = {}
    for each in back.contents():
        line = each.line
        before = line.cancelled + line.returned - since.get(line.id, 0)
        paid = line.paid_for(each.received, before)
        unasked = line.paid_minor - asked.get(line.id, 0)
        owed[line.id] = max(0, min(paid, unasked, left))
        left -= owed[line.id]
    lines = order.in_order()
    if not any(line.left - line.returned for line in lines):
        besides = order.total_minor - sum(line.paid_minor for line in lines)
        owed[None] = max(0, min(besides - asked.get(None, 0), left))
    return owed
