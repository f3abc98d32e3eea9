"""Trials at the desk: which order of a collection, or which promotion, more visits follow."""

from flask import request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.typed import Form
from storefront.listing.order import ORDERS, OWN
from storefront.models import Collection, Promotion, Trial
from storefront.models.trial import LEAST, Outcome
from storefront.pages import go, now, wants_part
from storefront.refusals import Refused

HERE = "/desk/trials"
screen("Trials", HERE, ("editor",), "Which order of a list, or which banner, more visits follow.")

ONE = f"/trials/<{NUMBER}:number>"
MOST = 30
TRIED = {key: words for key, words in ORDERS.items() if key not in OWN}


@desk.get("/trials")
@roles("editor")
def trials():
    return _list(said=session.once("said"))


def _list(status: int = 200, refusal: Refused | None = None, said: str = ""):
    at = now()
    every = Trial.in_order()[:MOST]
    return show(
        *("desk/trials/list.html", "desk/trials/_list.html"),
        status,
        trials=[(each, Outcome(*each.arms())) for each in every],
        orders=ORDERS,
        tried=TRIED,
        collections=Collection.in_order(),
        promotions=[each for each in Promotion.in_order() if each.state(at) == "running"],
        least=LEAST,
        typed=request.form if refusal else {},
        wrong=refusal.problems if refusal else {},
        said=said,
    )


@desk.post("/trials")
@roles("editor")
def begin_trial():
    try:
        _begin()
    except Refused as refusal:
        return _list(422, refusal)
    return _changed("It has begun. What visits see and follow is counted here within a minute.")


def _begin() -> None:
    with Form(request.form) as form:
        if request.form.get("what") == "promotion":
            pair = [_number(form, name) for name in ("promotion", "against")]
        else:
            pair, held = None, _number(form, "collection")
            order = request.form.get("order", "")
            if order not in TRIED:
                form.problems["order"] = "Choose the order that is tried."
    if pair:
        Trial.begin_of_promotion(*pair, now())
    else:
        Trial.begin_of_order(held, order, now())


def _number(form: Form, name: str) -> int | None:
    if not request.form.get(name):
        form.problems[name] = "Please choose one."
        return None
    return form.count(name, 1)


@desk.post(f"{ONE}/end")
@roles("editor")
def end_trial(number: int):
    try:
        Trial.end(number, now())
    except Refused as refusal:
        return _list(422, refusal)
    return _changed("It has ended: all is shown as it was without it. What was counted stays here.")


@desk.post(f"{ONE}/removal")
@roles("editor")
def remove_trial(number: int):
    Trial.remove(number)
    return _changed("It is removed.")


def _changed(said: str):
    if wants_part():
        return _list(said=said)
    session.keep("said", said)
    return go(HERE)
