"""The visitor's own cookies, decoded, each with a button that removes it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app, request, session
from flask_wtf.csrf import generate_csrf

from storefront import personal, register, trails
from storefront.blueprints.privacy import blueprint
from storefront.cookies import (
    CART_DAYS,
    customers_visit,
    declared_names,
    is_visit_cookie,
    leave_unreadable,
    read_cart,
    remove_cookie,
)
from storefront.models.card import Card
from storefront.pages import closed, go, gpc, keep_from_caches, show
from storefront.refusals import Refused

MOST = 50  # cookies that are shown; browsers keep about 180 of a host


@dataclass(frozen=True)
class OwnCookie:
    """A cookie that the visitor's browser has sent: what it is, in words, and what it holds."""

    name: str
    words: str
    holds: list[str] = field(default_factory=list)
    ends: datetime | None = None


@blueprint.get("/privacy/cookies")
def cookies():
    return _page()


@blueprint.post("/privacy/cookies/removals")
def remove():
    name = request.form.get("cookie", "")
    plain = name.removeprefix("__Host-")
    if name not in request.cookies and plain not in declared_names():
        return _page(422, Refused("Your browser has sent no cookie of that name."))
    return keep_from_caches(remove_cookie(go("/privacy/cookies"), name))


def _page(status: int = 200, refusal: Refused | None = None):
    trouble = leave_unreadable()
    listed = list(request.cookies.items())[:MOST]
    response = show(
        "privacy/cookies.html",
        status=status,
        own=[_decoded(name, value, trouble) for name, value in listed],
        more=len(request.cookies) - len(listed),
        ever=[(fact, register.how_long(fact)) for fact in personal.declared("cookie")],
        token=generate_csrf() if session else "",
        gpc=gpc(),
        refusal=refusal,
    )
    return keep_from_caches(response)


def _decoded(name: str, value: str, trouble: str) -> OwnCookie:
    if name == current_app.extensions["cart_cookie"].name:
        return _cart(name, trouble)
    if name == current_app.config["SESSION_COOKIE_NAME"]:
        return OwnCookie(name, _session_in_words())
    if is_visit_cookie(name):
        return OwnCookie(name, _visit_in_words())
    if name == current_app.extensions["trail_cookie"].name:
        return _trail(name)
    known = (f for f in personal.declared("cookie") if f.where == name.removeprefix("__Host-"))
    if fact := next(known, None):
        return OwnCookie(name, f"This shop has set it {fact.why}.")
    return OwnCookie(name, "This shop has not set it and does not read it.")


def _cart(name: str, trouble: str) -> OwnCookie:
    if trouble:
        words = "It is damaged, or too old, and cannot be read: it counts as an empty cart."
        return OwnCookie(name, words)
    cart = read_cart()
    things = "1 thing" if cart.count == 1 else f"{cart.count} things"
    holds = [f"{line.quantity} × {_named(line.variant)}" for line in cart.lines]
    if cart.gone:
        holds.append("something that is no longer sold")
    ends = cart.since and cart.since + timedelta(days=CART_DAYS)
    words = f"{things} in your cart, and nothing else about you{':' if holds else '.'}"
    return OwnCookie(name, words, holds, ends)


def _trail(name: str) -> OwnCookie:
    if closed("trail"):
        return OwnCookie(name, "What you looked at here. It is not read at the moment.")
    trail = trails.current()
    if trail is None:
        return OwnCookie(name, "It is damaged, or too old, and cannot be read: it says nothing.")
    cards = Card.reachable(list(trail.seen))
    holds = [card.title for card in cards]
    if gone := len(trail.seen) - len(cards):
        things = "one thing" if gone == 1 else f"{gone} things"
        holds.append(f"{things} that we do not show any more")
    if trail.way:
        holds.append(f"the list you came from: {trail.way}")
    words = "What you looked at here, because you asked us to remember it, until you close the "
    return OwnCookie(name, f"{words}browser{':' if holds else '. It is empty yet.'}", holds)


def _named(variant) -> str:
    return f"{variant.product.title}, {variant.name}" if variant.name else variant.product.title


def _visit_in_words() -> str:
    if customers_visit():
        return "It keeps you signed in to your account, until 30 days after your last visit."
    return "A session of an account that is over, or damaged: it opens nothing."


def _session_in_words() -> str:
    if session:
        return "A session at the desk: it keeps somebody who works here signed in."
    return "A session that is over, or damaged: it opens nothing."
