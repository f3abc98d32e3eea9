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
from storefront.shelf import ALL, Narrowed

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
    return show(
        "listing/page.html",
        "listing/_results.html",
        wanted=wanted,
        count=len(narrowed.products),
        facets=_facets(wanted, narrowed, first_order),
        products=listing.page_of(narrowed.products, wanted, order, len(shelf.of(*ALL))),
        pages=pages,
        **context,
    )


def _facets(wanted: listing.Wanted, narrowed: Narrowed, first_order: str) -> Showing:
    """The form of the facets: drawn anew when the shelves, or what is chosen of them, change."""

    def facts() -> dict:
        groups = listing.groups(narrowed)
        words = {"orders": _orders(first_order), "in_words": _in_words}
        return {"wanted": wanted, "groups": groups} | words

    # Of two narrowings that look alike one may be long gone: by itself, it cannot be mistaken.
    return Showing((narrowed, wanted.path, wanted.query, wanted.order), facts)


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
