"""Lists of products: everything, a collection, what a search finds; each state has an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, request

from storefront import trails
from storefront.counts import arm, counts, searched, shows
from storefront.current import lists
from storefront.drawn import Showing
from storefront.listing.page import Listed, ProductList
from storefront.models import Trial
from storefront.models.search import terms
from storefront.models.showcase import Showcase
from storefront.pages import (
    FOR_GOOD,
    LONGEST_SEARCHED,
    go,
    now,
    on_for_now,
    public,
    show,
    wants_part,
)
from storefront.structured import breadcrumbs
from storefront.trails import Walked

blueprint = Blueprint("listing", __name__)


@blueprint.get("/products")
@public
def products():
    return _answer(lists().everything())


@blueprint.get("/collections/<slug>")
@public
def collection(slug: str):
    with _or_404():
        held = lists().collection(slug)
    if held.path != f"/collections/{slug}":
        query = request.query_string.decode("ascii", "replace")
        return on_for_now(held.path + (f"?{query}" if query else ""))
    return _answer(held)


@blueprint.get("/search")
@public
def search():
    if set(request.args) == {"q"} and (address := _led(request.args["q"])):
        return go(address)
    return _answer(lists().search(request.args.get("q", "")))


def _led(query: str) -> str:
    """Where a search for nothing but these words leads, if it was given a page of the shop.

    Whoever has chosen anything, an order for one, wants to search: nobody is led astray twice.
    """
    query = " ".join(query.split())
    words = terms(query)
    if not (path := lists().leads_to(words)):
        return ""
    searched(query)
    said = query if len(query) <= LONGEST_SEARCHED else " ".join(words)
    return f"{path}?{urlencode({'searched': said})}"


def _answer(held: ProductList):
    """A page of a list; above its beginning, what is promoted there."""
    with _or_404():
        listed = lists().page(held, request.args, _tried(held))
    promoted, moments = _at_the_beginning(held, listed)
    moments += [held.until, lists().next_change]
    trail = trails.current()
    walked = Walked() if wants_part() else trails.walked(trail)  # it stands beside the part
    response = show(
        *("listing/page.html", "listing/_results.html"),
        shown=_showing(held, listed, promoted | {"walked": walked}),
        said="One product." if listed.count == 1 else f"{listed.count:,} products.",
        tags=["lists", *(f"product-{product.handle}" for product in listed.products)],
        until=min((one for one in moments if one), default=FOR_GOOD),
    )
    address = listed.wanted.address(page=listed.wanted.page)
    return trails.follow(response, trail, trail and trail.with_list(address))


def _tried(held: ProductList) -> str:
    """The order on trial, where this answer is to show it."""
    trial = _trial(held)
    return trial.order if trial and arm() == "b" and not wants_part() else ""


def _trial(held: ProductList) -> Trial | None:
    """The trial of its order; whoever chose an order gets that, the collection's own too."""
    return None if "sort" in request.args else held.trial


def _at_the_beginning(held: ProductList, listed: Listed) -> tuple[dict, list[datetime | None]]:
    """What is promoted above a list as it begins, and when that changes; it is counted, too."""
    if not listed.wanted.is_first or wants_part():
        return {}, []
    if held.is_search:
        counts(search=listed.wanted.query, found=listed.count)
        return {}, []
    showcase, trial = Showcase(now(), arm()), _trial(held)
    banners, via = showcase.on(held.place), trial.link_name(arm()) if trial else ""
    shows(banners, filter(None, [via]))
    return {"banners": banners, "via": via}, [showcase.next_change]


def _showing(held: ProductList, listed: Listed, more: dict) -> Showing:
    """What is drawn, once for the same rows: not for a search or a trail, which are one's own."""
    context = {"title": held.title} | held.told | more
    # A narrowing is told from another by being itself; a search makes one for each request.
    rows = (listed.narrowed, listed.wanted.state, tuple(listed.products), *context.values())
    settings = current_app.extensions["settings"]

    def facts() -> dict:
        crumbs = {"crumbs": _crumbs(held, settings.shop_origin)}
        return listed.facts(settings.currency) | context | crumbs

    own = held.is_search or more["walked"].kept
    sheet = "promotions" if more.get("banners") else None
    return Showing(None if own else rows, facts, sheet)


def _crumbs(held: ProductList, origin: str) -> dict | None:
    """What machines read of the way to a collection."""
    if not held.path.startswith("/collections/"):
        return None
    return breadcrumbs(("Products", "/products"), (held.title, ""), origin=origin)


@contextmanager
def _or_404() -> Iterator[None]:
    try:
        yield
    except ValueError as trouble:
        abort(404, str(trouble))
