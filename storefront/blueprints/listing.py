"""Lists of products: everything, a collection, what a search finds; each state has an address."""

from flask import Blueprint, abort, current_app, request
from pyroaring import BitMap

from storefront import listing
from storefront.drawn import Showing
from storefront.models import Collection
from storefront.models import search as text_search
from storefront.models.vocabulary import corrected
from storefront.money import decimals, whole
from storefront.pages import public, show
from storefront.shelf import ALL

blueprint = Blueprint("listing", __name__)


@blueprint.get("/products")
@public
def products():
    _shelf().refresh()
    return _list("/products", "new", ALL, title="Products")


@blueprint.get("/collections/<slug>")
@public
def collection(slug: str):
    held = Collection.get_or_none(Collection.slug == slug)
    if held is None:
        abort(404, "There is no such collection, or no longer.")
    _shelf().refresh()
    return _list(
        f"/collections/{held.slug}",
        "hand",
        held.facet,
        ranked=held.product_ids,
        title=held.title,
        words=held.words,
    )


@blueprint.get("/search")
@public
def search():
    query = " ".join(request.args.get("q", "").split())
    words = text_search.terms(query)
    found = text_search.candidates(words)
    meant = corrected(words) if words and not found else []
    if meant:
        found = text_search.candidates(meant)
    _shelf().refresh()
    return _list(
        "/search",
        "best",
        BitMap(found),
        ranked=lambda: found,
        title=f"Search: {query[:60]}" if query else "Search",
        meant=" ".join(meant),
        too_long=len(query) > 200,
        capped=len(found) >= text_search.MOST_CANDIDATES,
    )


def _shelf():
    return current_app.extensions["shelf"]


def _list(path: str, first_order: str, within, ranked=None, **context):
    shelf = _shelf()
    try:
        wanted = listing.read(path, request.args, shelf, first_order)
    except ValueError as trouble:
        abort(404, str(trouble))
    narrowed = shelf.narrow(within, wanted.chosen)
    pages = listing.last_page(len(narrowed.products), wanted.order)
    if wanted.page > pages:
        only = "There is only one page" if pages == 1 else f"There are only {pages} pages"
        abort(404, f"{only} of these products.")
    order = ranked() if ranked and wanted.order in ("best", "hand") else None
    products = listing.page_of(narrowed.products, wanted, order, len(shelf.of(*ALL)))
    count = len(narrowed.products)

    def facts() -> dict:
        known = {"wanted": wanted, "count": count, "products": products, "pages": pages}
        choices = {"groups": listing.groups(narrowed), "in_words": _in_words}
        return known | choices | {"orders": _orders(first_order)} | context

    # A narrowing is told from another by being itself; a search makes one for each request.
    rows = (narrowed, wanted.state, tuple(products), *context.values())
    shown = Showing(None if isinstance(within, BitMap) else rows, facts)
    said = "One product." if count == 1 else f"{count:,} products."
    tags = ["lists", *(f"product-{product.handle}" for product in products)]
    return show("listing/page.html", "listing/_results.html", shown=shown, said=said, tags=tags)


def _orders(first: str) -> dict[str, str]:
    own = ("best", "hand")
    return {key: name for key, name in listing.ORDERS.items() if key == first or key not in own}


def _in_words(group: listing.Group, value: str) -> str:
    if group.name == "price":
        return listing.price_words(value, _written)
    return "In stock" if group.name == "stock" else value


def _written(units: int) -> str:
    currency = current_app.extensions["settings"].currency
    return whole(units if decimals(currency) else 100 * units, currency)
