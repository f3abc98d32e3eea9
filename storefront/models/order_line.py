"""The lines of an order: what was bought, and what has become of it."""

from peewee import BigIntegerField, DeferredForeignKey, ForeignKeyField, IntegerField, TextField

from storefront.db import Record
from storefront.models.cart import CartLine
from storefront.models.product import Variant
from storefront.models.totals import Share
from storefront.money import Money


class OrderLine(Record):
    """So many of one thing, as it was named and priced when the order was placed.

    Of `quantity` so many were cancelled; of what is left so many were packed, of these so many
    shipped, of these delivered and returned.
    """

    order = DeferredForeignKey("Order", backref="lines", on_delete="CASCADE")
    variant = ForeignKeyField(Variant, backref="order_lines", null=True, on_delete="SET NULL")
    handle = TextField()
    title = TextField()
    choice = TextField(default="")
    sku = TextField(default="")
    quantity = IntegerField()
    price_minor = IntegerField()
    currency = TextField()
    # Its shares of the order's: what was taken off, the tax added, and the tax in the price.
    discount_minor = BigIntegerField(default=0)
    tax_minor = BigIntegerField(default=0)
    tax_included_minor = BigIntegerField(default=0)
    packed = IntegerField(default=0)
    shipped = IntegerField(default=0)
    delivered = IntegerField(default=0)
    cancelled = IntegerField(default=0)
    returned = IntegerField(default=0)

    impersonal = ("handle", "title", "choice", "sku", "currency")

    class Meta:
        # The desk looks through titles and SKUs: here they stand close together.
        indexes = ((("title", "sku", "order"), False),)

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return Money(self.price_minor * self.quantity, self.currency)

    @property
    def left(self) -> int:
        """How many of it are to be had: those that were not cancelled."""
        return self.quantity - self.cancelled

    @property
    def to_pack(self) -> int:
        """How many are still on the shelf."""
        return self.left - self.packed

    @property
    def to_ship(self) -> int:
        """How many are still in the house."""
        return self.left - self.shipped

    @property
    def kept(self) -> int:
        """How many the customer was sent and has not sent back."""
        return self.shipped - self.returned

    @property
    def states(self) -> "list[tuple[str, int]]":
        """What has become of it, as words and how many: [("packed", 1), ("shipped", 2)]."""
        counts = (
            ("cancelled", self.cancelled),
            ("to pack", self.to_pack),
            ("packed", self.packed - self.shipped),
            ("on its way", self.shipped - self.delivered),
            ("delivered", self.delivered - self.returned),
            ("returned", self.returned),
        )
        return [(word, count) for word, count in counts if count > 0]

    @property
    def paid_minor(self) -> int:
        """What was paid for it, in minor units: less its discount, with the tax added to it."""
        return self.total.minor - self.discount_minor + self.tax_minor

    def paid_for(self, count: int, before: int = 0) -> int:
        """What was paid for so many of it, in minor units, after so many `before` them.

        What does not divide evenly falls on the later ones; one by one they add up to the line.
        """
        end = self.paid_minor * (before + count) // self.quantity
        return end - self.paid_minor * before // self.quantity

    @classmethod
    def of(cls, line: CartLine, share: Share) -> "OrderLine":
        """A line of the cart as it is now, and what falls on it; the caller adds it to an order."""
        return cls(
            variant=line.variant,
            handle=line.variant.product.handle,
            title=line.variant.product.title,
            choice=line.variant.name,
            sku=line.variant.sku,
            quantity=line.quantity,
            price_minor=line.variant.price_minor,
            currency=line.variant.currency,
            **vars(share),
        )
