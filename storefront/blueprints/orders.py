"""An order's own page, at an unguessable signed link, and paying for it."""

import logging
from datetime import timedelta

from flask import Blueprint, abort, current_app, redirect, request, url_for
from wtforms import TextAreaField

from storefront.door import limiter
from storefront.forms import Form
from storefront.handoff.line import LineDown
from storefront.models import Message, Order, OrderEvent, Parcel
from storefront.models.message import LONGEST
from storefront.pages import go, keep_from_caches, now, show, unchanged, wants_part
from storefront.payment import Unavailable
from storefront.personal import personal
from storefront.refusals import Refused

blueprint = Blueprint("orders", __name__)
log = logging.getLogger(__name__)

JUST_NOW = timedelta(hours=1)  # in which who has mistyped the address sees it


class MessageForm(Form):
    """A message about an order; what is wrong with one, the message itself says."""

    text = personal(
        TextAreaField("Your message", render_kw={"rows": 5, "maxlength": LONGEST}),
        clause="orders",
        why="to answer what you ask about your order",
        basis="contract",
        words="what was written",
    )


@blueprint.after_request
def keep_private(response):
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


@blueprint.get("/orders/<link>")
def page(link: str):
    order = _find(link)
    if news := _arrived_meanwhile(order):
        return redirect(url_for("orders.come_home", link=link, **news), 303)
    if not wants_part():
        return _page(order, link)
    # The demonstration's page looks by itself whether there is news, while somebody may be typing.
    if request.args.get("seen") == order.state:
        return unchanged()
    return _page(order, link, said="There is news of your order.")


def _find(link: str) -> Order:
    number = current_app.extensions["order_links"].read(link)
    order = number and Order.get_or_none(Order.number == number)
    if not order:
        abort(404, "No order is behind this link. Please use the whole link from our mail.")
    return order


def _page(
    order: Order,
    link: str,
    status: int = 200,
    refusal: Refused | None = None,
    *,
    part: str = "order",
    **context,
):
    """The order's page, or the part of it that htmx asked for: the order or the messages."""
    events = list(order.events.order_by(OrderEvent.id))
    lines = order.in_order()
    left = (order.hold_until - now()).total_seconds() if order.hold_until else 0
    context |= {"order": order, "events": events, "lines": lines, "refusal": refusal}
    context.setdefault("form", MessageForm(formdata=None))
    context["messages"] = Message.of_order(order)
    context["parcels"] = [(p, p.contents()) for p in order.parcels.order_by(Parcel.id)]
    # The way there stays while there is anything to see: what was asked for, or when it was over.
    context["withdrawal"] = order.unpaid or order.state in ("card_held", "charged", "refunded")
    # Whose address it is may have moved it to another, which is not for whoever else has the link.
    context["names_email"] = now() - order.placed_at < JUST_NOW
    context["hours"] = round(left / 3600)
    context["minutes"] = max(1, round(left / 60))
    context["demo"] = current_app.extensions["settings"].demo_desk
    return show("orders/page.html", f"orders/_{part}.html", status=status, link=link, **context)


def _arrived_meanwhile(order: Order) -> dict[str, str]:
    """A receipt that the browser never brought, or a statement of the desk that the shop has not
    fetched; nothing also when the vault is silent."""
    payments = current_app.extensions["payments"]
    ask = {"awaiting_card": "receipt", "lapsed": "receipt"}
    ask |= {"card_held": "statement", "cancelling": "statement"}
    what = ask.get(order.state)
    try:
        if what == "receipt":
            found = payments.look_up(order)
        else:
            found = payments.look_up_verdict(order) if what else None
    except LineDown:
        log.warning("the vault does not answer")
        return {}
    return {what: found} if found else {}


@blueprint.get("/orders/<link>/return")
def come_home(link: str):
    """The one GET that writes: it records a verified receipt or statement, any number of times."""
    order, payments = _find(link), current_app.extensions["payments"]
    try:
        if statement := request.args.get("statement"):
            payments.hear(order, statement, now())
        else:
            payments.come_home(order, request.args.get("receipt", ""), now())
    except Refused as refusal:
        return _page(order, link, 422, refusal)
    current_app.extensions["wake_worker"]()
    return redirect(url_for("orders.page", link=link), 303)


@blueprint.post("/orders/<link>/payment")
@limiter.limit("30 per minute")
def pay(link: str):
    order = _find(link)
    if news := _arrived_meanwhile(order):
        return go(url_for("orders.come_home", link=link, **news))
    try:
        return go(current_app.extensions["payments"].begin(order, link, now()))
    except Refused as refusal:
        return _page(order, link, 422, refusal)
    except Unavailable:
        words = Refused(
            "No card can be taken at this moment. Your order is kept; please try later."
        )
        return _page(order, link, 503, words)


@blueprint.post("/orders/<link>/messages")
@limiter.limit("20 per hour")
def write_message(link: str):
    order, form = _find(link), MessageForm()
    try:
        form.validate()
        Message.ask(order, form.text.data or "", now())
    except Refused as refusal:
        form.text.errors = [refusal.sentence]
        return _page(order, link, 422, part="messages", form=form)
    if wants_part():
        return _page(order, link, part="messages", said="Your message is with us.")
    return go(url_for("orders.page", link=link, _anchor="messages"))
