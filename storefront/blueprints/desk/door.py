"""The door: signing in with a passkey, or with password and code; signing out."""

import re

from flask import abort, g, request

from storefront import passkeys
from storefront.blueprints.desk import choosing, desk, limits, session, tickets
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import at_the_door, roles
from storefront.door import limiter
from storefront.models import Guess, Staff, signing_in
from storefront.models.guess import TooMany
from storefront.models.staff import ROLES
from storefront.pages import go, now
from storefront.refusals import Refused

OURS = re.compile(r"/desk(/[\w./-]*)?(\?[\w=&%./+-]*)?")  # where the way back may lead


@desk.get("/door")
@at_the_door
def door():
    return go(_way_back()) if g.staff and "again" not in request.args else _page()


def _page(status: int = 200, refusal: Refused | None = None):
    context = {
        "refusal": refusal,
        "email": request.form.get("email", "")[:254],
        "way_back": _way_back(),
        "again": "again" in request.values and g.staff is not None,
        "place": choosing.place(),
    }
    return show("desk/door/page.html", status=status, **context)


def _way_back() -> str:
    asked = request.values.get("next", "")
    leaves = "//" in asked or ".." in asked
    return asked if OURS.fullmatch(asked) and not leaves else "/desk"


@desk.get("/door/challenge")
@at_the_door
@limiter.limit(limits.OF_AN_ADDRESS)
def challenge():
    if choosing.place() is None:
        abort(404)
    asked = tickets.challenge("sign in", "", now())
    options = passkeys.question(choosing.place(), asked.bytes)
    return {"options": options, "ticket": asked.ticket}


@desk.post("/door")
@at_the_door
@limiter.limit(limits.OF_AN_ADDRESS)
def sign_in():
    try:
        staff = _with_passkey() if "credential" in request.form else _with_password()
    except TooMany as refusal:
        return _page(429, refusal)
    except Refused as refusal:
        return _page(422, refusal)
    session.begin(staff, now())
    return limits.remember(go(_way_back()), staff)


def _with_passkey() -> Staff:
    place, form = choosing.place(), request.form
    if place is None:
        raise Refused(passkeys.NOT_TAKEN)
    challenge = tickets.challenge_in("sign in", "", form.get("ticket", ""), now())
    return signing_in.with_passkey(place, form["credential"], challenge, now())


def _with_password() -> Staff:
    typed = [request.form.get(name, "")[:254] for name in ("email", "password", "code")]
    guess = limits.listen(typed[0], now())
    staff = signing_in.with_password(*typed, now())
    Guess.forget(guess)
    return staff


@desk.post("/session/end")
@roles(*ROLES)
def sign_out():
    g.staff.change()
    session.end()
    return go("/desk/door")
