"""Mails about an order."""

from storefront.config import Settings
from storefront.greeting import greeting
from storefront.links import InvitationLinks, OrderLinks
from storefront.models import Message, OutgoingMail, Parcel, Return, Terms
from storefront.models.statement import refunded

SUBJECTS = {
    "order_placed": "We have your order {number}",
    "order_card_held": "Order {number}: your card is safely with our vault",
    "order_charged": "Order {number} is paid",
    "order_declined": "Order {number}: your card was not accepted",
    "order_card_again": "Order {number}: please give your card again",
    "order_cancelled": "Order {number} is cancelled",
    "order_packed": "Order {number} is packed",
    "order_shipped": "Order {number} is on its way",
    "order_delivered": "Order {number} has arrived",
    "order_called_off": "Order {number}: something of it will not be sent",
    "order_answered": "Order {number}: we have answered you",
    "order_asked": "Order {number}: a message about it has reached us",
    "order_link": "Order {number}: the link to its page",
    "order_return_asked": "Order {number}: what you withdrew from or send back",
    "order_returned": "Order {number}: your return is here",
    "order_return_refused": "Order {number}: about your return",
    "order_return_reduced": "Order {number}: about the money for your return",
    "order_refunded": "Order {number}: money is on its way back to you",
}

CALLED = {
    "order_placed": "order received",
    "order_card_held": "card in safe keeping",
    "order_charged": "order paid",
    "order_declined": "card not accepted",
    "order_card_again": "card asked for once more",
    "order_cancelled": "order cancelled",
    "order_packed": "order packed",
    "order_shipped": "parcel sent",
    "order_delivered": "parcel arrived",
    "order_called_off": "something not sent after all",
    "order_answered": "answer to a message",
    "order_asked": "message through the contact form",
    "order_link": "link to the order’s page",
    "order_return_asked": "withdrawal or return asked for",
    "order_returned": "return received",
    "order_return_refused": "return not taken back",
    "order_return_reduced": "less money back for a return",
    "order_refunded": "money given back",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The order, its lines, what of them the mail is about, and the address of its page.

    Who may be greeted by name is.
    """
    order, link = mail.order, OrderLinks(settings.cookie_keys)
    invitation = InvitationLinks(settings.cookie_keys).write_to(order.number, order.email)
    lines, counts = order.in_order(), mail.event.quantities if mail.event else {}
    detail = mail.event.detail if mail.event else {}
    parcel, message = detail.get("parcel"), detail.get("message")
    return {
        "number": order.number,
        "order": order,
        "dear": greeting("Dear", order.name, "Hello"),
        "thanks": greeting("Thank you,", order.name, "Thank you"),
        "lines": lines,
        "about": [(line, counts[line.id]) for line in lines if line.id in counts],
        "parcel": parcel and Parcel.get_by_id(parcel),
        "answer": message and Message.get_or_none(Message.id == message),
        "refunded": refunded(order),
        "returns": [(each, each.contents()) for each in Return.named(detail.get("returns", []))],
        "given": mail.event and mail.event.amount(order.currency),
        "terms": (terms := Terms.now()),
        "return_address": terms.return_address or settings.shop["postal_address"],
        "address": f"{settings.shop_origin}/orders/{link.write(order.number)}",
        "invitation": f"{settings.shop_origin}/testimonials/invitation/{invitation}",
    }
