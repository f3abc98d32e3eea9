"""How a collection comes by its products: by hand or by rule, in which order, tried out first."""

from flask import abort, current_app, request, url_for
from pyroaring import BitMap

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.typed import Form, listed, shown
from storefront.current import shelf
from storefront.listing.order import ids_of
from storefront.models import Collection, FacetValue
from storefront.models.card import Card
from storefront.models.collection_filling import PRESETS, SORTS, Filling, refill
from storefront.models.collection_rule import fitting
from storefront.models.rule import MOST_BEST, MOST_DAYS, Rule
from storefront.models.sales import LEAST, ranking
from storefront.pages import go, now, sentence
from storefront.refusals import Refused
from storefront.shelf import ALL

RULE = f"/collections/<{NUMBER}:number>/rule"
AT_FIRST = 12  # products that a preview names
NUMBERS = {"new_days": MOST_DAYS, "best_most": MOST_BEST, "best_days": MOST_DAYS}


@desk.get(RULE)
@roles("editor")
def collection_rule(number: int):
    """As it is kept, or as it was typed and is tried out."""
    return _page(number, request.args if "by" in request.args else None)


@desk.post(RULE)
@roles("editor")
def save_collection_rule(number: int):
    try:
        refill(number, request.form.get("seen", ""), _filling(request.form), now())
    except Refused as refusal:
        return _page(number, request.form, refusal)
    session.keep("said", "Saved.")
    return go(url_for("desk.collection", number=number))


@desk.post("/collections/standing")
@roles("editor")
def make_standing():
    """One of the lists that many shops have."""
    wanted = request.form.get("preset", "")
    preset = next((one for one in PRESETS if one.slug == wanted), None) or abort(400)
    try:
        made = preset.make(now())
    except Refused:
        session.keep("said", f"There is a collection with the handle {preset.slug} already.")
        return go(url_for("desk.collections"))
    session.keep("said", "Made. It is shown from now on, wherever collections are.")
    return go(url_for("desk.collection", number=made.id))


def _page(number: int, typed=None, refusal: Refused | None = None):
    held = Collection.get_or_none(Collection.id == number)
    if held is None:
        words = "It was removed. Those that there are stand under Collections."
        return sentence(404, "This collection is not there", words)
    kept = Filling.of(held)
    filling, wrong = _meant(kept, typed, refusal)
    context = {
        "collection": held,
        "typed": _typed(kept) if typed is None else typed,
        "wrong": wrong,
        "seen": typed.get("seen", "") if typed and not refusal else kept.version,
        "sorts": SORTS,
        "least": LEAST,
        "is_trial": typed is not None,
    }
    context |= {"fits": None} if wrong else _tried(held, filling)
    context["types"] = sorted(_known_types())[:30]
    return show("desk/collections/rule.html", None, 422 if wrong else 200, **context)


def _meant(kept: Filling, typed, refusal: Refused | None) -> tuple[Filling, dict]:
    """What is to be shown: as it is kept, or as it was typed; and what is wrong with that."""
    if typed is None or refusal:
        return kept, refusal.problems if refusal else {}
    try:
        filling = _filling(typed)
        filling.check()
    except Refused as trouble:
        return kept, trouble.problems
    return filling, {}


def _filling(source) -> Filling:
    """What was typed; raises `Refused`."""
    currency = current_app.extensions["settings"].currency
    with Form(source) as form:
        counts = {
            name: form.count(name, 1, most) if source.get(name, "").strip() else None
            for name, most in NUMBERS.items()
        }
        prices = {name: form.money(name, currency) for name in ("price_from", "price_to")}
        ticks = {name: form.tick(name) for name in ("in_stock", "reduced")}
        texts = {"tags": tuple(form.tags("tags")), "types": _spelled(form.tags("types"))}
    rule = Rule(**texts, **prices, **ticks, **counts)
    return Filling(source.get("by") == "rule", rule, source.get("sort", "hand"))


def _known_types() -> set[str]:
    rows = FacetValue.select(FacetValue.value).where(FacetValue.name == "type")
    return {row[0] for row in rows.tuples()}


def _spelled(types: list[str]) -> tuple[str, ...]:
    """Each type as the products spell it, in every way that they do; unknown ones as typed."""
    known = _known_types()
    found = [sorted(k for k in known if k.casefold() == t.casefold()) or [t] for t in types]
    return tuple(dict.fromkeys(one for few in found for one in few))


def _typed(filling: Filling) -> dict:
    currency = current_app.extensions["settings"].currency
    rule = filling.rule
    typed = {name: getattr(rule, name) or "" for name in (*NUMBERS, "in_stock", "reduced")}
    typed |= {name: listed(list(getattr(rule, name))) for name in ("tags", "types")}
    typed |= {name: shown(getattr(rule, name), currency) for name in ("price_from", "price_to")}
    return typed | {"by": "rule" if filling.by_rule else "hand", "sort": filling.sort}


def _tried(held: Collection, filling: Filling) -> dict:
    """What it would hold, or holds: how many products, and the first of them."""
    at, everything = now(), shelf().of(*ALL)
    ranked = ranking(filling.ranked_days, at) if filling.ranked_days else []
    by_hand = held.product_ids()
    fits = fitting(filling.rule, ranked, at) if filling.by_rule else BitMap(by_hand) & everything
    ahead = {"sold": ranked, "hand": by_hand}.get(filling.sort)
    first = ids_of(fits, filling.sort, 1, len(everything), ahead)[:AT_FIRST]
    currency = current_app.extensions["settings"].currency
    unknown = sorted(set(filling.rule.types) - _known_types())
    said = filling.rule.words(currency) if filling.by_rule else ""
    return {"fits": len(fits), "first": Card.of(first), "unknown": unknown, "said": said}
