"""The account's first page: what was ordered with its address."""

import math

from flask import abort, current_app, g, request
from peewee import prefetch

from storefront.blueprints.account import account, session
from storefront.blueprints.account.guard import show
from storefront.links import OrderLinks
from storefront.models import OrderLine

A_PAGE = 10


@account.get("")
def home():
    page, orders = request.args.get("page", "1"), g.customer.orders
    pages = max(1, math.ceil(orders.count() / A_PAGE))
    if not (page.isdecimal() and len(page) < 6 and 1 <= int(page) <= pages):
        abort(404)
    shown = prefetch(orders.paginate(int(page), A_PAGE), OrderLine.select().order_by(OrderLine.id))
    return show(
        "account/home.html",
        orders=[(order, _links().write(order.number)) for order in shown],
        nth=int(page),
        pages=pages,
        said=session.said(),
    )


def _links() -> OrderLinks:
    return current_app.extensions["order_links"]
