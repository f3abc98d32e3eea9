"""The cart: putting things in, changing how many, taking them out."""

from flask import Blueprint, current_app, request

from storefront import showing, trails
from storefront.cookies import cart_trouble, read_cart, write_cart
from storefront.counts import took
from storefront.drawn import Showing
from storefront.models import Product, Variant
from storefront.models.cart import Cart
from storefront.models.choice import Choice
from storefront.models.display import Display
from storefront.pages import closed, collects, go, require, show, wants_part
from storefront.refusals import Refused

blueprint = Blueprint("cart", __name__)


def whole_number(values: list[str], least: int) -> int:
    """The one whole number that a form's field holds; raises `Refused` in words for the person."""
    if len(values) > 1:
        raise Refused(quantity="The form gave the quantity twice. Please send it once.")
    text = values[0].strip() if values else ""
    if not text:
        raise Refused(quantity="Please say how many you would like.")
    if not (text.isascii() and text.isdigit()):
        raise Refused(quantity="The quantity has to be a whole number, such as 1 or 2.")
    number = int(text[-9:]) if not text[:-9].strip("0") else 10**9
    if number < least:
        raise Refused(quantity=f"The quantity has to be at least {least}.")
    return number


@blueprint.get("/cart")
def page():
    gone, cart = read_cart().gone, read_cart().without_gone()
    lost, shut = "lost" in request.args, closed("cookies")
    facts = {"cart": cart, "refusal": None, "gone": gone, "lost": lost, "closed": shut}
    trail = trails.current()
    facts["walked"] = trails.walked(trail, {line.variant.product_id for line in cart.lines})
    was = (cart.since, *cart.was.items()) if cart.was else ()
    rows = None if trail else (tuple(cart.lines), cart.count, gone, lost, shut, was)
    shown = Showing(rows, lambda: facts)
    response = show("cart/page.html", "cart/_lines.html", shown=shown, cart=cart)
    response = trails.follow(response, trail, trail)
    return write_cart(response, cart) if gone else response


@blueprint.post("/cart/items")
@collects("cookies")
def add():
    display = _display_on_sale(request.form.get("product", ""))
    asked = _asked_once(display.product)
    choice, typed = display.choice(asked), request.form.get("quantity", "1")[:12]
    try:
        quantity = whole_number(request.form.getlist("quantity"), least=1)
        _check_choice(choice, asked)
        cart = read_cart().with_more(choice.variant, quantity)
    except Refused as refusal:
        return _refused(display, asked, typed, refusal)
    took("cart")
    if not wants_part():
        return write_cart(go("/cart?lost=1" if cart_trouble() else "/cart"), cart)
    said = f"Added to your cart: {quantity} × {display.product.title}"
    deaf = closed("waiting")
    shown = showing.choice_of(display, asked, typed, "", added=quantity, deaf=deaf)
    return write_cart(show("", "products/_choice.html", shown=shown, cart=cart, said=said), cart)


def _display_on_sale(handle: str) -> Display:
    display = Display.of(handle)
    if display is None or not display.product.buyable:
        raise Refused("This is no longer sold, so it was not put into your cart.")
    return display


def _asked_once(product: Product) -> tuple[str | None, ...]:
    given = [request.form.getlist(f"option{n + 1}") for n in range(len(product.options))]
    once = (values[0] if len(values) == 1 else None for values in given)
    return tuple(value if value and len(value) <= 200 else None for value in once)


def _check_choice(choice: Choice, asked: tuple[str | None, ...]) -> None:
    for n, (name, value) in enumerate(zip(choice.product.options, asked, strict=True)):
        if all(variant.choice[n] != value for variant in choice.variants):
            raise Refused(**{f"option{n + 1}": f"Please choose: {name}."})
    if choice.variant is None:
        raise Refused("This combination is not made. Please choose another.")


def _refused(display: Display, asked, typed: str, refusal: Refused):
    """The product's page with what was typed in it, and what was wrong."""
    origin = current_app.extensions["settings"].shop_origin
    waiting = {"deaf": closed("waiting")}
    walked = trails.walked(trails.current(), {display.product.id})
    shown = showing.page_of(display, asked, typed, origin, "", refusal, waiting, walked)
    template = ("products/page.html", "products/_choice.html")
    return show(*template, status=422, shown=shown)


@blueprint.post(f"/cart/items/<int(max={2**31 - 1}):variant_id>")
def change(variant_id: int):
    cart = read_cart()
    try:
        changed = _with_quantity(cart, variant_id)
    except Refused as refusal:
        return show(
            "cart/page.html",
            "cart/_lines.html",
            status=422,
            refusal=refusal,
            refused=variant_id,
            typed=request.form.get("quantity", "")[:12],
            gone=cart.gone,
            closed=closed("cookies"),
        )
    if not wants_part():
        return write_cart(go("/cart"), changed)
    said = f"Your cart now holds {changed.count}, {changed.subtotal} together."
    context = {"cart": changed, "refusal": None, "gone": 0, "said": said}
    context["closed"] = closed("cookies")
    if len(changed.quantities) < len(cart.quantities):
        # The button that was pressed has gone with its line: the cart itself takes the focus.
        context |= {"removed": True, "said": said if changed.count else "Your cart is empty now."}
    return write_cart(show("cart/page.html", "cart/_lines.html", **context), changed)


def _with_quantity(cart: Cart, variant_id: int) -> Cart:
    line = next((line for line in cart.lines if line.variant.id == variant_id), None)
    if line and whole_number(request.form.getlist("quantity"), least=0) == 0:
        return cart.without(variant_id)
    if line is None:
        known = Variant.get_or_none(Variant.id == variant_id)
        gone = "is not in your cart any more" if known else "is no longer sold"
        raise Refused(f"This {gone}, so nothing was changed.")
    require("cookies")  # to take out is to keep less, and always allowed
    return cart.with_exactly(line.variant, whole_number(request.form.getlist("quantity"), least=0))
