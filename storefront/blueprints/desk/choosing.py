"""Choosing how to sign in: a passkey, or a password with an app that shows codes.

The pages of invitations and of accounts ask the same, so what they ask is read here.
"""

from flask import current_app, g, request

from storefront import factors, passkeys
from storefront.blueprints.desk import tickets
from storefront.models import Staff
from storefront.pages import now
from storefront.passkeys import Place
from storefront.refusals import Refused


def place() -> Place | None:
    """Where passkeys of this shop belong; None where browsers make none."""
    settings = current_app.extensions["settings"]
    return Place.of(settings.shop_origin, settings.shop["name"])


def passkey_options(purpose: str, holder: str, staff: Staff) -> dict:
    """What the script asks the browser for, and the ticket it brings back with the answer."""
    challenge = tickets.challenge(purpose, holder, now())
    there = [passkey.credential for passkey in staff.passkeys]
    asked = passkeys.invitation(place(), staff.handle, staff.email, challenge.bytes, there)
    return {"options": asked, "ticket": challenge.ticket}


def new_passkey(purpose: str, holder: str) -> dict:
    """The passkey that was made, with its name; raises `Refused` for anything else."""
    challenge = tickets.challenge_in(purpose, holder, request.form.get("ticket", ""), now())
    made = passkeys.taken(place(), request.form.get("credential", ""), challenge)
    return {"passkey": made, "name": passkey_name()}


def passkey_name() -> str:
    """What somebody calls a passkey, or the day it was made."""
    typed = " ".join(request.form.get("name", "").split())[:60]
    return typed or f"Passkey of {now():%-d %B %Y}"


def app_offer(holder: str, account: str) -> dict:
    """A key for an app: as a ticket, in words and drawn. One that was offered stays."""
    try:
        key = tickets.read("app", holder, request.form.get("ticket", ""), now())
    except Refused:
        key = factors.new_key()
    shop = current_app.extensions["settings"].shop["name"]
    return {
        "ticket": tickets.written("app", holder, key, now()),
        "drawn": factors.drawn_key(key, account, shop),
        "groups": factors.in_groups(key),
    }


def chosen(staff: Staff, holder: str, *, password: bool, app: bool) -> dict:
    """What was chosen, as `Staff.change` takes it; raises `Refused` for all that is wrong of it."""
    columns, problems = {}, {}
    for wanted, read in ((password, lambda: _password(staff)), (app, lambda: _app(holder))):
        try:
            columns |= read() if wanted else {}
        except Refused as refusal:
            problems |= refusal.problems
    if problems:
        raise Refused(**problems)
    return columns


def _password(staff: Staff) -> dict:
    typed = request.form.get("password", "")
    shop = current_app.extensions["settings"].shop["name"]
    factors.check_password(typed, staff.email, *staff.email.split("@"), shop)
    return {"password": factors.password_hash(typed)}


def _app(holder: str) -> dict:
    try:
        key = tickets.read("app", holder, request.form.get("ticket", ""), now())
    except Refused:
        raise Refused(
            code="The key is a new one: this page was open for long. Please scan it once more."
        ) from None
    step = factors.step_of(request.form.get("code", ""), key, now())
    if step is None:
        raise Refused(
            code="This is not the code that the app shows now. "
            "If it does not fit again, see that your phone's clock is right."
        )
    return {"totp": key, "totp_step": step}


def mine() -> str:
    """Who a ticket on the account's own pages is for: void once anything has changed."""
    return g.staff.session_id()
