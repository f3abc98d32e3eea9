"""A page for each product: its choice, its words, and what machines read of it."""

from flask import Blueprint, abort, current_app, redirect, request, url_for

from storefront import showing
from storefront.models import Product, Redirect
from storefront.models.choice import Choice
from storefront.models.display import Display
from storefront.pages import public, show, wants_part

blueprint = Blueprint("products", __name__)


@blueprint.get("/products/<handle>")
@public
def page(handle: str):
    display = Display.of(handle)
    if display is None:
        return _moved(handle)
    asked = tuple(request.args.get(f"option{n + 1}") for n in range(len(display.product.options)))
    typed = request.args.get("quantity", "1")[:12]
    if wants_part():
        said = _stock_words(display.choice(asked))
        shown = showing.choice_of(display, asked, typed)
        return show("products/page.html", "products/_choice.html", shown=shown, said=said)
    origin = current_app.extensions["settings"].shop_origin
    shown = showing.page_of(display, asked, typed, origin)
    tags = [f"product-{one.handle}" for one in (display.product, *display.related)]
    return show("products/page.html", shown=shown, tags=tags)


def _moved(handle: str):
    """On to the product that used to have this handle, or 404."""
    moved = Redirect.select(Redirect, Product).join(Product).where(Redirect.handle == handle)
    found = moved.first()
    if found is None:
        abort(404, "We do not sell this, or no longer. Have a look at what we do sell.")
    return redirect(url_for("products.page", handle=found.product.handle), 301)


def _stock_words(choice: Choice) -> str:
    """Price and stock of the choice, to be announced when it has changed."""
    variant = choice.variant
    if variant is None:
        return "Not made in this combination."
    left = "Sold out." if variant.left == 0 else "In stock."
    return f"{variant.price}. {left}"
