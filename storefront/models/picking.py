"""What is to be taken off the shelves, thing by thing, for several orders in one walk."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from storefront.models.order import Order
from storefront.models.order_line import OrderLine

UNPACKED = ("to_pack", "part_shipped")  # stages in which something may still be on the shelf


@dataclass
class Pick:
    """So many of one thing, and how many of them each order wants, by its number."""

    title: str
    choice: str
    sku: str
    orders: list[tuple[str, int]] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        """How many there are to take, for all of the orders."""
        return sum(quantity for _, quantity in self.orders)


def picks(orders: Iterable[int] | None = None) -> list[Pick]:
    """What is not packed yet of orders that are paid for, by title; of the orders with those ids,
    or of all. One query."""
    on_the_shelf = OrderLine.quantity - OrderLine.cancelled - OrderLine.packed > 0
    wanted = on_the_shelf & (Order.state == "charged") & Order.stage.in_(UNPACKED)
    if orders is not None:
        wanted &= Order.id.in_(list(orders))
    lines = OrderLine.select(OrderLine, Order).join(Order).where(wanted).order_by(OrderLine.id)
    found: dict[tuple, Pick] = {}
    for line in lines:
        thing = line.title, line.choice, line.sku
        pick = found.setdefault(thing, Pick(*thing))
        pick.orders.append((line.order.number, line.to_pack))
    return sorted(found.values(), key=lambda pick: (pick.title.lower(), pick.choice, pick.sku))
