"""Withdrawing from an order and sending things back, from its signed link and without sign-in.

It is a right, so it stays open whatever the policy covers; only words to it wait for that.
"""

import secrets

from flask import Blueprint, abort, current_app, request, url_for
from wtforms import HiddenField, SelectChoice, SelectField, StringField

from storefront.door import limiter
from storefront.forms import Form
from storefront.models import Order, Return, Terms
from storefront.models.fulfilment import Quantities
from storefront.models.returnable import returnable, withdrawable_until
from storefront.models.returning import LONGEST, REASONS
from storefront.pages import go, keep_from_caches, now, show
from storefront.personal import personal
from storefront.refusals import Refused

blueprint = Blueprint("returns", __name__)
CANCELLABLE = ("placed", "awaiting_card", "declined", "unopenable", "expired", "card_held")


class WithdrawalForm(Form):
    """Why somebody withdraws, if they say so. How many of what is read beside it."""

    reason = SelectField(
        "Why (optional)",
        choices=[SelectChoice(*each) for each in REASONS.items()],
        validate_choice=False,
    )
    words = personal(
        StringField("Anything you want to say (optional)", render_kw={"maxlength": LONGEST}),
        clause="orders",
        why="to know what was wrong",
        basis="contract",
    )
    asking = HiddenField()

    impersonal = ("reason", "asking")


@blueprint.after_request
def keep_private(response):
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


@blueprint.get("/orders/<link>/withdrawal")
def page(link: str):
    form = WithdrawalForm(formdata=None, asking=secrets.token_urlsafe(8))
    return _page(_find(link), link, form, {})


def _find(link: str) -> Order:
    number = current_app.extensions["order_links"].read(link)
    order = number and Order.get_or_none(Order.number == number)
    return order or abort(
        404, "No order is behind this link. Please use the whole link from our mail."
    )


def _page(order, link, form, typed: dict, status: int = 200, refusal: Refused | None = None):
    until = withdrawable_until(order)
    over = until is not None and now().date() > until
    there = {} if over else {n: count for n, count in returnable(order).items() if count}
    context = {
        "order": order,
        "lines": [line for line in order.in_order() if there.get(line.id)],
        "there": there,
        "last_day": until,
        "over": over,
        "cancellable": order.state in CANCELLABLE,
        "returns": [(each, each.contents()) for each in Return.of_order(order)],
        "terms": Terms.now(),
    }
    asked = {"form": form, "typed": typed, "closed": form.closed, "refusal": refusal}
    part = "returns/_withdrawal.html"
    return show("returns/page.html", part, status=status, link=link, **context, **asked)


@blueprint.post("/orders/<link>/withdrawal")
@limiter.limit("30 per minute")
def withdraw(link: str):
    order, form, typed = _find(link), WithdrawalForm(), _typed()
    try:
        if order.state in CANCELLABLE:
            current_app.extensions["payments"].cancel(order, now())
        else:
            words = "" if form.closed else form.words.data or ""
            reason, asking = form.reason.data or "", form.asking.data or secrets.token_urlsafe(8)
            Return.ask(order, _wanted(typed), reason, words, asking[:64], now())
    except Refused as refusal:
        return _page(order, link, form, typed, 422, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("returns.page", link=link))


def _typed() -> dict[str, str]:
    """How many of which line, as typed."""
    return dict(zip(request.form.getlist("line"), request.form.getlist("quantity"), strict=False))


def _wanted(typed: dict[str, str]) -> Quantities:
    """The same in numbers; everything where the button for the whole order was pressed."""
    if "whole" in request.form:
        return None
    return {_number(line): _number(count) for line, count in typed.items()}


def _number(text: str) -> int:
    text = text.strip() or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refused("Please give whole numbers.")
    return int(text)


@blueprint.post("/orders/<link>/withdrawal/<int(max=2147483647):number>/end")
@limiter.limit("30 per minute")
def take_back(link: str, number: int):
    order = _find(link)
    mine = (Return.order == order) & (Return.id == number)
    found = Return.get_or_none(mine) or abort(404, "There is no such return of this order.")
    try:
        found.take_back(now())
    except Refused as refusal:
        form = WithdrawalForm(formdata=None, asking=secrets.token_urlsafe(8))
        return _page(order, link, form, {}, 422, refusal)
    return go(url_for("returns.page", link=link))
