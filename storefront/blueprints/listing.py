"""Lists of products: everything, a collection, what a search finds; each state has an address."""

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, request
from pyroaring import BitMap

from storefront import listing
from storefront.drawn import Showing
from storefront.models import Collection, Trial
from storefront.models import search as text_search
from storefront.models.lead import Lead, Leads, searched
from storefront.models.meaning import Meanings
from storefront.models.showcase import PRODUCTS, Showcase
from storefront.models.vocabulary import corrected
from storefront.pages import (
    FOR_GOOD,
    LONGEST_SEARCHED,
    arm,
    counts,
    go,
    now,
    public,
    show,
    shows,
    wants_part,
)
from storefront.shelf import ALL
from storefront.traffic import Seen

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
        "hand",
        held.facet,
        ranked=held.product_ids,
        place=held.id,
        until=held.shown_until,
        trial=held.trial,
        title=held.title,
        words=held.words,
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
    _shelf().refresh()
    meanings = _shelf().kept("meanings", Meanings.read)
    # Whoever has chosen anything, an order for one, wants to search: nobody is led astray twice.
    if (way := meanings.way(words, now())) and set(request.args) == {"q"}:
        request.environ["storefront.seen"] = Seen(search=query, found=1)  # it is a search, too
        said = query if len(query) <= LONGEST_SEARCHED else " ".join(words)
        return go(f"{way}?{urlencode({'searched': said})}")
    found, facts = _sought(words, meanings)
    return _list(
        "/search",
        "best",
        BitMap(found),
        ranked=lambda: found,
        place=searched(words),
        title=f"Search: {query[:60]}" if query else "Search",
        too_long=len(query) > 200,
        **facts,
    )


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


def _leads() -> Leads:
    return _shelf().kept("leads", lambda: Leads.read(now()))


def _lead(place: str | int) -> Lead:
    return _leads().of(place, now(), _shelf().of)


def _shelf():
    return current_app.extensions["shelf"]


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
    if "sort" in request.args:
        trial = None  # whoever chose an order gets that, the collection's own too
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
    rows = (listed.narrowed, listed.wanted.state, tuple(listed.products), *context.values())
    currency = current_app.extensions["settings"].currency
    shown = Showing(
        None if isinstance(within, BitMap) else rows,
        lambda: listed.facts(currency) | context,
        "promotions" if context.get("banners") else None,
    )
    return show(
        *("listing/page.html", "listing/_results.html"),
        shown=shown,
        said="One product." if listed.count == 1 else f"{listed.count:,} products.",
        tags=["lists", *(f"product-{product.handle}" for product in listed.products)],
        until=min((one for one in moments if one), default=FOR_GOOD),
    )
