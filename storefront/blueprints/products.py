"""A page for each product: its choice, its words, and what machines read of it."""

from flask import Blueprint, current_app, request

from storefront import showing, trails
from storefront.counts import counts
from storefront.current import lists
from storefront.kept import PUBLIC, SHORT
from storefront.models.choice import Choice
from storefront.models.display import Display
from storefront.pages import closed, moved, public, show, wants_part

blueprint = Blueprint("products", __name__)


@blueprint.get("/products/<handle>")
@public
def page(handle: str):
    display = Display.of(handle)
    if display is None:
        return moved("products.page", handle)
    count = len(display.product.options)
    asked = tuple(_short(request.args.get(f"option{n + 1}")) for n in range(count))
    typed = request.args.get("quantity", "1")[:12]
    if wants_part():
        said = _stock_words(display.choice(asked))
        deaf = closed("waiting")
        shown = showing.choice_of(display, asked, typed, closed("cookies"), deaf=deaf)
        return show("products/page.html", "products/_choice.html", shown=shown, said=said)
    return _whole(display, asked, typed)


def _whole(display: Display, asked: showing.Asked, typed: str):
    """The page, which also shows the trail and the way back of who has one."""
    product, trail = display.product.id, trails.current()
    way = lists().way_back(trail.way, product) if trail else None
    walked = trails.walked(trail, {product}, way)
    origin = current_app.extensions["settings"].shop_origin
    about = {"waiting": {"deaf": closed("waiting")}, "walked": walked}
    shown = showing.page_of(display, asked, typed, origin, closed("cookies"), **about)
    others = (*display.beside.bought, *display.beside.alike)
    tags = [f"product-{one.handle}" for one in (display.product, *others)]
    public = SHORT if display.rating else PUBLIC
    counts(step="product")
    response = show("products/page.html", shown=shown, tags=tags, public=public)
    after = trail and trail.with_product(product).with_list(way.address if way else "")
    return trails.follow(response, trail, after)


def _short(value: str | None) -> str | None:
    """What may be a choice: what is far longer is none, and is not carried around."""
    return value if value is None or len(value) <= 200 else None


def _stock_words(choice: Choice) -> str:
    """Price and stock of the choice, to be announced when it has changed."""
    variant = choice.variant
    if variant is None:
        return "Not made in this combination."
    left = "Sold out." if variant.left == 0 else "In stock."
    return f"{variant.price}. {left}"
