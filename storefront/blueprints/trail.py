"""The trail: begun with one click by who wants it, and gone with another."""

import re
from urllib.parse import unquote, urlsplit

from flask import Blueprint, request

from storefront import trails
from storefront.models import Product
from storefront.pages import collects, go, show, wants_part
from storefront.trails import Trail

blueprint = Blueprint("trail", __name__)

LIST = re.compile(r"/(products|search|collections/[^/?]+)(\?.*)?", re.DOTALL)
PRODUCT = re.compile(r"/products/([^/?]+)(\?.*)?", re.DOTALL)
HOW_COME = ("via=", "searched=")  # in addresses that links of ours lead to; no part of the place


@blueprint.post("/trail")
@collects("trail")
def begin():
    """Remember from now on, beginning with the page that the button stood on."""
    came_from = _came_from()
    trail = _noted(trails.current() or Trail(), came_from)
    if not wants_part():
        return trails.write(go(f"{came_from}#trail"), trail)
    said = "From now on we remember what you look at here."
    seen = trails.walked(trail, besides=trail.seen[0] if trail.seen else 0)
    return trails.write(show("", "trail/_trail.html", walked=seen, said=said), trail)


@blueprint.post("/trail/end")
def end():
    """Forget it, whatever the policy says by now."""
    if not wants_part():
        return trails.forget(go(f"{_came_from()}#trail"))
    said = "What you looked at is forgotten."
    return trails.forget(show("", "trail/_trail.html", walked=trails.walked(None), said=said))


def _came_from() -> str:
    """The path and query of the page of ours that sent this: of a list, a product or the cart."""
    sent = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    try:
        address = urlsplit(sent)
    except ValueError:
        return "/products"
    query = "&".join(p for p in address.query.split("&") if not p.startswith(HOW_COME))
    way = f"{address.path}?{query}" if query else address.path
    ours = address.netloc == request.host and len(way) <= 2000
    known = LIST.fullmatch(way) or PRODUCT.fullmatch(way) or way == "/cart"
    return way if ours and known else "/products"


def _noted(trail: Trail, way: str) -> Trail:
    if found := PRODUCT.fullmatch(way):
        handle = unquote(found[1])
        product = Product.get_or_none(Product.handle == handle, Product.is_reachable())
        return trail.with_product(product.id) if product else trail
    return trail.with_list(way) if LIST.fullmatch(way) else trail
