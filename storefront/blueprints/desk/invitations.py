"""An invitation: whoever has the link chooses how to sign in, and is signed in."""

import hashlib

from flask import abort

from storefront.blueprints.desk import choosing, desk, limits, session
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import at_the_door
from storefront.door import limiter
from storefront.models import Staff
from storefront.pages import go, now
from storefront.refusals import Refused


@desk.get("/invitations/<secret>")
@at_the_door
def invitation(secret: str):
    return _page(secret)


def _page(secret: str, status: int = 200, refusal: Refused | None = None):
    try:
        invited = Staff.invited_with(secret, now())
    except Refused as gone:
        return show("desk/door/gone.html", status=410, words=gone.sentence)
    context = {
        "invited": invited,
        "settled": invited.is_settled,
        "here": f"/desk/invitations/{secret}",
        "refusal": refusal,
        "place": choosing.place(),
        "offer": choosing.app_offer(_holder(secret), invited.email),
    }
    return show("desk/door/invitation.html", status=status, **context)


def _holder(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@desk.get("/invitations/<secret>/challenge")
@at_the_door
@limiter.limit(limits.OF_AN_ADDRESS)
def invitation_challenge(secret: str):
    try:
        invited = Staff.invited_with(secret, now())
    except Refused:
        abort(404)
    if choosing.place() is None:
        abort(404)
    return choosing.passkey_options("invitation", _holder(secret), invited)


@desk.post("/invitations/<secret>/passkey")
@at_the_door
@limiter.limit(limits.OF_AN_ADDRESS)
def accept_with_passkey(secret: str):
    if choosing.place() is None:
        abort(404)
    try:
        Staff.invited_with(secret, now())
        made = choosing.new_passkey("invitation", _holder(secret))
        staff = Staff.settle(secret, now(), **made)
    except Refused as refusal:
        return _page(secret, 422, refusal)
    session.begin(staff, now())
    return limits.remember(go("/desk"), staff)


@desk.post("/invitations/<secret>/password")
@at_the_door
@limiter.limit(limits.OF_AN_ADDRESS)
def accept_with_password(secret: str):
    try:
        invited = Staff.invited_with(secret, now())
        columns = choosing.chosen(invited, _holder(secret), password=True, app=True)
        staff = Staff.settle(secret, now(), **columns)
    except Refused as refusal:
        return _page(secret, 422, refusal)
    session.begin(staff, now())
    return limits.remember(go("/desk/account/recovery-codes"), staff)
