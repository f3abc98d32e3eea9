"""An order's own page, at an unguessable signed link, and paying for it."""

import logging

from flask import Blueprint, abort, current_app, redirect, request, url_for

from storefront.door import limiter
from storefront.handoff.line import LineDown
from storefront.models import Order, OrderEvent
from storefront.pages import go, keep_from_caches, now, show
from storefront.payment import Unavailable
from storefront.refusals import Refused

blueprint = Blueprint("orders", __name__)
log = logging.getLogger(__name__)


@blueprint.after_request
def keep_private(response):
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


@blueprint.get("/orders/<link>")
def page(link: str):
    order = _find(link)
    receipt = _arrived_meanwhile(order)
    if receipt:
        return redirect(url_for("orders.come_home", link=link, receipt=receipt), 303)
    return _page(order, link)


def _find(link: str) -> Order:
    number = current_app.extensions["order_links"].read(link)
    order = number and Order.get_or_none(Order.number == number)
    if not order:
        abort(404, "No order is behind this link. Please use the whole link from our mail.")
    return order


def _page(order: Order, link: str, status: int = 200, refusal: Refused | None = None):
    events = list(order.events.order_by(OrderEvent.id))
    lines = order.in_order()
    left = (order.hold_until - now()).total_seconds() if order.hold_until else 0
    context = {"order": order, "events": events, "lines": lines, "refusal": refusal}
    context["minutes"] = max(1, round(left / 60))
    return show("orders/page.html", "orders/_order.html", status=status, link=link, **context)


def _arrived_meanwhile(order: Order) -> str | None:
    """A receipt that the vault has and the browser never brought; None also when it is silent."""
    if order.state not in ("awaiting_card", "lapsed"):
        return None
    try:
        return current_app.extensions["payments"].look_up(order)
    except LineDown:
        log.warning("the vault does not answer")
        return None


@blueprint.get("/orders/<link>/return")
def come_home(link: str):
    """The one GET that writes: it records a verified receipt, any number of times."""
    order = _find(link)
    current_app.extensions["payments"].come_home(order, request.args.get("receipt", ""), now())
    current_app.extensions["wake_worker"]()
    return redirect(url_for("orders.page", link=link), 303)


@blueprint.post("/orders/<link>/payment")
@limiter.limit("30 per minute")
def pay(link: str):
    order = _find(link)
    receipt = _arrived_meanwhile(order)
    if receipt:
        return go(url_for("orders.come_home", link=link, receipt=receipt))
    try:
        return go(current_app.extensions["payments"].begin(order, link, now()))
    except Refused as refusal:
        return _page(order, link, 422, refusal)
    except Unavailable:
        words = Refused(
            "No card can be taken at this moment. Your order is kept; please try later."
        )
        return _page(order, link, 503, words)
