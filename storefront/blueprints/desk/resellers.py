"""Resellers at the desk: who may show our testimonials, where, of which products, and how."""

from datetime import timedelta

from flask import request, url_for

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.products import offered, page_number, paging
from storefront.blueprints.desk.typed import Form
from storefront.models import Reseller, WidgetViews
from storefront.models.reseller import GONE, LOOK, MOST_PRODUCTS, SCHEMES, SIZES
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

HERE = "/desk/resellers"
screen("Resellers", HERE, ("editor",), "Who may show our testimonials on their own sites.")

ONE = f"/resellers/<{NUMBER}:number>"
PER_PAGE = 50
COUNTED = timedelta(days=30)
FACTS = ("name", "origins", *LOOK)


def of_number(number: int) -> Reseller:
    """The reseller of that number; raises `Refused` where it was removed."""
    found = Reseller.get_or_none(Reseller.id == number)
    if found is None:
        raise Refused(GONE)
    return found


@desk.get("/resellers")
@roles("editor")
def resellers():
    return _list()


def _list(status: int = 200, refusal: Refused | None = None):
    start = (page_number() - 1) * PER_PAGE
    rows = list(Reseller.in_order().offset(start).limit(PER_PAGE + 1))
    context = {
        "resellers": rows[:PER_PAGE],
        "views": WidgetViews.since((now() - COUNTED).date(), rows),
        "pages": paging(len(rows) > PER_PAGE, "desk.resellers"),
        "sizes": SIZES,
        "schemes": SCHEMES,
        "typed": request.form if refusal else LOOK,
        "refusal": refusal,
        "said": session.once("said"),
    }
    return show("desk/resellers/list.html", "desk/resellers/_list.html", status, **context)


@desk.post("/resellers")
@roles("editor")
def add_reseller():
    try:
        made = Reseller.add_one(_facts(), now())
    except Refused as refusal:
        return _list(422, refusal)
    session.keep("said", f"{made.name} is added. May show us: {', '.join(made.origins)}.")
    return go(url_for("desk.reseller", number=made.id))


def _facts() -> dict:
    """Name, origins and look as they were typed."""
    form = {name: request.form.get(name, "") for name in FACTS}
    return {
        "name": form["name"],
        "origins": form["origins"].splitlines(),
        "look": {name: form[name] for name in LOOK},
    }


@desk.get(ONE)
@roles("editor")
def reseller(number: int):
    return _page(number)


def _page(number: int, status: int = 200, refusal: Refused | None = None, said: str = ""):
    try:
        held = of_number(number)
    except Refused as gone:
        return sentence(404, "This reseller is not there", gone.sentence)
    return show(
        *("desk/resellers/page.html", "desk/resellers/_reseller.html"),
        status,
        **_held_by(held) | offered(),
        **_facts_of(held, refusal),
        wrong=refusal.problems if refusal else {},
        said=said or session.once("said"),
    )


def _facts_of(held: Reseller, refusal: Refused | None) -> dict:
    """The form of the facts: as they are, or as it was sent if it was that form.

    Who is told of somebody else's change (a refusal of the whole) saves over it the next time.
    """
    if refusal is None or "origins" not in request.form:
        return {"typed": _typed(held), "seen": held.version}
    seen = held.version if "" in refusal.problems else request.form.get("seen")
    return {"typed": request.form, "seen": seen}


def _held_by(held: Reseller) -> dict:
    """What the page shows of a reseller as it stands."""
    return {
        "reseller": held,
        "chosen": held.chosen(),
        "holds": held.products,
        "most": MOST_PRODUCTS,
        "sizes": SIZES,
        "schemes": SCHEMES,
    }


def _typed(held: Reseller) -> dict[str, str]:
    return {"name": held.name, "origins": "\n".join(held.origins)} | held.look


def _changed(number: int, said: str):
    if wants_part():
        return _page(number, said=said)
    session.keep("said", said)
    query = request.form.get("q", "")[:200]
    return go(url_for("desk.reseller", number=number, **({"q": query} if query else {})))


@desk.post(ONE)
@roles("editor")
def change_reseller(number: int):
    try:
        of_number(number).change(_facts(), now(), request.form.get("seen", ""))
    except Refused as refusal:
        return _page(number, 422, refusal)
    held = of_number(number)
    return _changed(number, f"Saved. May show us: {', '.join(held.origins)}.")


@desk.post(f"{ONE}/products")
@roles("editor")
def choose_product(number: int):
    try:
        with Form(request.form) as form:
            product = form.count("product", 1)
        of_number(number).take_in(product, now())
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "Added. Only what is chosen here is shown.")


@desk.post(f"{ONE}/products/<{NUMBER}:product>/removal")
@roles("editor")
def leave_out_product(number: int, product: int):
    try:
        of_number(number).leave_out(product, now())
    except Refused as refusal:
        return _page(number, 422, refusal)
    left = of_number(number).products
    return _changed(number, "Taken out." if left else "Taken out. Now all products are shown.")


@desk.post(f"{ONE}/key")
@roles("editor")
def change_key(number: int):
    try:
        of_number(number).change_key(now(), request.form.get("seen", ""))
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "It has a new key. Send the new lines, or the new link, to the firm.")


@desk.post(f"{ONE}/revocation")
@roles("editor")
def revoke_key(number: int):
    try:
        of_number(number).revoke(now())
    except Refused as refusal:
        return _page(number, 422, refusal)
    return _changed(number, "The key is revoked: nothing is shown with it any more.")


@desk.post(f"{ONE}/removal")
@roles("editor")
def remove_reseller(number: int):
    try:
        held = of_number(number)
        held.remove()
    except Refused as refusal:
        return sentence(404, "This reseller is not there", refusal.sentence)
    session.keep("said", f"{held.name} is removed, with its counts.")
    return go(HERE)
