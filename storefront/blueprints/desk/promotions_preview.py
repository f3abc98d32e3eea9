"""Pages of the shop as they will be at a moment, for those who work here and nobody else."""

from datetime import datetime

from flask import current_app, request
from werkzeug.datastructures import MultiDict

from storefront import listing
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import bringing, roles
from storefront.blueprints.desk.promotions import places
from storefront.blueprints.desk.typed import as_typed, moment
from storefront.models import Collection
from storefront.models.front_window import FrontWindow
from storefront.models.period import in_words, next_of
from storefront.models.pinned import Pins
from storefront.models.showcase import HOME, PRODUCTS, Showcase
from storefront.pages import now, sentence
from storefront.refusals import Refused
from storefront.shelf import ALL

LONGEST_NUMBER = 9  # digits


@desk.get("/promotions/preview")
@bringing("promotions")
@roles("editor")
def preview():
    asked = request.args.get("at", "")
    try:
        at, wrong, status = moment(asked) or now(), "", 200
    except Refused as refusal:
        at, wrong, status = now(), refusal.sentence, 422
    place = request.args.get("place", HOME)
    page, facts = (_front if place == HOME else _of_list)(place, at)
    if page is None:
        return sentence(404, "There is nothing to preview", "This collection was removed.")
    bar = {"at": asked if wrong else as_typed(at), "moment": in_words(at), "wrong": wrong}
    bar |= {"place": place, "places": places()}
    bar["later"] = facts["until"] and (as_typed(facts["until"]), in_words(facts["until"]))
    return show(f"desk/promotions/preview_{page}.html", status=status, bar=bar, **facts)


def _front(_place: str, at: datetime) -> tuple[str, dict]:
    window = FrontWindow.at(at)
    return "home", window.facts() | {"until": window.until}


def _of_list(place: str, at: datetime) -> tuple[str | None, dict]:
    """All products, or those of a collection, with what stands above them then."""
    if place == PRODUCTS:
        facts = {"title": "Products", "words": "", "state": "running"}
        return "list", facts | _listed("/products", "new", ALL, None, PRODUCTS, at)
    number = int(place) if place.isdecimal() and len(place) <= LONGEST_NUMBER else 0
    held = Collection.with_rules().where(Collection.id == number).first()
    if held is None:
        return None, {}
    facts = {"title": held.title, "words": held.words, "state": held.state(at), "held": held}
    facts["why"] = held.why(current_app.extensions["settings"].currency)
    path = f"/collections/{held.slug}"
    shown = _listed(path, held.sort, held.facet, held.ranking, held.id, at)
    shown["until"] = next_of(at, [held.shown_from, held.shown_until, shown["until"]])
    return "list", facts | shown


def _listed(path: str, order: str, within, ranked, place, at: datetime) -> dict:
    extensions, showcase = current_app.extensions, Showcase(at)
    extensions["shelf"].refresh()
    leads = Pins.read(at)
    asked = (path, MultiDict(), extensions["shelf"], order, within, ranked)
    found = listing.listed(*asked, lead=leads.of(place, at, extensions["shelf"].of))
    facts = found.facts(extensions["settings"].currency)
    until = next_of(at, [showcase.next_change, leads.next_change(at)])
    return facts | {"banners": showcase.on(place), "until": until}
