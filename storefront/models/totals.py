"""Who orders, and what it comes to: what a checkout knows before there is an order."""

from dataclasses import dataclass

from storefront.models.cart import Cart
from storefront.models.discount import SHIPPING, Discount
from storefront.models.shipping import ShippingRate
from storefront.models.tax import TaxRate
from storefront.money import Money, shares
from storefront.refusals import Refused

NO_WAY = "What is in your cart cannot be sent this way any more. Please choose another one."


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
class Share:
    """What falls on one line of the discount, of the tax added, and of the tax included."""

    discount_minor: int
    tax_minor: int
    tax_included_minor: int


@dataclass(frozen=True)
class Totals:
    """What an order costs: lines, less the discount, with sending and tax, all together.

    `tax` is added to the prices, `tax_included` is part of them; one of them is nothing. `shares`
    has one for each line of the cart, in its order. The discount's sum exactly; those of tax do
    where sending is not taxed, and else leave what falls on sending.
    """

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    tax_included: Money
    tax_name: str
    discount_code: str
    shares: tuple[Share, ...]
    tax_by_region: bool

    @property
    def total(self) -> Money:
        """What is charged."""
        return self.subtotal + self.discount * -1 + self.shipping + self.tax

    @property
    def columns(self) -> dict[str, int | str]:
        """The same as an order keeps it: its currency, names, and amounts in minor units."""
        parts = ("subtotal", "discount", "shipping", "tax", "tax_included", "total")
        amounts = {f"{part}_minor": getattr(self, part).minor for part in parts}
        names = {name: getattr(self, name) for name in ("tax_name", "discount_code")}
        return amounts | names | {"currency": self.subtotal.currency}

    @classmethod
    def of(
        cls,
        cart: Cart,
        rate: ShippingRate | None,
        country: str,
        region: str = "",
        discount: Discount | None = None,
    ) -> "Totals":
        """The totals of a cart sent to `country` by `rate`, with the code; one query, of the tax.

        Raises `Refused` where the cart cannot go that way.
        """
        off = discount.taken_off(cart) if discount else [0] * len(cart.lines)
        sending = _sending(cart, rate, discount)
        tax = TaxRate.for_place(country, region)
        taxed = [
            line.total.minor - less if line.variant.taxable else 0
            for line, less in zip(cart.lines, off, strict=True)
        ]
        taxed.append(sending.minor if tax.on_shipping else 0)
        sum_taxed = Money(sum(taxed), cart.currency)
        added, included = tax.on(sum_taxed), tax.within(sum_taxed)
        parts = zip(off, shares(added.minor, taxed), shares(included.minor, taxed), strict=False)
        return cls(
            subtotal=cart.subtotal,
            discount=Money(sum(off), cart.currency),
            shipping=sending,
            tax=added,
            tax_included=included,
            tax_name=tax.words,
            discount_code=discount.code if discount else "",
            shares=tuple(Share(*part) for part in parts),
            tax_by_region=tax.regional,
        )


def _sending(cart: Cart, rate: ShippingRate | None, discount: Discount | None) -> Money:
    price = rate.price_of(cart) if rate else Money(0, cart.currency)
    if price is None:
        raise Refused(NO_WAY)
    return Money(0, cart.currency) if discount and discount.kind == SHIPPING else price


def amount(column: str, words: str) -> property:
    """A record's column of minor units, read as money of the record's currency."""
    return property(lambda self: Money(getattr(self, column), self.currency), doc=words)
