"""What the desk asks to be given back: for a line, for what is called off, or for the whole."""

from datetime import datetime

from storefront.models.fulfilment import Quantities
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.models.statement import DeskInstruction
from storefront.money import Money
from storefront.refusals import Refused

TOO_MUCH = "Of this {left} is left to give back. For more, choose the order as a whole."
MEANWHILE = "Meanwhile somebody else has asked for money back: look what is left, and say it again."


def left_of(line: OrderLine, asked: dict[int | None, int]) -> int:
    """What was paid for a line and not asked back for it yet, in minor units."""
    return max(0, line.paid_minor - asked.get(line.id, 0))


def give_back(
    order: Order, amount_minor: int, line: OrderLine | None, *, asked: int, sign, at, role: str
) -> Money:
    """Ask for so much to be given back; 0 means what is left of the line, or of the order.

    `asked` is how much was asked for, in all, when whoever asks now last looked: raises `Refused`
    where it is another sum by now, so that asking twice is asking once.
    """
    order.lock()
    before = DeskInstruction.asked_back(order)
    if sum(before.values()) != asked:
        raise Refused(MEANWHILE)
    left = DeskInstruction.refundable(order).minor
    left = min(left_of(line, before), left) if line else left
    if line and amount_minor > left:
        raise Refused(sum=TOO_MUCH.format(left=Money(left, order.currency)))
    amount_minor = amount_minor or left
    if not amount_minor:
        raise Refused("There is nothing left of it to give back.")
    DeskInstruction.refund(order, amount_minor, line, sign, at, role)
    return Money(amount_minor, order.currency)


def call_off_and_give_back(
    order: Order, quantities: Quantities, *, restock: bool, sign, at: datetime, role: str
) -> Money:
    """Call lines off and ask for what was paid for them; how much that is.

    Where nothing of the order is left, it is all that was paid, delivery with it.
    """
    chosen = order.call_off(quantities, at, role, restock=restock)
    lines, asked = order.in_order(), DeskInstruction.asked_back(order)
    if not any(line.left for line in lines):
        return _ask(order, DeskInstruction.refundable(order).minor, None, sign, at, role)
    given = Money(0, order.currency)
    for line in lines:
        if count := chosen.get(line.id):
            before = line.cancelled - count + line.returned
            owed = min(line.paid_for(count, before), left_of(line, asked))
            given += _ask(order, owed, line, sign, at, role)
    return given


def _ask(order, minor: int, line: OrderLine | None, sign, at: datetime, role: str) -> Money:
    """As much of it as there is to give back, which may be nothing."""
    minor = min(minor, DeskInstruction.refundable(order).minor)
    if minor > 0:
        DeskInstruction.refund(order, minor, line, sign, at, role)
    return Money(max(0, minor), order.currency)
