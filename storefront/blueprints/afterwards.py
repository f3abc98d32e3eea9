"""What an order is good for once it is there: an invoice to print, and ordering the same again.

Both stand behind the order's own signed link, so that who ordered as a guest has them, too.
"""

from flask import Blueprint, abort, current_app

from storefront.cookies import read_cart, write_cart
from storefront.models import Order, OrderEvent
from storefront.models.again import again, into_cart
from storefront.models.statement import refunded
from storefront.money import Money
from storefront.pages import collects, go, keep_from_caches, show
from storefront.refusals import Refused

blueprint = Blueprint("afterwards", __name__)


@blueprint.after_request
def keep_private(response):
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


def _find(link: str) -> Order:
    number = current_app.extensions["order_links"].read(link)
    order = number and Order.get_or_none(Order.number == number)
    return order or abort(
        404, "No order is behind this link. Please use the whole link from our mail."
    )


@blueprint.get("/orders/<link>/invoice")
def invoice(link: str):
    """For what was paid; an order that was not has none."""
    order = _find(link)
    paid = order.events.where(OrderEvent.what == "charged").order_by(OrderEvent.id).first()
    if paid is None:
        abort(404, "There is no invoice for this order, because it is not paid.")
    given_back = refunded(order)
    return show(
        "orders/invoice.html",
        order=order,
        link=link,
        lines=[(line, Money(line.price_minor, line.currency)) for line in order.in_order()],
        paid_at=paid.at,
        refunded=given_back,
        kept=order.total + given_back * -1,
    )


@blueprint.get("/orders/<link>/cart")
def look_again(link: str):
    return _page(link, _find(link))


def _page(link: str, order: Order, status: int = 200, refusal: Refused | None = None):
    cart = read_cart()
    context = {"found": again(order.in_order(), cart.currency), "refusal": refusal}
    page, part = "orders/again.html", "orders/_again.html"
    return show(page, part, status=status, order=order, link=link, **context)


@blueprint.post("/orders/<link>/cart")
@collects("cookies")
def order_again(link: str):
    order, cart = _find(link), read_cart()
    try:
        fuller = into_cart(again(order.in_order(), cart.currency), cart)
    except Refused as refusal:
        return _page(link, order, 422, refusal)
    return write_cart(go("/cart"), fuller)
