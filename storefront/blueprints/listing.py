"""Lists of products: everything, a collection, what a search finds; each state has an address."""

from datetime import datetime

from flask import Blueprint, abort, current_app, request
from pyroaring import BitMap

from storefront import listing
from storefront.drawn import Showing
from storefront.models import Collection, Trial
from storefront.models import search as text_search
from storefront.models.showcase import PRODUCTS, Showcase
from storefront.models.vocabulary import corrected
from storefront.pages import FOR_GOOD, arm, counts, now, public, show, shows, wants_part
from storefront.shelf import ALL

blueprint = Blueprint("listing", __name__)


@blueprint.get("/products")
@public
def products():
    _shelf().refresh()
    return _list("/products", "new", ALL, place=PRODUCTS, title="Products")


@blueprint.get("/collections/<slug>")
@public
def collection(slug: str):
    held = Trial.of_collection(slug)
    _check_shown(held)
    _shelf().refresh()
    return _list(
        f"/collections/{held.slug}",
        held.sort,
        held.facet,
        ranked=held.ranking,
        place=held.id,
        until=held.shown_until,
        trial=held.trial,
        title=held.title,
        words=held.words,
        why=held.why(_currency()),
    )


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


def _currency() -> str:
    return current_app.extensions["settings"].currency


def _list(
    path: str,
    first_order: str,
    within,
    ranked=None,
    place: str | int | None = None,
    until: datetime | None = None,
    trial: Trial | None = None,
    **context,
):
    """A list; above its first page, unnarrowed, stands what is promoted at that `place`."""
    tried = trial.order if trial and arm() == "b" and not wants_part() else ""
    try:
        listed = listing.listed(path, request.args, _shelf(), first_order, within, ranked, tried)
    except ValueError as trouble:
        abort(404, str(trouble))
    moments = [until]
    if place is not None and listed.wanted.is_first and not wants_part():
        showcase = Showcase(now(), arm())
        context["banners"] = showcase.on(place)
        context["via"] = trial.link_name(arm()) if trial else ""
        moments.append(showcase.next_change)
        shows(context["banners"], filter(None, [context["via"]]))
    # A narrowing is told from another by being itself; a search makes one for each request.
    if path == "/search" and listed.wanted.is_first and not wants_part():
        counts(search=listed.wanted.query, found=listed.count)
    rows = (listed.narrowed, listed.wanted.state, tuple(listed.products), *context.values())
    shown = Showing(
        None if isinstance(within, BitMap) else rows,
        lambda: listed.facts(_currency()) | context,
        "promotions" if context.get("banners") else None,
    )
    return show(
        *("listing/page.html", "listing/_results.html"),
        shown=shown,
        said="One product." if listed.count == 1 else f"{listed.count:,} products.",
        tags=["lists", *(f"product-{product.handle}" for product in listed.products)],
        until=min((one for one in moments if one), default=FOR_GOOD),
    )
