"""Collections at the desk: their words, and which products they hold in which order."""

from flask import abort, current_app, request, url_for

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.products import offered, on_page, page_number, paging
from storefront.blueprints.desk.typed import Form, as_typed
from storefront.models import Collection, desk_lists
from storefront.models.collection_filling import SORTS, Filling, presets
from storefront.models.desk_lists import PER_PAGE
from storefront.models.shopkeeping import HANDLE
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

screen(
    "Collections",
    "/desk/collections",
    ("editor",),
    "Products put together under a name, by hand or by rule, in an order of your own.",
)

ONE = f"/collections/<{NUMBER}:number>"
STEPS = {"up": -1, "down": 1}


@desk.get("/collections")
@roles("editor")
def collections():
    return _list(said=session.once("said"))


def _list(status: int = 200, refusal: Refused | None = None, said: str = ""):
    return show(
        "desk/collections/list.html",
        "desk/collections/_list.html",
        status,
        collections=[(*row, row[0].state(now())) for row in desk_lists.collections()],
        wrong=refusal.problems if refusal else {},
        typed=request.form if refusal else {},
        presets=presets(),
        said=said,
    )


def _listed(said: str):
    if wants_part():
        return _list(said=said)
    session.keep("said", said)
    return go(url_for("desk.collections"))


def _facts() -> dict:
    """Title, handle, words and dates as they were typed; raises `Refused`."""
    with Form(request.form) as form:
        facts = {
            "title": form.line("title", "Please give it a title."),
            "slug": form.line("slug", "Please give it a handle.", 100),
            "words": form.line("words", longest=1000),
            "shown_from": form.moment("shown_from"),
            "shown_until": form.moment("shown_until"),
        }
        if facts["slug"] and not HANDLE.fullmatch(facts["slug"]):
            form.problems["slug"] = (
                "Write it in small letters and digits, with single hyphens between the words: "
                "rain-ready."
            )
    return facts


@desk.post("/collections")
@roles("editor")
def make_collection():
    try:
        made = Collection.make(**_facts())
    except Refused as refusal:
        return _list(422, refusal)
    return go(url_for("desk.collection", number=made.id))


@desk.post(f"{ONE}/place")
@roles("editor")
def move_collection(number: int):
    try:
        Collection.arrange(number, _step())
    except Refused as refusal:
        return _list(422, refusal)
    return _listed("Moved.")


def _step() -> int:
    return STEPS.get(request.form.get("to", "")) or abort(400)


@desk.post(f"{ONE}/removal")
@roles("editor")
def remove_collection(number: int):
    try:
        Collection.remove(number)
    except Refused as refusal:
        return _list(422, refusal)
    return _listed("The collection was removed. Its products stay in the shop.")


@desk.get(ONE)
@roles("editor")
def collection(number: int):
    return _page(number, said=session.once("said"))


def _page(number: int, status: int = 200, refusal: Refused | None = None, **context):
    held = Collection.get_or_none(Collection.id == number)
    if held is None:
        words = "It was removed. Those that there are stand under Collections."
        return sentence(404, "This collection is not there", words)
    told = {"wrong": refusal.problems if refusal else {}, "said": ""}
    context = told | _held_by(held) | offered() | context
    page, part = "desk/collections/page.html", "desk/collections/_collection.html"
    return show(page, part, status, **context)


def _held_by(held: Collection) -> dict:
    """What the page shows of a collection as it stands: its words, a page of its products."""
    items, filling = desk_lists.held_by(held, page_number()), Filling.of(held)
    currency = current_app.extensions["settings"].currency
    return {
        "by_rule": filling.rule.words(currency) if filling.by_rule else "",
        "fits": len(held.members()) if filling.by_rule else 0,
        "in_order": SORTS[held.sort],
        "collection": held,
        "items": items,
        "first": (page_number() - 1) * PER_PAGE,
        "pages": paging(items.more, "desk.collection", number=held.id),
        "on_page": on_page(),
        "holds": set(held.product_ids()),
        "typed": _typed(held),
        "state": held.state(now()),
        "seen": held.version,
    }


def _typed(held: Collection) -> dict[str, str]:
    """What the form of its words says of it as it is."""
    words = {"title": held.title, "slug": held.slug, "words": held.words}
    dates = {name: as_typed(getattr(held, name)) for name in ("shown_from", "shown_until")}
    return words | dates


def _changed(number: int, said: str):
    if wants_part():
        return _page(number, said=said)
    session.keep("said", said)
    query = request.form.get("q", "")[:200]
    asked = on_page() | ({"q": query} if query else {})
    return go(url_for("desk.collection", number=number, **asked))


@desk.post(ONE)
@roles("editor")
def edit_collection(number: int):
    try:
        Collection.edit(number, request.form.get("seen", ""), _facts())
    except Refused as refusal:
        return _page(number, 422, refusal, typed=request.form)
    return _changed(number, "Saved.")


@desk.post(f"{ONE}/items")
@roles("editor")
def take_in(number: int):
    try:
        with Form(request.form) as form:
            product = form.count("product", 1)
        Collection.take_in(number, product)
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "Added at the end.")


@desk.post(f"{ONE}/items/<{NUMBER}:product>/place")
@roles("editor")
def move_item(number: int, product: int):
    try:
        with Form(request.form) as form:
            place = form.count("place")
        Collection.move(number, product, place)
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "Moved.")


@desk.post(f"{ONE}/items/<{NUMBER}:product>/removal")
@roles("editor")
def let_go(number: int, product: int):
    try:
        Collection.let_go(number, product)
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "Taken out of the collection.")
