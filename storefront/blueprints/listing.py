"""Lists of products: everything, a collection, what a search finds; each state has an address."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, abort, current_app, g, request
from pyroaring import BitMap
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from storefront import listing, trails
from storefront.drawn import Showing
from storefront.models import Collection, FormerSlug, Trial
from storefront.models import search as text_search
from storefront.models.pinned import Pinned, Pins, searched
from storefront.models.search_words import Meanings
from storefront.models.showcase import PRODUCTS, Showcase
from storefront.models.vocabulary import corrected
from storefront.pages import (
    FOR_GOOD,
    LONGEST_SEARCHED,
    arm,
    counts,
    go,
    now,
    on_for_now,
    public,
    show,
    shows,
    wants_part,
)
from storefront.shelf import ALL, Shelf
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
    held = Trial.of_collection(slug) or FormerSlug.leads_to(slug)
    _check_shown(held)
    return {
        "path": f"/collections/{held.slug}",
        "first_order": held.sort,
        "within": held.facet,
        "ranked": held.ranking,
        "place": held.id,
        "until": held.shown_until,
        "trial": getattr(held, "trial", None),
        "title": held.title,
        "words": held.words,
        "why": held.why(_currency()),
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
    if set(request.args) == {"q"} and (way := _led(request.args["q"])):
        return go(way)
    return _list(**_found(request.args))


def _led(query: str) -> str | None:
    """Where a search for nothing but these words leads, if it was given a page of the shop.

    Whoever has chosen anything, an order for one, wants to search: nobody is led astray twice.
    """
    query = " ".join(query.split())
    way = _meanings().way(text_search.terms(query), now())
    return f"{way}?{urlencode({'searched': query[:LONGEST_SEARCHED]})}" if way else None


def _found(arguments: MultiDict) -> dict:
    """The same of what a search finds."""
    query = " ".join(arguments.get("q", "").split())
    words = text_search.terms(query)
    found, facts = _sought(words, _meanings())
    return {
        "path": "/search",
        "first_order": "best",
        "within": BitMap(found),
        "ranked": lambda: found,
        "place": searched(words),
        "title": f"Search: {query[:60]}" if query else "Search",
        "too_long": len(query) > 200,
    } | facts


def _sought(words: list[str], meanings: Meanings) -> tuple[list[int], dict]:
    """What a search finds, with what is pinned there, and what its page says of that."""
    meant, also = [], meanings.of(words)
    found = text_search.find(also.sought)
    pinned = [number for _, number in _lead(searched(words)).placed]
    if words and not found.ids and not pinned and (meant := corrected(words)):
        also = meanings.of(meant)
        found = text_search.find(also.sought)
    facts = {
        "meant": " ".join(meant),
        "also": also.also if found.ids and not found.as_typed else (),
        "capped": len(found.ids) >= text_search.MOST_CANDIDATES,
    }
    return list(dict.fromkeys([*found.ids, *pinned])), facts


def _meanings() -> Meanings:
    return _shelf().kept("meanings", Meanings.read)


def _leads() -> Pins:
    return _shelf().kept("leads", lambda: Pins.read(now()))


def _lead(place: str | int) -> Pinned:
    return _leads().of(place, now(), _shelf().of)


def _shelf() -> Shelf:
    """The shelves as they are at this request."""
    if "shelf" not in g:
        g.shelf = current_app.extensions["shelf"]
        g.shelf.refresh()
    return g.shelf


def _currency() -> str:
    return current_app.extensions["settings"].currency


def _list(
    path: str,
    first_order: str,
    within,
    ranked=None,
    *,
    place: str | int,
    until: datetime | None = None,
    trial: Trial | None = None,
    **context,
):
    """A list, with what is pinned at that `place`; above its beginning, what is promoted there."""
    tried = trial.order if trial and arm() == "b" and not wants_part() else ""
    try:
        asked = (path, request.args, _shelf(), first_order, within, ranked, tried)
        listed = listing.listed(*asked, _lead(place))
    except ValueError as trouble:
        abort(404, str(trouble))
    moments = [until, _leads().next_change(now())]
    if path != "/search" and listed.wanted.is_first and not wants_part():
        showcase = Showcase(now(), arm())
        context["banners"] = showcase.on(place)
        context["via"] = trial.link_name(arm()) if trial else ""
        moments.append(showcase.next_change)
        shows(context["banners"], filter(None, [context["via"]]))
    # A narrowing is told from another by being itself; a search makes one for each request.
    if path == "/search" and listed.wanted.is_first and not wants_part():
        counts(search=listed.wanted.query, found=listed.count)
    trail = trails.current()
    context["walked"] = trails.walked(trail)
    rows = (listed.narrowed, listed.wanted.state, tuple(listed.products), *context.values())
    shown = Showing(
        None if trail or isinstance(within, BitMap) else rows,
        lambda: listed.facts(_currency()) | context | {"crumbs": _crumbs(path, context["title"])},
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
            ranked, lead = told.get("ranked"), _lead(told["place"])
            return listing.listed(path, turned, _shelf(), *facts, ranked, lead=lead)

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
