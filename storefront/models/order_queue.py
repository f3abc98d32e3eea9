"""The desk's queues of orders, and finding one: always a page at most, however many there are."""

from collections.abc import Iterable
from dataclasses import dataclass

from peewee import fn

from storefront.models.order import Order
from storefront.models.order_line import OrderLine

LONGEST = 100  # characters of what is searched for
SHORTEST = 2


@dataclass(frozen=True)
class Queue:
    """Orders in any of these stages. What `waits` for somebody comes oldest first, the rest newest
    first; without stages it is all of them."""

    title: str
    stages: tuple[str, ...]
    waits: bool = False
    nothing: str = "Nothing here."


QUEUES = {
    "to-pack": Queue("To pack", ("to_pack",), True, "Everything that was paid for is packed."),
    "packed": Queue("Packed", ("packed",), True, "Nothing stands packed and waits to leave."),
    "partly-sent": Queue("Partly sent", ("part_shipped",), True, "No order is half on its way."),
    "sent": Queue("Sent", ("shipped",), nothing="Nothing is on its way."),
    "no-card": Queue(
        "Waiting for a card",
        ("placed", "awaiting_card", "declined", "unopenable", "expired"),
        True,
        "Nobody is about to pay.",
    ),
    "card-held": Queue("Card held", ("card_held",), True, "No card lies in the vault for us."),
    "cancelling": Queue("Cancelling", ("cancelling",), True, "No cancellation is under way."),
    "delivered": Queue("Delivered", ("delivered",), nothing="No parcel is known to have arrived."),
    "ended": Queue(
        "Called off or refunded",
        ("called_off", "refunded", "returned", "cancelled", "lapsed"),
        nothing="No order came to nothing.",
    ),
    "all": Queue("All", (), nothing="Nobody has ordered anything yet."),
}


def counts() -> dict[str, int]:
    """How many orders there are in each of the queues; one query over an index."""
    rows = Order.select(Order.stage, fn.COUNT(Order.id)).group_by(Order.stage).tuples()
    stages = dict(rows)
    return {
        name: sum(stages.get(stage, 0) for stage in queue.stages or stages)
        for name, queue in QUEUES.items()
    }


def page_of(queue: Queue, beyond: int, most: int) -> list[Order]:
    """At most so many orders, from the one `beyond` that number on, unless it is 0.

    A query for each stage: an index is in order within one stage only.
    """
    order = Order.id if queue.waits else Order.id.desc()
    found = Order.select().order_by(order).limit(most)
    if beyond:
        found = found.where(Order.id > beyond if queue.waits else Order.id < beyond)
    if queue.stages:
        rows = [each for stage in queue.stages for each in found.where(Order.stage == stage)]
    else:
        rows = list(found)
    return sorted(rows, key=lambda each: each.id, reverse=not queue.waits)[:most]


def found(words: str, most: int) -> list[Order]:
    """The newest orders, at most so many, in whose number, name, e-mail address or things (title,
    SKU) these words stand; none for a single character."""
    printable = "".join(sign if sign.isprintable() else " " for sign in words)
    words = " ".join(printable.split())[:LONGEST]
    if len(words) < SHORTEST:
        return []
    ids = set()
    for where in (Order.name.contains(words), Order.email.startswith(words.lower())):
        ids.update(_newest(Order.select(Order.id).where(where), Order.id, most))
    if number := _number(words):
        ids.update(_newest(_numbered(number), Order.id, most))
    line = OrderLine
    things = line.title.contains(words) | line.sku.startswith(words)
    ids.update(
        _newest(line.select(line.order).where(things).group_by(line.order), line.order, most)
    )
    if not ids:
        return []
    return list(Order.select().where(Order.id.in_(ids)).order_by(Order.id.desc()).limit(most))


def _newest(query, column, most: int) -> list[int]:
    # By the id times -1: walking the table backwards for what is rare would read all of its pages,
    # where the index on the text holds little else.
    return [number for (number,) in query.order_by(column * -1).limit(most).tuples()]


def _number(words: str) -> str:
    """An order's number, or how it begins, as somebody may type it; "" for anything else."""
    typed = words.upper().replace(" ", "").replace("-", "")
    if not (typed.isascii() and typed.isalnum() and len(typed) <= 10):
        return ""
    return f"{typed[:5]}-{typed[5:]}" if len(typed) > 5 else typed


def _numbered(number: str):
    between = (Order.number >= number) & (Order.number <= number + "Z" * 11)
    return Order.select(Order.id).where(between, Order.number.startswith(number))


def lines_of(orders: Iterable[Order]) -> dict[int, list[OrderLine]]:
    """The lines of these orders, by the order's id; one query."""
    lines: dict[int, list[OrderLine]] = {each.id: [] for each in orders}
    if lines:
        query = OrderLine.select().where(OrderLine.order.in_(list(lines))).order_by(OrderLine.id)
        for line in query:
            lines[line.order_id].append(line)
    return lines
