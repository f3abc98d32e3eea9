"""What an order would come to, as the checkout's form is filled in."""

from dataclasses import dataclass

from storefront.address import region_code
from storefront.blueprints.checkout.form import CheckoutForm
from storefront.door import guess
from storefront.forms import home_country
from storefront.models import Discount, DiscountUse, ShippingRate
from storefront.models.cart import Cart
from storefront.models.discount import UNKNOWN
from storefront.models.totals import Totals
from storefront.money import Money
from storefront.pages import now
from storefront.refusals import Refused


@dataclass(frozen=True)
class Bill:
    """What an order would come to as the form is filled in; `unsendable` says why it cannot go."""

    ways: list[tuple[ShippingRate, Money]]
    rate: ShippingRate | None
    discount: Discount | None
    totals: Totals
    unsendable: str


def bill_of(form: CheckoutForm, cart: Cart, used: bool = False) -> Bill:
    """Of all that a client sends, this reads where things go, which way, and the code.

    `used` has it look whether the address has used the code, which is for who places an order:
    anybody could ask it of anybody's address otherwise.
    """
    country = form.country.data or home_country()
    ways = ShippingRate.ways(country, cart) if cart.needs_shipping else []
    chosen = next((rate for rate, _ in ways if str(rate.id) == form.shipping.data), None)
    rate = chosen or next((rate for rate, _ in ways), None)
    discount = _discount(form, cart, used)
    region = region_code(country, form.region.data or "")
    totals = Totals.of(cart, rate, country, region, discount)
    lost = cart.needs_shipping and not ways
    return Bill(ways, rate, discount, totals, _why_unsendable(country) if lost else "")


def _why_unsendable(country: str) -> str:
    if not ShippingRate.for_country(country):
        return "We do not send to this country yet."
    return "This is more than we can send there at once. Please order less, or write to us."


def _discount(form: CheckoutForm, cart: Cart, used: bool) -> Discount | None:
    """The discount whose code is in the form; None, with a sentence at the field, if it is not."""
    if not form.code.data or not cart.lines:
        return None
    try:
        return _wanted(form.code.data, cart, (form.email.data or "") if used else "")
    except Refused as refusal:
        form.code.errors = [refusal.sentence]
        return None


def _wanted(code: str, cart: Cart, email: str) -> Discount:
    with guess("discount codes", "20 per hour") as missed:
        found = Discount.named(code)
        if found is None:
            missed()
            raise Refused(code=UNKNOWN)
    found.check(now())
    found.check_cart(cart)
    DiscountUse.check(found, email)
    return found
