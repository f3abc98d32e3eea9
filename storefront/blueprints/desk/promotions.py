"""Promotions at the desk: what pages point out, where and when, with a picture and a code."""

from dataclasses import asdict

from flask import abort, current_app, request, url_for

from storefront import prints
from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.typed import Form, as_typed
from storefront.door import takes_files
from storefront.models import Collection, Discount, Page, Promotion
from storefront.models.promotion import GONE, LONGEST_TITLE, LONGEST_WORDS, target
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

HERE = "/desk/promotions"
screen("Promotions", HERE, ("editor",), "What the shop's pages point out, and from when to when.")

ONE = f"/promotions/<{NUMBER}:number>"
STEPS = {"up": -1, "down": 1}
MOST_OVER = 30  # of those that are over
FORM = 2 * 2**20  # bytes of a form besides its picture
WHEN = "Say when, as year, month, day and time in UTC."


@desk.get("/promotions")
@roles("editor")
def promotions():
    return _list(said=session.once("said"))


def _list(status: int = 200, refusal: Refused | None = None, said: str = ""):
    at, groups = now(), {"running": [], "coming": [], "over": []}
    for each in Promotion.in_order():
        groups[each.state(at)].append((each, each.troubles(at)))
    groups["over"].sort(key=lambda row: row[0].ends_at, reverse=True)
    return show(
        *("desk/promotions/list.html", "desk/promotions/_list.html"),
        status,
        groups=groups | {"over": groups["over"][:MOST_OVER]},
        left=len(groups["over"]) - MOST_OVER,
        places=places(),
        at=as_typed(at),
        wrong=refusal.problems if refusal else {},
        said=said,
    )


def places() -> list[tuple[str, str]]:
    """The pages that promotions stand on, as a preview is asked for them."""
    fixed = [("home", "The front page"), ("products", "All products")]
    return fixed + [(str(one.id), one.title) for one in Collection.in_order()]


@desk.get("/promotions/new")
@roles("editor")
def new_promotion():
    return _new({"on_home": "on", "starts_at": as_typed(now())})


def _new(typed, status: int = 200, refusal: Refused | None = None):
    wrong = refusal.problems if refusal else {}
    page, part = "desk/promotions/new.html", "desk/promotions/_new.html"
    return show(page, part, status, typed=typed, wrong=wrong, **_offered())


def _offered(bound: Discount | None = None) -> dict:
    """What can be chosen in the form: collections, pages, codes that are not over yet."""
    at = now()
    codes = [c for c in Discount.in_order() if c.state(at) in ("running", "coming") or c == bound]
    return {"collections": Collection.in_order(), "pages": list(Page.select()), "codes": codes}


def _facts() -> dict:
    """What was typed, as `Promotion.make` wants it; raises `Refused`."""
    with Form(request.form) as form:
        leads_to = form.line("leads_to", "Say where it leads.", 2000)
        facts = {
            "title": form.line("title", "Please give it a title.", LONGEST_TITLE),
            "words": form.line("words", longest=LONGEST_WORDS),
            "on_home": form.tick("on_home"),
            "on_products": form.tick("on_products"),
            "starts_at": form.moment("starts_at", WHEN),
            "ends_at": form.moment("ends_at", WHEN),
            "on_collection": _chosen(form, "on_collection", Collection, "This collection"),
            "discount": _chosen(form, "discount", Discount, "This code"),
        }
        try:
            facts |= target(leads_to) if leads_to else {}
        except Refused as refusal:
            form.problems |= refusal.problems
    return facts


def _chosen(form: Form, name: str, record, called: str) -> int | None:
    """The number of a row that was chosen, if one was."""
    if not request.form.get(name, ""):
        return None
    number = form.count(name, 1)
    if number and record.get_or_none(record.id == number) is None:
        form.problems[name] = f"{called} was removed meanwhile. Choose another, or none."
    return number


@desk.post("/promotions")
@roles("editor")
def make_promotion():
    try:
        made = Promotion.make(_facts())
    except Refused as refusal:
        return _new(request.form, 422, refusal)
    session.keep("said", "It is kept. Give it a picture, if it has one.")
    return go(url_for("desk.promotion", number=made.id))


@desk.get(ONE)
@roles("editor")
def promotion(number: int):
    return _page(number, said=session.once("said"))


def _page(number: int, status: int = 200, refusal: Refused | None = None, said: str = ""):
    held = Promotion.get_or_none(Promotion.id == number)
    if held is None:
        return sentence(404, "This promotion is not there", GONE)
    own = refusal and "leads_to" in request.form  # else another form than that of the facts
    keeps_seen = own and "" not in refusal.problems  # who was told of a change saves over it
    return show(
        *("desk/promotions/page.html", "desk/promotions/_promotion.html"),
        status,
        promotion=held,
        state=held.state(now()),
        troubles=held.troubles(now()),
        typed=request.form if own else _typed(held),
        seen=request.form.get("seen", "") if keeps_seen else held.version,
        described=request.form if refusal and not own else _described(held),
        most=prints.LARGEST >> 20,
        wrong=refusal.problems if refusal else {},
        said=said,
        **_offered(held.discount),
    )


def _typed(held: Promotion) -> dict[str, str]:
    """What the form says of it as it is."""
    ticks = {name: "on" for name in ("on_home", "on_products") if getattr(held, name)}
    return ticks | {
        "title": held.title,
        "words": held.words,
        "leads_to": held.path,
        "on_collection": str(held.on_collection_id or ""),
        "discount": str(held.discount_id or ""),
        "starts_at": as_typed(held.starts_at),
        "ends_at": as_typed(held.ends_at),
    }


def _described(held: Promotion) -> dict[str, str]:
    only_decorates = held.picture and not held.alt
    return {"alt": held.alt} | ({"decorative": "on"} if only_decorates else {})


def _changed(number: int, said: str):
    if wants_part():
        return _page(number, said=said)
    session.keep("said", said)
    return go(url_for("desk.promotion", number=number))


@desk.post(ONE)
@roles("editor")
def edit_promotion(number: int):
    try:
        Promotion.edit(number, request.form.get("seen", ""), _facts())
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "Saved.")


@desk.post(f"{ONE}/picture")
@takes_files(prints.LARGEST + 1, prints.LARGEST + FORM)
@roles("editor")
def hang_promotion(number: int):
    file, media = request.files.get("file"), current_app.extensions["settings"].instance / "media"
    try:
        with Form(request.form) as form:
            alt = form.line("alt")
        try:
            given = file.read(prints.LARGEST + 1) if file and file.filename else b""
            photograph = asdict(prints.develop(given, media)) if given else None
        except prints.BadPicture as refusal:
            raise Refused(file=refusal.sentence) from None
        Promotion.hang(number, photograph, alt, form.tick("decorative"))
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "The picture hangs." if photograph else "The words are kept.")


@desk.post(f"{ONE}/picture/removal")
@roles("editor")
def take_down_promotion(number: int):
    try:
        Promotion.take_down(number)
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "The picture is taken down.")


@desk.post(f"{ONE}/place")
@roles("editor")
def move_promotion(number: int):
    step = STEPS.get(request.form.get("to", "")) or abort(400)
    try:
        Promotion.arrange(number, step, now())
    except Refused as refusal:
        return _list(422, refusal)
    return _listed("Moved.")


@desk.post(f"{ONE}/removal")
@roles("editor")
def remove_promotion(number: int):
    try:
        Promotion.remove(number)
    except Refused as refusal:
        return _list(422, refusal)
    session.keep("said", "It is removed. What it led to stays.")
    return go(HERE)


def _listed(said: str):
    if wants_part():
        return _list(said=said)
    session.keep("said", said)
    return go(HERE)
