"""What of an order is not to be sent after all, and what money is to be given back."""

from flask import current_app, request

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.guard import roles
from storefront.blueprints.desk.log import noted_as
from storefront.blueprints.desk.orders_one import NO_LINE, ONE, carry_out, quantities
from storefront.models import DeskInstruction, Order, OrderLine
from storefront.models.refunding import call_off_and_give_back, give_back
from storefront.money import Money, decimals
from storefront.pages import now
from storefront.refusals import Refused

NO_SUM = "Write a sum in {}, such as {}: digits, with a point where there is need of one."


@desk.post(f"{ONE}/cancellation")
@roles("fulfilment")
@noted_as("cancelled")
def call_order_off(number: int):
    """Which of the two it is, the form says: nobody who meant to cancel what is not charged calls
    off, and gives back, what was charged a moment ago."""
    lines = "everything" in request.form or any(name[:5] == "line-" for name in request.form)
    verb = _call_off if lines else _cancel
    return carry_out(number, "cancelled", verb, about="cancellation", afterwards=_hear)


def _hear() -> None:
    """Send the desk what it is to do, and hear what it has said."""
    current_app.extensions["payments"].hear_all(now())


def _cancel(order: Order, role: str) -> str:
    DeskInstruction.cancel(order, _signing(order), now(), role)
    return "It is cancelled as soon as it is certain that nothing was charged."


def _call_off(order: Order, role: str) -> str:
    chosen = None if "everything" in request.form else quantities()
    restock = "restock" in request.form
    if "refund" not in request.form:
        order.call_off(chosen, now(), role, restock=restock)
        return "It is called off, and the customer is told."
    how = {"restock": restock, "sign": _signing(order), "at": now(), "role": role}
    given = call_off_and_give_back(order, chosen, **how)
    return f"It is called off, and {_is_asked(given)}" if given else "It is called off."


def _is_asked(given: Money) -> str:
    return f"{given} is to be given back. The customer is told when it has been."


def _signing(order: Order):
    return current_app.extensions["payments"].signing(order)


@desk.post(f"{ONE}/refunds")
@roles("fulfilment")
@noted_as("refunded")
def refund_order(number: int):
    return carry_out(number, "refunded", _refund, about="refunds", afterwards=_hear)


def _refund(order: Order, role: str) -> str:
    """Of a line or of the whole; no sum is all that is left of it."""
    line, wanted = _line_of(order), _sum(order.currency)
    asked = request.form.get("asked", -1, int)
    how = {"asked": asked, "sign": _signing(order), "at": now(), "role": role}
    return _is_asked(give_back(order, wanted, line, **how))


def _line_of(order: Order) -> OrderLine | None:
    if not (wanted := request.form.get("line", "")):
        return None
    found = [line for line in order.in_order() if str(line.id) == wanted]
    if not found:
        raise Refused(line=NO_LINE)
    return found[0]


def _sum(currency: str) -> int:
    """In minor units; 0 where the field was left empty."""
    if not (text := request.form.get("sum", "").strip()):
        return 0
    # What reads catalogues is not loaded to serve; see `sparing`.
    from storefront.exchange.amounts import LARGEST_SUM, minor_units
    from storefront.exchange.catalogue import BadCatalogue

    places = decimals(currency)
    try:
        minor = minor_units(text, places, 0, "The sum", LARGEST_SUM)
    except BadCatalogue:
        minor = 0
    if not minor:
        raise Refused(sum=NO_SUM.format(currency, f"{12:.{places}f}"))
    return minor
