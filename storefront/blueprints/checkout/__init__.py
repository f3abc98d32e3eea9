"""The checkout: one page, one form, one valid POST places the order."""

import hashlib
import json
import logging
import secrets
from contextlib import suppress

from flask import Blueprint, current_app, request, url_for

from storefront.blueprints.checkout.bill import Bill, bill_of
from storefront.blueprints.checkout.form import CheckoutForm
from storefront.cookies import customers_visit, read_cart, write_cart
from storefront.counts import counts, took
from storefront.door import limiter
from storefront.erasures import Erasures
from storefront.forms import home_country
from storefront.models import Account, Insider, Order, PolicyVersion, SavedAddress
from storefront.models.account import PARTS
from storefront.models.cart import Cart
from storefront.models.consent import NOW
from storefront.models.discount import written
from storefront.money import Money
from storefront.pages import go, keep_from_caches, now, show
from storefront.payment import GRACE, OFFER_VALID, Unavailable
from storefront.refusals import Refused

blueprint = Blueprint("checkout", __name__)
log = logging.getLogger(__name__)


@blueprint.after_request
def keep_private(response):
    return keep_from_caches(response)


@blueprint.get("/checkout")
def page():
    customer = Account.of_visit(customers_visit(), now())
    book = customer.book() if customer else []
    form = CheckoutForm(formdata=None, **_known(customer, book))
    form.book = book
    form.placement.data = secrets.token_urlsafe(16)
    if read_cart().quantities:
        counts(step="checkout")
    return _page(form)


def _known(customer: Account | None, book: list[SavedAddress]) -> dict:
    """What a customer's own book fills in: the address they chose, or the one they use first."""
    wanted = request.args.get("address", "")
    chosen = [saved for saved in book if str(saved.id) == wanted] or book
    parts = {name: getattr(chosen[0], name) for name in PARTS} if chosen else {}
    return {"country": home_country(), "email": customer.email if customer else None} | parts


@blueprint.post("/checkout/address")
def address_parts():
    """The same page with the address fields of the chosen country; nothing is kept or sent."""
    form = CheckoutForm()
    form.take_kept(request.form)
    return _page(form, part="address")


@blueprint.post("/checkout/totals")
def sums():
    """The same page with what it comes to, as the form is filled in; nothing is kept or sent."""
    form = CheckoutForm()
    form.take_kept(request.form)
    return _page(form, part="totals")


@blueprint.post("/checkout/discount/removal")
def order_without_code():
    """The same page without a discount code."""
    form = CheckoutForm()
    form.take_kept(request.form)
    form.code.data = ""
    return _page(form, part="totals")


@blueprint.post("/checkout")
@limiter.limit("30 per minute")
def place():
    form, cart = CheckoutForm(), read_cart()
    if "by" in request.form and written(form.code.data or "") != (form.code_seen.data or ""):
        return _look_at_code(form)
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
    _sign_up(form)
    took("order")
    current_app.extensions["wake_worker"]()
    return _on_to(order)


def _sign_up(form: CheckoutForm) -> None:
    """Who ticked the box is asked by mail. The order stands, whatever becomes of that."""
    if not form.insider.data or form.closed_to_insiders:
        return
    at, erasures = now(), Erasures(current_app.extensions["settings"])
    with suppress(Refused):
        Insider.ask(form.email.data, "checkout", PolicyVersion.in_force(at), erasures.digest, at)


def _look_at_code(form: CheckoutForm):
    """Return was pressed, and a code stands there that no total counts with yet: show what it does.

    HTML has Return press the form's first button, whichever field it is pressed in.
    """
    form.take_kept(request.form)
    form.code.render_kw = form.code.render_kw | {"autofocus": True}
    response = _page(form, part="totals")
    response.headers["HX-Retarget"] = "#totals"
    return response


SENT_BEFORE = (
    "This form was sent before, and became order {number} as it stood then. Nothing was changed. "
    "To change that order, please write to us; to order once more as it stands now, send it again."
)


def _same_as(order: Order, form: CheckoutForm, cart: Cart) -> bool:
    """Whether a form that comes again says what it said; its cart may have been emptied since."""
    form.look_over()
    given = vars(form.customer()) | {"email": (form.email.data or "").lower()}
    given["discount_code"] = written(form.code.data or "")
    if any(getattr(order, name) != value for name, value in given.items()):
        return False
    lines = {line.variant_id: line.quantity for line in order.lines}
    return not cart.quantities or cart.quantities == lines


def _place(form: CheckoutForm, cart: Cart, placement: str) -> Order:
    valid, bill = form.validate(), bill_of(form, cart)
    if bill.unsendable:
        raise Refused(bill.unsendable)
    changed = _changed_total(form, bill.totals.total)
    if not valid or form.errors:
        raise Refused(f"{_count_of(form.errors)} before we can send your order. {changed}".strip())
    if changed:
        raise Refused(f"{changed} If that is all right, place the order again.")
    if cart.gone:
        raise Refused("Something in your cart is no longer sold. Please look over what is left.")
    moment = now()
    policy = PolicyVersion.in_force(moment)
    form.check_policy(policy)
    return Order.place(
        cart,
        form.customer(),
        bill.rate,
        policy,
        placement=placement,
        hold_until=moment + OFFER_VALID + GRACE,
        at=moment,
        discount=bill.discount,
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
    return f"With prices, delivery, tax and code as they stand, the total is {total} now."


def _placement(form: CheckoutForm) -> str:
    """What names this attempt to buy, so that it counts once however often it is sent.

    The form brings a random name; where it is missing, cart and form together stand for it.
    """
    token = (form.placement.data or "")[:64]
    if not token:
        cookie = sorted(request.cookies.items())
        token = json.dumps([cookie, sorted(request.form.items(multi=True))])
    return hashlib.sha256(token.encode()).hexdigest()


def _page(form, status=200, refusal: Refused | None = None, sent: Order | None = None, part="form"):
    """The page, or its `part`: the whole form, or what depends on the country, or the totals."""
    cart = read_cart()
    code_refused = bool(refusal and "code" in refusal.problems)
    bill = bill_of(form, cart, used=code_refused)
    totals = bill.totals
    if code_refused:
        form.code.errors = [refusal.problems["code"]]
    _note_what_is_shown(form, bill)
    policy = PolicyVersion.in_force(now())
    form.show_policy(policy)
    response = show(
        "checkout/page.html",
        f"checkout/_{part}.html",
        status=422 if part == "totals" and form.code.errors else status,
        redrawn=part,
        gone=cart.gone,
        form=form,
        rules=form.rules,
        ways=bill.ways,
        rate=bill.rate,
        unsendable=bill.unsendable,
        totals=totals,
        policy=policy,
        closed=form.closed,
        insider=not form.closed_to_insiders and NOW["checkout"],
        refusal=refusal,
        sent=sent and url_for("orders.page", link=_link(sent)),
    )
    return write_cart(response, cart.without_gone()) if cart.gone else response


# With the region the tax changes: the totals follow, once the next field is being filled in.
FOLLOW = {"hx-post": "/checkout/totals", "hx-trigger": "change delay:600ms"}
FOLLOW |= {"hx-target": "#totals", "hx-swap": "outerMorph", "hx-sync": "this:replace"}


def _note_what_is_shown(form: CheckoutForm, bill: Bill) -> None:
    totals = bill.totals
    form.code_seen.data = bill.discount.code if bill.discount else ""
    form.total_seen.data = f"{totals.total.minor}{totals.total.currency}"
    form.placement.data = form.placement.data or secrets.token_urlsafe(16)
    if totals.tax_by_region:
        form.region.render_kw = form.region.render_kw | FOLLOW


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
