"""What a shopper means to buy: variants and quantities, priced from the database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from storefront.models.price import PriceChange
from storefront.models.product import MOST_OF_ONE, Product, Variant
from storefront.money import Money
from storefront.prepared import Prepared, records
from storefront.refusals import Refused

MOST_LINES = 40


@dataclass(frozen=True)
class CartLine:
    """So many of one variant, at today's price; `row` is all that its part of a page shows."""

    variant: Variant = field(compare=False)
    row: tuple
    quantity: int

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.variant.price * self.quantity

    @property
    def short(self) -> bool:
        """Whether there is less in stock than is wanted."""
        return self.quantity > self.variant.most


class Cart:
    """The lines of one cart; `quantities` maps variant ids to whole numbers from 1 up.

    Variants that the shop no longer sells are left out and counted in `gone`.
    """

    def __init__(
        self, quantities: dict[int, int], currency: str, since: datetime | None = None
    ) -> None:
        self.quantities = dict(quantities)
        self.currency = currency
        self.since = since  # when it was begun, or last changed where its prices are seen

    @cached_property
    def lines(self) -> list[CartLine]:
        """Lines in the order things were added; one query."""
        if not self.quantities:
            return []
        sold = _sellable(list(self.quantities))
        return [CartLine(*sold[v], n) for v, n in self.quantities.items() if v in sold]

    @cached_property
    def was(self) -> dict[int, Money]:
        """What variants cost when it was filled, by id, where that was another price; one query.

        A price that was set within the second in which it was filled counts as the one then.
        """
        if not (self.since and self.lines):
            return {}
        priced = {line.variant.id: line.variant.price for line in self.lines}
        before = PriceChange.before(priced, self.since + timedelta(seconds=1))
        then = {number: Money(minor, self.currency) for number, minor in before.items()}
        return {number: price for number, price in then.items() if price != priced[number]}

    @property
    def gone(self) -> int:
        """How many lines name something that is no longer sold."""
        return len(self.quantities) - len(self.lines)

    @property
    def count(self) -> int:
        """How many things are in it, from the cookie alone."""
        return sum(self.quantities.values())

    @property
    def subtotal(self) -> Money:
        """What the lines cost together."""
        return sum((line.total for line in self.lines), Money(0, self.currency))

    @property
    def needs_shipping(self) -> bool:
        """Whether anything in it has to be sent."""
        return any(line.variant.needs_shipping for line in self.lines)

    @property
    def grams(self) -> int:
        """What those things weigh together that have to be sent."""
        sent = (line for line in self.lines if line.variant.needs_shipping)
        return sum(line.variant.grams * line.quantity for line in sent)

    def with_more(self, variant: Variant, quantity: int) -> "Cart":
        """A cart with `quantity` more of the variant; raises `Refused` when that is too many."""
        held = self.quantities.get(variant.id, 0)
        if not held and len(self.quantities) >= MOST_LINES:
            raise Refused(quantity=f"A cart holds at most {MOST_LINES} different things.")
        more = self.with_exactly(variant, held + quantity, held)
        more.since = self.since  # its other prices were not seen by this
        return more

    def with_exactly(self, variant: Variant, quantity: int, held: int = 0) -> "Cart":
        """A cart with `quantity` of the variant, none left out; 0 removes it."""
        if quantity > variant.most:
            raise Refused(quantity=_too_many(variant, held))
        quantities = self.quantities | {variant.id: quantity}
        return Cart({v: n for v, n in quantities.items() if n}, self.currency)

    def without(self, variant_id: int) -> "Cart":
        """A cart without that variant."""
        return Cart({v: n for v, n in self.quantities.items() if v != variant_id}, self.currency)

    def without_gone(self) -> "Cart":
        """A cart without the things that are no longer sold."""
        left = {line.variant.id: line.quantity for line in self.lines}
        cart = Cart(left, self.currency, self.since)
        cart.lines = self.lines
        return cart


# What lines, and the orders that are made of them, tell of a product.
OF_PRODUCT = (Product.id, Product.handle, Product.title, Product.options, Product.colour)
OF_VARIANT = [f for f in Variant._meta.sorted_fields if f.name not in ("extra", "low_at")]

_SELLABLE = Prepared(
    lambda ids: (
        Variant.select(*OF_VARIANT, *OF_PRODUCT)
        .join(Product)
        .where(Variant.id.in_(ids), Product.kind == "sold", Product.published)
        .where(Product.status.in_(("active", "unlisted")))
    )
)


def _sellable(ids: list[int]) -> dict[int, tuple[Variant, tuple]]:
    """By id, the variants that are sold, and the rows they were read from; one query."""
    rows, width = _SELLABLE.rows(ids), len(OF_VARIANT)
    variants = records(Variant, [row[:width] for row in rows], OF_VARIANT)
    products = records(Product, [row[width:] for row in rows], OF_PRODUCT)
    for variant, product in zip(variants, products, strict=True):
        variant.product = product
    return {variant.id: (variant, row) for variant, row in zip(variants, rows, strict=True)}


def _too_many(variant: Variant, held: int) -> str:
    if variant.left is None or variant.left > MOST_OF_ONE:
        return f"One order holds at most {MOST_OF_ONE} of one thing; write to us for more."
    if variant.left == 0:
        return "This one is sold out."
    are = "is" if variant.left == 1 else "are"
    have = f", and your cart already holds {held}" if held else ""
    return f"Only {variant.left} {are} left{have}."
