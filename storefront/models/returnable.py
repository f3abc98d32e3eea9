"""What of an order can be withdrawn from or sent back, and until when."""

from datetime import date, timedelta

from storefront.models.fulfilment import Quantities
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.models.return_line import ReturnLine
from storefront.models.terms import Terms
from storefront.refusals import Refused

PERHAPS_ARRIVED = timedelta(days=14)  # after leaving, where nobody said when
NOTHING = "Please say how many of which things."
OVER = "Until {until:%-d %B %Y} this could be sent back. Please write to us, and we will see."


def withdrawable_until(order: Order) -> date | None:
    """The last day on which something of an order can be sent back; None while a part of it has
    not left, for then there is no last day yet.

    It is counted from the last parcel of the order, as the law has it (Art. 9(2)(b)(i)).
    """
    parcels = list(order.parcels)
    if not parcels or any(line.to_ship for line in order.in_order()):
        return None
    arrived = max(each.delivered_at or each.shipped_at + PERHAPS_ARRIVED for each in parcels)
    return (arrived + timedelta(days=Terms.now().return_days)).date()


def returnable(order: Order) -> dict[int, int]:
    """How many of each line, by id, can be withdrawn from or sent back, whatever the period."""
    coming = ReturnLine.coming_back(order)
    there = {x.id: x.to_ship + x.kept - coming.get(x.id, 0) for x in order.in_order()}
    return there if order.state == "charged" else dict.fromkeys(there, 0)


def divided(order: Order, quantities: Quantities, at) -> tuple[dict[int, int], dict[int, int]]:
    """What is wanted, as what has not left yet and what has; the order is locked."""
    if order.state != "charged":
        raise Refused(f"Nothing of order {order.number} can be withdrawn from or sent back here.")
    there = returnable(order)
    lines = order.in_order()
    chosen = checked(lines, there, there if quantities is None else quantities)
    shelf = {line.id: line.to_ship for line in lines}
    unsent = {n: min(q, shelf[n]) for n, q in chosen.items() if shelf[n]}
    sent = {n: q - unsent.get(n, 0) for n, q in chosen.items() if q > unsent.get(n, 0)}
    until = withdrawable_until(order)
    if sent and until and at.date() > until:
        raise Refused(OVER.format(until=until))
    return unsent, sent


def checked(
    lines: list[OrderLine], there: dict[int, int], wanted: dict[int, int]
) -> dict[int, int]:
    """Those that are more than none, by line; raises `Refused` for more than there is of one."""
    chosen = {number: quantity for number, quantity in wanted.items() if quantity}
    if not chosen:
        raise Refused(NOTHING)
    named = {line.id: line for line in lines}
    for number, quantity in chosen.items():
        if number not in there or number not in named:
            raise Refused("This order has no such line.")
        if not 0 < quantity <= there[number]:
            line = named[number]
            title = f"{line.title} ({line.choice})" if line.choice else line.title
            raise Refused(f"Of {title} it can be {there[number]} at most.")
    return chosen
