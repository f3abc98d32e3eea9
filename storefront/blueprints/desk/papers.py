"""Papers for the packing table: a slip for each parcel, and what to take off the shelves."""

from collections.abc import Iterable

from flask import abort, current_app, request

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as
from storefront.db import database
from storefront.models import Order, OrderLine
from storefront.models.picking import picks
from storefront.pages import now

MOST = 100  # orders at once

screen("Pick list", "/desk/pick-list", ("fulfilment",), "What to take off the shelves, to print.")


def _chosen() -> list[int]:
    """The orders that the address names: `?order=1&order=2`; each once, as far as they can be."""
    numbers = dict.fromkeys(request.args.getlist("order", int))
    return [number for number in numbers if 0 < number < 2**31][:MOST]


@desk.get(f"/orders/<{NUMBER}:number>/packing-slip")
@roles("fulfilment")
@noted_as("printed")
def packing_slip(number: int):
    return _slips([number]) or abort(404, "There is no such order.")


@desk.get("/packing-slips")
@roles("fulfilment")
@noted_as("printed")
def packing_slips():
    return _slips(_chosen()) or show("desk/papers/none.html")


def _slips(numbers: Iterable[int]):
    """A slip for each of these orders, in that turn; None where there is none of them."""
    found = {order.id: order for order in Order.select().where(Order.id.in_(list(numbers)))}
    if not found:
        return None
    lines = _lines(found)
    with database.atomic():
        for order in found.values():
            noted("printed", order)
    origin, links = current_app.extensions["settings"].shop_origin, _links()
    slips = [
        (found[n], lines[n], f"{origin}/orders/{links.write(found[n].number)}")
        for n in numbers
        if n in found
    ]
    return show("desk/papers/slips.html", slips=slips)


def _links():
    return current_app.extensions["order_links"]


def _lines(orders: Iterable[int]) -> dict[int, list[tuple[OrderLine, int]]]:
    """What goes into the parcel: what is still in the house, or, where nothing is, all of it."""
    every: dict[int, list[OrderLine]] = {number: [] for number in orders}
    for line in OrderLine.select().where(OrderLine.order.in_(list(every))).order_by(OrderLine.id):
        every[line.order_id].append(line)
    here = {n: [(x, x.to_ship) for x in lines if x.to_ship] for n, lines in every.items()}
    return {n: here[n] or [(x, x.left) for x in lines if x.left] for n, lines in every.items()}


@desk.get("/pick-list")
@roles("fulfilment")
def pick_list():
    """Of the orders that the address names, or of all that there are to pack."""
    chosen = _chosen() if "order" in request.args else None
    context = {"picks": picks(chosen), "chosen": chosen is not None, "at": now()}
    return show("desk/papers/pick_list.html", **context)
