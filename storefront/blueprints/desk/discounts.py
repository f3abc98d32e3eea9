"""Discount codes: made, changed and ended, and how often each is used."""

from flask import abort, current_app, g, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.entered import Entered, said
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.models import Collection, Discount, DiscountUse
from storefront.models.discount import AMOUNT, PERCENT
from storefront.pages import go, now
from storefront.refusals import Refused

HERE = "/desk/discounts"
screen("Discounts", HERE, ("editor",), "Codes that take something off an order.")


@desk.get("/discounts")
@roles("editor")
def discounts():
    return _discounts()


def _discounts(status: int = 200, refusal: Refused | None = None):
    context = {
        "codes": [(code, code.state(now())) for code in Discount.in_order()],
        "collections": Collection.in_order(),
        "may_change": g.staff.may(("manager",)),
        "typed": request.form if refusal else {},
        "refusal": refusal,
        "said": session.once("said"),
        "currency": current_app.extensions["settings"].currency,
    }
    return show("desk/discounts/page.html", "desk/discounts/_codes.html", status=status, **context)


@desk.post("/discounts")
@roles("manager")
def add_discount():
    currency = current_app.extensions["settings"].currency
    code = Discount(currency=currency)
    try:
        code.change(now(), code=request.form.get("code", ""), **_facts(currency))
    except Refused as refusal:
        return _discounts(422, refusal)
    return _saved(f"{code.code} is made: {code.words}.")


def _saved(words: str):
    session.keep("said", words)
    return go(HERE)


def _facts(currency: str) -> dict:
    entered = Entered(request.form, currency)
    kind = entered.text("kind")
    held = entered.text("collection")
    facts = {
        "kind": kind,
        "value": _value(entered, kind),
        "minimum_minor": entered.money("minimum", 0),
        "starts_at": entered.day("starts"),
        "until": entered.day("until", after=1),
        "most": entered.number("most"),
        "once": entered.ticked("once"),
        "collection": held and Collection.get_or_none(Collection.slug == held),
    }
    if held and not facts["collection"]:
        entered.problems["collection"] = "This collection was removed meanwhile."
    entered.check()
    return facts | {"collection": facts["collection"] or None}


def _value(entered: Entered, kind: str) -> int:
    if kind == PERCENT:
        return entered.points("value")
    return entered.money("value", 0) if kind == AMOUNT else 0


def _found(number: int) -> Discount:
    return Discount.get_or_none(Discount.id == number) or abort(404, "There is no such code.")


@desk.get(f"/discounts/<{NUMBER}:number>")
@roles("manager")
def discount(number: int):
    return _discount(_found(number))


def _discount(code: Discount, status: int = 200, refusal: Refused | None = None):
    context = {
        "code": code,
        "state": code.state(now()),
        "collections": Collection.in_order(),
        "typed": request.form if refusal else _typed(code),
        "refusal": refusal,
        "currency": code.currency,
    }
    return show("desk/discounts/code.html", "desk/discounts/_code.html", status=status, **context)


def _typed(code: Discount) -> dict[str, str]:
    value = code.percent if code.kind == PERCENT else said(code.value, code.currency)
    typed = {
        "kind": code.kind,
        "value": value if code.value else "",
        "minimum": said(code.minimum_minor or None, code.currency),
        "starts": code.starts_at and f"{code.starts_at:%Y-%m-%d}",
        "until": code.last_day and f"{code.last_day:%Y-%m-%d}",
        "most": code.most,
        "collection": code.collection and code.collection.slug,
    }
    return typed | ({"once": "on"} if code.once else {})


@desk.post(f"/discounts/<{NUMBER}:number>")
@roles("manager")
def change_discount(number: int):
    code = _found(number)
    try:
        code.change(now(), **_facts(code.currency))
    except Refused as refusal:
        return _discount(_found(number), 422, refusal)
    return _saved(f"{code.code} is saved.")


@desk.post(f"/discounts/<{NUMBER}:number>/end")
@roles("manager")
def end_discount(number: int):
    code = _found(number)
    DiscountUse.end(code, now())
    return _saved(f"{code.code} is over. Orders that have it keep it.")
