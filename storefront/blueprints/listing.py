"""Lists of products: everything, a collection, what a search finds; each state has an address."""

from datetime import datetime
from urllib.parse import parse_qsl

from flask import Blueprint, abort, current_app, request
from pyroaring import BitMap
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from storefront import listing, trails
from storefront.drawn import Showing
from storefront.models import Collection, FormerSlug
from storefront.models import search as text_search
from storefront.models.showcase import PRODUCTS, Showcase
from storefront.models.vocabulary import corrected
from storefront.pages import FOR_GOOD, now, on_for_now, public, show, wants_part
from storefront.shelf import ALL
from storefront.structured import breadcrumbs
from storefront.ways import Way, way_back

blueprint = Blueprint("listing", __name__)
# Pages of products lead back to lists: what they ask is lent to them.
blueprint.record(lambda state: state.app.extensions.update(way_back=_way_back))


@blueprint.get("/products")
@public
def products():
    return _list(**_everything())


def _everything() -> dict:
    """What `_list` is told of all products."""
    _shelf().refresh()
    return {
        "path": "/products",
        "first_order": "new",
        "within": ALL,
        "place": PRODUCTS,
        "title": "Products",
    }


@blueprint.get("/collections/<slug>")
@public
def collection(slug: str):
    told = _of_collection(slug)
    if told["path"] != f"/collections/{slug}":
        query = request.query_string.decode("ascii", "replace")
        return on_for_now(told["path"] + (f"?{query}" if query else ""))
    return _list(**told)


def _of_collection(slug: str) -> dict:
    """The same of the collection that has this slug, or had it; aborts where none is shown."""
    held = Collection.get_or_none(Collection.slug == slug) or FormerSlug.leads_to(slug)
    _check_shown(held)
    _shelf().refresh()
    return {
        "path": f"/collections/{held.slug}",
        "first_order": "hand",
        "within": held.facet,
        "ranked": held.product_ids,
        "place": held.id,
        "until": held.shown_until,
        "title": held.title,
        "words": held.words,
    }


def _check_shown(held: Collection | None) -> None:
    state = held.state(now()) if held else "unknown"
    if state == "over":
        day = held.shown_until.strftime("%-d %B %Y")
        abort(404, f"“{held.title}” was here until {day}. Have a look at what we have now.")
    if state != "running":  # what is still to come is not given away
        abort(404, "There is no such collection, or no longer.")


@blueprint.get("/search")
@public
def search():
    return _list(**_found(request.args))


def _found(arguments: MultiDict) -> dict:
    """The same of what a search finds."""
    query = " ".join(arguments.get("q", "").split())
    words = text_search.terms(query)
    found = text_search.candidates(words)
    meant = corrected(words) if words and not found else []
    if meant:
        found = text_search.candidates(meant)
    _shelf().refresh()
    return {
        "path": "/search",
        "first_order": "best",
        "within": BitMap(found),
        "ranked": lambda: found,
        "title": f"Search: {query[:60]}" if query else "Search",
        "meant": " ".join(meant),
        "too_long": len(query) > 200,
        "capped": len(found) >= text_search.MOST_CANDIDATES,
    }


def _shelf():
    return current_app.extensions["shelf"]


def _list(
    path: str,
    first_order: str,
    within,
    ranked=None,
    place: str | int | None = None,
    until: datetime | None = None,
    **context,
):
    """A list; above its first page, unnarrowed, stands what is promoted at that `place`."""
    try:
        listed = listing.listed(path, request.args, _shelf(), first_order, within, ranked)
    except ValueError as trouble:
        abort(404, str(trouble))
    moments = [until]
    if place is not None and listed.wanted.is_first and not wants_part():
        showcase = Showcase(now())
        context["banners"] = showcase.on(place)
        moments.append(showcase.next_change)
    # A narrowing is told from another by being itself; a search makes one for each request.
    trail = trails.current()
    context["walked"] = trails.walked(trail)
    rows = (listed.narrowed, listed.wanted.state, tuple(listed.products), *context.values())
    currency = current_app.extensions["settings"].currency
    shown = Showing(
        None if trail or isinstance(within, BitMap) else rows,
        lambda: listed.facts(currency) | context | {"crumbs": _crumbs(path, context["title"])},
        "promotions" if context.get("banners") else None,
    )
    response = show(
        *("listing/page.html", "listing/_results.html"),
        shown=shown,
        said="One product." if listed.count == 1 else f"{listed.count:,} products.",
        tags=["lists", *(f"product-{product.handle}" for product in listed.products)],
        until=min((one for one in moments if one), default=FOR_GOOD),
    )
    address = listed.wanted.address(page=listed.wanted.page)
    return trails.follow(response, trail, trail and trail.with_list(address))


def _crumbs(path: str, title: str) -> dict | None:
    """What machines read of the way to a collection."""
    if not path.startswith("/collections/"):
        return None
    origin = current_app.extensions["settings"].shop_origin
    return breadcrumbs(("Products", "/products"), (title, ""), origin=origin)


def _way_back(address: str, product: int) -> Way | None:
    """The way from a product back to the list of that address; None where it is not there now."""
    path, _, query = address.partition("?")
    arguments = MultiDict(parse_qsl(query))
    try:
        told = _of_address(path, arguments)
        path = told["path"]  # where it is now
        page = listing.read(path, arguments, _shelf(), told["first_order"]).page
        title = f"“{arguments.get('q', '')}”" if path == "/search" else told["title"]
        facts = [told[name] for name in ("first_order", "within")]

        def read(number: int) -> listing.Listed:
            turned = MultiDict(arguments)
            turned["page"] = str(number)
            return listing.listed(path, turned, _shelf(), *facts, told.get("ranked"))

        return way_back(read, page, title, product)
    except (NotFound, ValueError):
        return None


def _of_address(path: str, arguments: MultiDict) -> dict:
    if path == "/search":
        return _found(arguments)
    if path.startswith("/collections/"):
        return _of_collection(path.removeprefix("/collections/"))
    if path != "/products":
        abort(404)
    return _everything()
