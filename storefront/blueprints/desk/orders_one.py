"""One order: what is known of it, and what whoever packs and sends it says has happened."""

from collections.abc import Callable

from flask import abort, current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting, role_of
from storefront.db import Record
from storefront.models import (
    Message,
    Note,
    Order,
    OrderEvent,
    OutgoingMail,
    Parcel,
    Return,
    SavedAnswer,
)
from storefront.models.order_story import story_of
from storefront.models.parcel import CARRIERS
from storefront.models.refunding import left_of
from storefront.models.statement import DeskInstruction, refunded
from storefront.money import Money
from storefront.pages import collects, go, now, wants_part
from storefront.refusals import Refused

ONE = f"/orders/<{NUMBER}:number>"
MEANWHILE = (
    "Something has happened to this order meanwhile. Look at it as it is now, and say it again "
    "if it is still right."
)
WHOLE = "Give a number in digits, such as 2."
HOW_MANY = "Say how many, of at least one thing."
NO_LINE = "This order has no such line."


@desk.get(ONE)
@roles("fulfilment")
@noted_as("opened")
def one_order(number: int):
    noted("opened", found := order_of(number))
    return page_of(found)


def order_of(number: int) -> Order:
    """The order of that row, as it is now; there is an answer of 404 where it is gone."""
    return Order.get_or_none(Order.id == number) or abort(404, "This order is gone.")


def page_of(order: Order, status: int = 200, **context):
    """The order's page, or for htmx the order alone. See `context_of`."""
    context = context_of(order) | context
    return show("desk/orders/page.html", "desk/orders/_order.html", status=status, **context)


def context_of(order: Order) -> dict:
    """All that the order's page shows. `seen` is where its history stood then."""
    lines, events = order.in_order(), list(order.events.order_by(OrderEvent.id))
    mails, messages = OutgoingMail.of_order(order), Message.of_order(order)
    return {
        "order": order,
        "lines": lines,
        "story": story_of(events, mails, messages),
        "seen": events[-1].id if events else 0,
        "parcels": [(each, each.contents()) for each in order.parcels.order_by(Parcel.id)],
        "mails": mails,
        "messages": messages,
        "saved": SavedAnswer.in_order(),
        "notes": Note.of_order(order),
        "returns": Return.of_order(order),
        "carriers": CARRIERS,
        "said": session.once("said"),
        "refusal": None,
        "about": "",
        "typed": {},
    } | _money_of(order, lines)


def _money_of(order: Order, lines: list) -> dict:
    asked, refundable = DeskInstruction.asked_back(order), DeskInstruction.refundable(order)
    left = {line.id: min(left_of(line, asked), refundable.minor) for line in lines}
    return {
        "asked": Money(sum(asked.values()), order.currency),
        "given": refunded(order),
        "refundable": refundable,
        "left_of": {line: Money(minor, order.currency) for line, minor in left.items()},
    }


def carry_out(
    number: int,
    what: str,
    verb: Callable[[Order, str], str],
    *,
    about: str,
    of: Record | None = None,
    afterwards: Callable[[], None] | None = None,
):
    """Do `verb(order, role)`, which says what it did, with its line in the log; then show it.

    `about` names the form, to which a refusal goes back with what was typed. A form that carries
    `seen` is refused where the order has moved on since; the verb's own sentence comes first.
    `afterwards` is for what must not keep others waiting for the database.
    """
    order, role = order_of(number), role_of(current_app.view_functions[request.endpoint])
    try:
        with noting(what, of or order):
            order.lock()
            moved_on = _has_moved_on(order)
            said = verb(order, role)
            if moved_on:
                raise Refused(MEANWHILE)
    except Refused as refusal:
        return page_of(order_of(number), 422, refusal=refusal, about=about, typed=request.form)
    if afterwards:
        afterwards()
    current_app.extensions["wake_worker"]()
    return _shown(number, said)


def _has_moved_on(order: Order) -> bool:
    seen = request.form.get("seen", None, int)
    last = order.events.order_by(OrderEvent.id.desc()).first()
    return seen is not None and last is not None and last.id != seen


def _shown(number: int, said: str):
    if wants_part():
        return page_of(order_of(number), said=said)
    session.keep("said", said)
    return go(f"/desk/orders/{number}")


def quantities() -> dict[int, int] | None:
    """How many of which lines a form says, in fields such as `line-7`; None where it has none."""
    given = {name: text.strip() for name, text in request.form.items() if name[:5] == "line-"}
    if not given:
        return None
    chosen = {}
    for name, text in given.items():
        if not _is_number(name[5:], 9):
            raise Refused(NO_LINE)
        if text and not _is_number(text, 6):
            raise Refused(**{name: WHOLE})
        if text and int(text):
            chosen[int(name[5:])] = int(text)
    if not chosen:
        raise Refused(HOW_MANY)
    return chosen


def _is_number(text: str, longest: int) -> bool:
    """Whether it is a number of so many digits at most; no database takes any number."""
    return text.isascii() and text.isdigit() and len(text) <= longest


@desk.post(f"{ONE}/packing")
@roles("fulfilment")
@noted_as("packed")
def pack_order(number: int):
    def pack(order: Order, role: str) -> str:
        order.pack(quantities(), now(), role)
        return "It is packed, and the customer is told."

    return carry_out(number, "packed", pack, about="packing")


@desk.post(f"{ONE}/unpacking")
@roles("fulfilment")
@noted_as("changed")
def unpack_order(number: int):
    def unpack(order: Order, role: str) -> str:
        order.unpack(now(), role)
        return "It is back on the shelf, and the customer is told nothing."

    return carry_out(number, "changed", unpack, about="unpacking")


@desk.post(f"{ONE}/parcels")
@roles("fulfilment")
@noted_as("shipped")
@collects("orders")
def ship_order(number: int):
    def ship(order: Order, role: str) -> str:
        carrier, tracking = (request.form.get(name, "") for name in ("carrier", "tracking"))
        order.ship(quantities(), now(), carrier=carrier, tracking=tracking, role=role)
        return "It is on its way, and the customer is told."

    return carry_out(number, "shipped", ship, about="parcels")


@desk.post(f"{ONE}/parcels/<{NUMBER}:parcel>/delivery")
@roles("fulfilment")
@noted_as("delivered")
def deliver_parcel(number: int, parcel: int):
    found = Parcel.get_or_none(Parcel.id == parcel, Parcel.order == number)

    def deliver(_order: Order, role: str) -> str:
        found.deliver(now(), role)
        return "The parcel has arrived, and the customer is told."

    if found is None:
        abort(404, "This order has no such parcel.")
    return carry_out(number, "delivered", deliver, about=f"parcel-{parcel}")


@desk.post(f"{ONE}/mails/<{NUMBER}:mail>/sending")
@roles("fulfilment")
@noted_as("resent")
def send_mail_again(number: int, mail: int):
    found = OutgoingMail.get_or_none(OutgoingMail.id == mail, OutgoingMail.order == number)

    def send(_order: Order, _role: str) -> str:
        found.send_again(now())
        return "The mail is on its way again."

    if found is None:
        abort(404, "This mail is gone: it was erased, or it was past its period.")
    return carry_out(number, "resent", send, about=f"mail-{mail}", of=found)
