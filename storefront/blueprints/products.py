"""A page for each product: its choice, its words, and what machines read of it."""

from flask import Blueprint, abort, current_app, redirect, request, url_for

from storefront.models import Product, Redirect
from storefront.models.choice import Choice
from storefront.pages import public, show
from storefront.structured import page_facts

blueprint = Blueprint("products", __name__)


@blueprint.get("/products/<handle>")
@public
def page(handle: str):
    product = Product.reachable().where(Product.handle == handle).first()
    if product is None:
        return _moved(handle)
    asked = [request.args.get(f"option{n + 1}") for n in range(len(product.options))]
    choice = Choice(product, tuple(asked))
    origin = current_app.extensions["settings"].shop_origin
    return show(
        "products/page.html",
        "products/_choice.html",
        typed=request.args.get("quantity", "1")[:12],
        said=_stock_words(choice),
        **page_facts(choice, origin),
    )


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
