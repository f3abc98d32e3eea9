"""The checkout: one page, one form, one valid POST places the order."""

import hashlib
import json
import logging
import secrets

from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, current_app, request, url_for
from wtforms import HiddenField, SelectField, StringField, ValidationError
from wtforms.validators import Length

from storefront import address
from storefront.cookies import read_cart, write_cart
from storefront.door import limiter
from storefront.forms import CountrySelect, Form
from storefront.models import Order, PolicyVersion, ShippingRate
from storefront.models.cart import Cart
from storefront.models.totals import Customer, Totals
from storefront.money import Money
from storefront.pages import go, keep_from_caches, now, show
from storefront.payment import GRACE, OFFER_VALID, Unavailable
from storefront.personal import personal
from storefront.refusals import Refused

blueprint = Blueprint("checkout", __name__)
log = logging.getLogger(__name__)

DELIVERY = {"clause": "orders", "why": "to deliver your order", "basis": "contract"}


def asked(label: str, token: str, longest: int = 120, **render) -> StringField:
    """A line of text, named after its autocomplete token (HTML standard)."""
    return StringField(
        label,
        name=token,
        filters=[lambda text: " ".join((text or "").split())],
        validators=[Length(max=longest, message=f"Please keep this to {longest} characters.")],
        render_kw={"autocomplete": token, "maxlength": longest} | render,
    )


class CheckoutForm(Form):
    """What an order needs to know. The address is checked by the rules of its country."""

    email = personal(
        asked("E-mail address", "email", 254, type="email", inputmode="email"),
        clause="orders",
        why="to tell you the status of your order",
        basis="contract",
    )
    country = personal(
        SelectField(
            "Country",
            render_kw={"autocomplete": "country"},
            choices=list,
            validate_choice=False,
            widget=CountrySelect(),
        ),
        **DELIVERY,
    )
    name = personal(asked("Full name", "name"), **DELIVERY)
    line1 = personal(asked("Street address", "address-line1"), **DELIVERY)
    line2 = personal(asked("Apartment, floor, company (optional)", "address-line2"), **DELIVERY)
    city = personal(asked("City", "address-level2"), **DELIVERY)
    region = personal(asked("State", "address-level1"), **DELIVERY)
    postal_code = personal(asked("Postal code", "postal-code", 20), **DELIVERY)
    shipping = SelectField("Delivery", choices=list, validate_choice=False)
    total_seen = HiddenField(name="total")
    policy_seen = HiddenField(name="policy")
    placement = HiddenField()

    impersonal = ("shipping", "total_seen", "policy_seen", "placement")

    def validate_email(self, field) -> None:
        if not field.data:
            raise ValidationError("Please give your e-mail address: we send the order there.")
        try:
            known = validate_email(
                field.data,
                check_deliverability=False,
                allow_smtputf8=False,
                test_environment=True,  # shop.test is as good an address as any
            )
            if "=?" in known.ascii_email:  # would be read as an encoded word in a mail's header
                raise EmailNotValidError("It holds =?, which mail servers misread.")
            field.data = known.ascii_email
        except EmailNotValidError as trouble:
            raise ValidationError(f"We cannot write to this address. {trouble}") from trouble

    def validate_country(self, field) -> None:
        if field.data not in address.countries():
            raise ValidationError("Please choose a country from the list.")

    def validate_name(self, field) -> None:
        if not field.data:
            raise ValidationError("Please give the name for the parcel.")

    def look_over(self, extra_validators=None) -> bool:
        """All fields, then the address as a whole, so that every problem is told at once."""
        good = super().look_over(extra_validators)
        parts = {part: self[part].data or "" for part in address.PARTS}
        right, wrong = address.checked(self.rules.country, parts)
        for part, sentence in wrong.items():
            self[part].errors = [*self[part].errors, sentence]
        for part, value in right.items():
            self[part].data = value
        return good and not wrong

    @property
    def rules(self) -> address.AddressRules:
        """The address rules of the chosen country, or of the shop's own."""
        country = self.country.data
        known = country in address.countries()
        return address.rules_for(country if known else _home_country())

    def customer(self) -> Customer:
        """Who orders; after `validate`."""
        wanted = Customer.__dataclass_fields__
        return Customer(**{name: self[name].data or "" for name in wanted})


def _home_country() -> str:
    return current_app.extensions["settings"].shop["country"]


@blueprint.after_request
def keep_private(response):
    return keep_from_caches(response)


@blueprint.get("/checkout")
def page():
    form = CheckoutForm(formdata=None, country=_home_country())
    form.placement.data = secrets.token_urlsafe(16)
    return _page(form)


@blueprint.post("/checkout/address")
def address_parts():
    """The same page with the address fields of the chosen country; nothing is kept or sent."""
    form = CheckoutForm()
    for part in ("city", "region", "postal_code"):
        # What another country's address had stays in the form, unseen, for who comes back to it.
        form[part].data = form[part].data or request.form.get(f"kept-{form[part].name}", "")
    return _page(form, part="address")


@blueprint.post("/checkout")
@limiter.limit("30 per minute")
def place():
    form, cart = CheckoutForm(), read_cart()
    placement = _placement(form)
    known = Order.get_or_none(Order.placement == placement)
    if known and _same_as(known, form, cart):
        return _on_to(known)
    if known:
        form.placement.data = None
        return _page(form, 422, Refused(SENT_BEFORE.format(number=known.number)), known)
    try:
        order = _place(form, cart, placement)
    except Refused as refusal:
        return _page(form, 422, refusal)
    current_app.extensions["wake_worker"]()
    return _on_to(order)


SENT_BEFORE = (
    "This form was sent before, and became order {number} as it stood then. Nothing was changed. "
    "To change that order, please write to us; to order once more as it stands now, send it again."
)


def _same_as(order: Order, form: CheckoutForm, cart: Cart) -> bool:
    """Whether a form that comes again says what it said; its cart may have been emptied since."""
    form.look_over()
    given = vars(form.customer()) | {"email": (form.email.data or "").lower()}
    if any(getattr(order, name) != value for name, value in given.items()):
        return False
    lines = {line.variant_id: line.quantity for line in order.lines}
    return not cart.quantities or cart.quantities == lines


def _place(form: CheckoutForm, cart: Cart, placement: str) -> Order:
    valid, rate = form.validate(), _rate(form)
    if rate is None:
        raise Refused("We do not send to this country yet.")
    changed = _changed_total(form, Totals.of(cart, rate, form.country.data).total)
    if not valid:
        raise Refused(f"{_count_of(form.errors)} before we can send your order. {changed}".strip())
    if changed:
        raise Refused(f"{changed} If that is all right, place the order again.")
    if cart.gone:
        raise Refused("Something in your cart is no longer sold. Please look over what is left.")
    moment = now()
    policy = PolicyVersion.in_force(moment)
    if form.policy_seen.data not in (None, "", str(policy.number)):
        raise Refused(POLICY_CHANGED.format(number=policy.number))
    return Order.place(
        cart,
        form.customer(),
        rate,
        policy,
        placement=placement,
        hold_until=moment + OFFER_VALID + GRACE,
        at=moment,
    )


POLICY_CHANGED = (
    "Our privacy page has changed since you came here: version {number} is in force now. "
    "Have a look at it below; if that is all right, place the order again."
)


def _count_of(errors: dict) -> str:
    if len(errors) == 1:
        return "One thing needs another look"
    return f"{len(errors)} things need another look"


def _changed_total(form: CheckoutForm, total: Money) -> str:
    """A sentence when the total is not the one that was shown, else ""."""
    seen = form.total_seen.data or ""
    if not seen or seen == f"{total.minor}{total.currency}":
        return ""
    return f"A price has changed since you came here: the total is {total} now."


def _placement(form: CheckoutForm) -> str:
    """What names this attempt to buy, so that it counts once however often it is sent.

    The form brings a random name; where it is missing, cart and form together stand for it.
    """
    token = (form.placement.data or "")[:64]
    if not token:
        cookie = sorted(request.cookies.items())
        token = json.dumps([cookie, sorted(request.form.items(multi=True))])
    return hashlib.sha256(token.encode()).hexdigest()


def _rate(form: CheckoutForm) -> ShippingRate | None:
    rates = ShippingRate.for_country(form.country.data or _home_country())
    chosen = next((rate for rate in rates if str(rate.id) == form.shipping.data), None)
    return chosen or next(iter(rates), None)


def _page(form, status=200, refusal: Refused | None = None, sent: Order | None = None, part="form"):
    """The page, or its `part`: the whole form, or what depends on the country."""
    cart = read_cart()
    rate = _rate(form)
    totals = Totals.of(cart, rate, form.country.data or _home_country())
    form.total_seen.data = f"{totals.total.minor}{totals.total.currency}"
    form.placement.data = form.placement.data or secrets.token_urlsafe(16)
    policy = PolicyVersion.in_force(now())
    form.policy_seen.data = policy and str(policy.number)
    response = show(
        "checkout/page.html",
        f"checkout/_{part}.html",
        status=status,
        address_alone=part == "address",
        gone=cart.gone,
        form=form,
        rules=form.rules,
        rates=ShippingRate.for_country(form.country.data or _home_country()),
        rate=rate,
        totals=totals,
        policy=policy,
        closed=form.closed,
        refusal=refusal,
        sent=sent and url_for("orders.page", link=_link(sent)),
    )
    return write_cart(response, cart.without_gone()) if cart.gone else response


def _link(order: Order) -> str:
    return current_app.extensions["order_links"].write(order.number)


def _on_to(order: Order):
    """To the payment page; to the order where there is nothing to pay or no card can be taken."""
    link = _link(order)
    way = url_for("orders.page", link=link)
    if order.unpaid:
        try:
            way = current_app.extensions["payments"].begin(order, link, now())
        except (Refused, Unavailable):
            log.warning("order %s is placed and cannot be paid at once", order.number)
    return write_cart(go(way), Cart({}, order.currency))
