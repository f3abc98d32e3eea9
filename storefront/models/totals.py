"""Who orders, and what it comes to: what a checkout knows before there is an order."""

from dataclasses import dataclass

from storefront.models.cart import Cart
from storefront.models.shipping import ShippingRate, TaxRate
from storefront.money import Money


@dataclass(frozen=True)
class Customer:
    """Who orders and where it goes, as checked by the checkout form; `country` is ISO alpha-2."""

    email: str
    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str

    @property
    def columns(self) -> dict[str, str]:
        """The same as an order keeps it; addresses of mail are compared in lower case."""
        return vars(self) | {"email": self.email.strip().lower()}


@dataclass(frozen=True)
class Totals:
    """What an order costs: lines, sending, tax, all together."""

    subtotal: Money
    shipping: Money
    tax: Money

    @property
    def total(self) -> Money:
        """What is charged."""
        return self.subtotal + self.shipping + self.tax

    @property
    def columns(self) -> dict[str, int | str]:
        """The same as an order keeps it: its currency, and amounts in minor units."""
        parts = ("subtotal", "shipping", "tax", "total")
        amounts = {f"{part}_minor": getattr(self, part).minor for part in parts}
        return amounts | {"currency": self.subtotal.currency}

    @classmethod
    def of(cls, cart: Cart, rate: ShippingRate | None, country: str) -> "Totals":
        """The totals of a cart sent to `country` by `rate`."""
        subtotal, nothing = cart.subtotal, Money(0, cart.currency)
        taxable = sum((x.total for x in cart.lines if x.variant.taxable), nothing)
        tax = TaxRate.for_country(country)
        return cls(subtotal, rate.price if rate else nothing, tax.on(taxable) if tax else nothing)


def amount(column: str, words: str) -> property:
    """A record's column of minor units, read as money of the record's currency."""
    return property(lambda self: Money(getattr(self, column), self.currency), doc=words)
