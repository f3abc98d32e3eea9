"""Pages of the shop as they will be at a moment, for those who work here and nobody else."""

from datetime import datetime

from flask import current_app, request
from werkzeug.datastructures import MultiDict

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import bringing, roles
from storefront.blueprints.desk.promotions import places
from storefront.blueprints.desk.typed import as_typed, moment
from storefront.current import shelf
from storefront.listing.lists import Lists
from storefront.listing.page import ProductList
from storefront.models import Collection
from storefront.models.front_window import FrontWindow
from storefront.models.period import in_words, next_of
from storefront.models.pinned import Pins
from storefront.models.showcase import HOME, PRODUCTS, Showcase
from storefront.pages import now, sentence
from storefront.refusals import Refused

LONGEST_NUMBER = 9  # digits


@desk.get("/promotions/preview")
@bringing("home-with-banners")
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
    pins = Pins.read(at)
    lists = Lists(shelf(), current_app.extensions["settings"].currency, at, pins)
    if place == PRODUCTS:
        return "list", {"words": "", "state": "running"} | _listed(lists, lists.everything(), at)
    number = int(place) if place.isdecimal() and len(place) <= LONGEST_NUMBER else 0
    held = Collection.with_rules().where(Collection.id == number).first()
    if held is None:
        return None, {}
    facts = {"state": held.state(at), "held": held}
    facts |= _listed(lists, lists.of_collection(held), at)
    facts["until"] = next_of(at, [held.shown_from, held.shown_until, facts["until"]])
    return "list", facts


def _listed(lists: Lists, of: ProductList, at: datetime) -> dict:
    showcase, found = Showcase(at), lists.page(of, MultiDict())
    facts = found.facts(current_app.extensions["settings"].currency)
    facts |= {"title": of.title} | of.told
    until = next_of(at, [showcase.next_change, lists.next_change])
    return facts | {"banners": showcase.on(of.place), "until": until}
