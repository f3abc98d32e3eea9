"""Pins at the desk: which products come first in which list, from when until when."""

from flask import request, url_for

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.products import offered
from storefront.blueprints.desk.typed import Form, as_typed
from storefront.current import shelf
from storefront.models import Collection, Pin, Product, Redirect
from storefront.models.pin import GONE, LAST_PLACE
from storefront.models.search import tagged, terms
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused
from storefront.shelf import ALL

HERE = "/desk/pins"
screen("Pins", HERE, ("editor",), "Which products come first in a list, from when until when.")

ONE = f"/pins/<{NUMBER}:number>"
MOST_OVER = 30  # of those that are over
SEARCH, EVERYTHING = "search", "products"
KINDS = {
    "product": "One product",
    "collection": "What is in a collection",
    "type": "All of a type",
    "tag": "All with a tag",
}
NOTHING_SUCH = {
    "product": "The shop has no such product. Look for it above, or give its address or handle.",
    "collection": "The shop has no such collection. Give its address or handle.",
    "type": "No product on sale is of this type. Write it as the products have it.",
    "tag": "No product on sale has this tag. Write it as the products have it.",
}


@desk.get("/pins")
@roles("editor")
def pins():
    return _list(said=session.once("said"))


def _list(status: int = 200, refusal: Refused | None = None, said: str = ""):
    at, groups = now(), {"running": [], "coming": [], "over": []}
    for each in Pin.in_order():
        groups[each.state(at)].append((each, _trouble(each)))
    groups["over"].sort(key=lambda row: row[0].ends_at, reverse=True)
    return show(
        *("desk/pins/list.html", "desk/pins/_list.html"),
        status,
        groups=groups | {"over": groups["over"][:MOST_OVER]},
        left=len(groups["over"]) - MOST_OVER,
        wrong=refusal.problems if refusal else {},
        said=said,
    )


def _trouble(pin: Pin) -> str:
    """Why it does nothing, as a sentence; "" where it does something."""
    if pin.product_id is None:
        return ""
    if pin.product_id not in shelf().of(*ALL):
        return "It is passed over: the product is not on sale now."
    if pin.collection_id and pin.product_id not in shelf().of(*pin.collection.facet):
        return f"It is passed over: the product is not in {pin.collection.title}."
    return ""


@desk.get("/pins/new")
@roles("editor")
def new_pin():
    kept = {name: request.args.get(name, "")[:200] for name in ("list", "words", "kind", "of")}
    return _new({name: value for name, value in kept.items() if value} | {"place": "1"})


def _new(typed, status: int = 200, refusal: Refused | None = None):
    wrong = refusal.problems if refusal else {}
    page, part = "desk/pins/new.html", "desk/pins/_new.html"
    return show(page, part, status, typed=typed, wrong=wrong, **_offered(), **offered())


def _offered() -> dict:
    """What can be chosen in the form."""
    return {"collections": Collection.in_order(), "kinds": KINDS, "last_place": LAST_PLACE}


def _facts(held: Pin | None = None) -> dict:
    """What was typed, as `Pin.make` wants it; raises `Refused`. `held` is what is changed by it."""
    facts = dict.fromkeys(("collection", "product", "of_collection")) | {"type": "", "tag": ""}
    with Form(request.form) as form:
        kind = request.form.get("kind", "")
        of = form.line("of", "Say what comes first.")
        place = request.form.get("place", "").strip()
        facts |= {
            **_list_of(form),
            "place": form.count("place", 1, LAST_PLACE) if place else None,
            "starts_at": form.moment("starts_at"),
            "ends_at": form.moment("ends_at"),
        }
        found = _chosen(kind, of, held) if of else {}
        if of and not found:
            form.problems["of"] = NOTHING_SUCH.get(kind, NOTHING_SUCH["product"])
    return facts | found


def _list_of(form: Form) -> dict:
    """The list that was chosen: a collection, a search for words, or all products."""
    chosen = request.form.get("list", "")
    if chosen == SEARCH:
        words = " ".join(terms(form.line("words") or ""))
        if not words and "words" not in form.problems:
            form.problems["words"] = "Give the words of the search."
        return {"words": words}
    if chosen in ("", EVERYTHING):
        return {"words": ""}
    number = form.count("list", 1)
    if number and Collection.get_or_none(Collection.id == number) is None:
        form.problems["list"] = "This collection was removed meanwhile. Choose another list."
    return {"words": "", "collection": number}


def _chosen(kind: str, of: str, held: Pin | None) -> dict:
    """The column and the value of what was typed; nothing where the shop has no such thing."""
    if kind in ("type", "tag"):
        known = shelf().of("type", of) if kind == "type" else tagged(of)
        return {kind: of} if known or (held and getattr(held, kind) == of) else {}
    name = of.strip("/").rpartition("/")[2]
    if kind == "collection":
        found = Collection.get_or_none(Collection.slug == name)
        return {"of_collection": found.id} if found else {}
    # Drafts too: what is on sale from Friday can be pinned before.
    product = Product.get_or_none(Product.handle == name) or Redirect.leads_to(name)
    return {"product": product.id} if product else {}


@desk.post("/pins")
@roles("editor")
def make_pin():
    try:
        Pin.make(_facts())
    except Refused as refusal:
        return _new(request.form, 422, refusal)
    session.keep("said", "It is kept.")
    return go(HERE)


@desk.get(ONE)
@roles("editor")
def pin(number: int):
    return _page(number, said=session.once("said"))


def _page(number: int, status: int = 200, refusal: Refused | None = None, said: str = ""):
    held = next((one for one in Pin.in_order() if one.id == number), None)
    if held is None:
        return sentence(404, "This pin is not there", GONE)
    keeps_seen = refusal and "" not in refusal.problems  # who was told of a change saves over it
    return show(
        *("desk/pins/page.html", "desk/pins/_pin.html"),
        status,
        pin=held,
        state=held.state(now()),
        trouble=_trouble(held),
        typed=request.form if refusal else _typed(held),
        seen=request.form.get("seen", "") if keeps_seen else held.version,
        wrong=refusal.problems if refusal else {},
        said=said,
        **_offered(),
    )


def _typed(held: Pin) -> dict[str, str]:
    """What the form says of it as it is."""
    lists = SEARCH if held.words else str(held.collection_id or EVERYTHING)
    if held.product_id:
        kind, of = "product", f"/products/{held.product.handle}"
    elif held.of_collection_id:
        kind, of = "collection", f"/collections/{held.of_collection.slug}"
    else:
        kind, of = ("type", held.type) if held.type else ("tag", held.tag)
    facts = {"list": lists, "words": held.words, "kind": kind, "of": of}
    dates = {name: as_typed(getattr(held, name)) for name in ("starts_at", "ends_at")}
    return facts | dates | {"place": str(held.place or "")}


@desk.post(ONE)
@roles("editor")
def edit_pin(number: int):
    try:
        held = Pin.get_or_none(Pin.id == number)
        Pin.edit(number, request.form.get("seen", ""), _facts(held))
    except Refused as refusal:
        return _page(number, 422, refusal)
    if wants_part():
        return _page(number, said="Saved.")
    session.keep("said", "Saved.")
    return go(url_for("desk.pin", number=number))


@desk.post(f"{ONE}/removal")
@roles("editor")
def remove_pin(number: int):
    try:
        Pin.remove(number)
    except Refused as refusal:
        return _list(422, refusal)
    session.keep("said", "It is removed. The list has its own order there again.")
    return go(HERE)
