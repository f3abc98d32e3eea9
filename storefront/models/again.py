"""An order once more: what of it can be had today, at today's prices."""

from collections.abc import Iterable
from dataclasses import dataclass

from storefront.models.cart import MOST_LINES, Cart, CartLine
from storefront.models.order import OrderLine
from storefront.money import Money
from storefront.refusals import Refused


@dataclass(frozen=True)
class Again:
    """A line of an earlier order, and what can be had of it now: None if it is sold no longer."""

    line: OrderLine
    now: CartLine | None

    @property
    def quantity(self) -> int:
        """As many as were ordered, or as there are."""
        return min(self.line.quantity, max(self.now.variant.most, 0)) if self.now else 0

    @property
    def total(self) -> Money | None:
        """What that many cost today."""
        return self.now.variant.price * self.quantity if self.now else None

    @property
    def trouble(self) -> str:
        """A sentence where it is not what was ordered, else ""."""
        if self.now is None:
            return "No longer sold."
        if self.quantity == 0:
            return "Sold out."
        return f"Only {self.quantity} left." if self.quantity < self.line.quantity else ""


def again(lines: Iterable[OrderLine], currency: str) -> list[Again]:
    """What of these lines can be had today; one query."""
    lines = list(lines)
    wanted = {line.variant_id: line.quantity for line in lines if line.variant_id}
    sold = {line.variant.id: line for line in Cart(wanted, currency).lines}
    return [Again(line, sold.get(line.variant_id)) for line in lines]


def into_cart(found: Iterable[Again], cart: Cart) -> Cart:
    """The cart with as many of each as can be had, or as it holds already: pressed twice is once.

    Raises `Refused` where nothing is to be had, or the cart would hold too many different things.
    """
    more = {one.now.variant.id: one.quantity for one in found if one.quantity}
    if not more:
        raise Refused("None of this can be had at the moment, so nothing was put into your cart.")
    held = cart.quantities
    together = held | {number: max(many, held.get(number, 0)) for number, many in more.items()}
    if len(together) > MOST_LINES:
        raise Refused(
            f"A cart holds at most {MOST_LINES} different things. Empty it a little first."
        )
    return Cart(together, cart.currency)
