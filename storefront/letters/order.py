"""Mails about an order."""

from storefront.config import Settings
from storefront.greeting import greeting
from storefront.links import OrderLinks
from storefront.models import OutgoingMail
from storefront.models.statement import refunded

SUBJECTS = {
    "order_placed": "We have your order {number}",
    "order_card_held": "Order {number}: your card is safely with our vault",
    "order_charged": "Order {number} is paid",
    "order_declined": "Order {number}: your card was not accepted",
    "order_card_again": "Order {number}: please give your card again",
    "order_cancelled": "Order {number} is cancelled",
    "order_refunded": "Order {number}: money is on its way back to you",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The order, its lines, and the address of its page. Who may be greeted by name is."""
    order, link = mail.order, OrderLinks(settings.cookie_keys)
    return {
        "number": order.number,
        "order": order,
        "dear": greeting("Dear", order.name, "Hello"),
        "thanks": greeting("Thank you,", order.name, "Thank you"),
        "lines": order.in_order(),
        "refunded": refunded(order),
        "address": f"{settings.shop_origin}/orders/{link.write(order.number)}",
    }
