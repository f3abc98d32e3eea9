"""Passkeys of an account: the quick way back in, beside the mail, never instead of it."""

from flask import abort, g, request, url_for

from storefront import passkeys as protocol
from storefront.blueprints.account import account, asking, session
from storefront.blueprints.account.guard import NUMBER, fresh, show
from storefront.models import AccountPasskey
from storefront.pages import collects, go, now, wants_part
from storefront.refusals import Refused


@account.get("/passkeys")
@fresh
def passkeys():
    return _page()


def _page(status: int = 200, refusal: Refused | None = None, said: str = ""):
    context = {"refusal": refusal, "said": said or session.said(), "place": asking.place()}
    context["passkeys"] = list(g.customer.passkeys.order_by(AccountPasskey.id))
    return show("account/passkeys.html", "account/_passkeys.html", status=status, **context)


def _changed(said: str):
    session.carry_on(g.customer)
    if wants_part():
        return _page(said=said)
    session.keep(said)
    return go(url_for("account.passkeys"))


@account.get("/passkeys/challenge")
@fresh
def passkey_challenge():
    place = asking.place() or abort(404)
    made = asking.tickets().challenge("passkey", asking.mine(), now())
    there = [passkey.credential for passkey in g.customer.passkeys]
    asked = protocol.invitation(place, g.customer.handle, g.customer.email, made.bytes, there)
    return {"options": asked, "ticket": made.ticket}


@account.post("/passkeys")
@fresh
@collects("accounts")
def add_passkey():
    place, form = asking.place() or abort(404), request.form
    try:
        asked = asking.tickets().challenge_in(
            "passkey", asking.mine(), form.get("ticket", ""), now()
        )
        made = protocol.taken(place, form.get("credential", ""), asked)
        g.customer.add_passkey(made, _name(), now())
    except Refused as refusal:
        return _page(422, refusal)
    return _changed("The passkey was added. It signs you in from now on, as a link by mail does.")


def _name() -> str:
    typed = " ".join(request.form.get("name", "").split())[:60]
    return typed or f"Passkey of {now():%-d %B %Y}"


@account.post(f"/passkeys/<{NUMBER}:number>")
@fresh
@collects("accounts")
def rename_passkey(number: int):
    mine = AccountPasskey.account == g.customer, AccountPasskey.id == number
    if not AccountPasskey.update(name=_name()).where(*mine).execute():
        abort(404)
    return _changed("The passkey has a new name.")


@account.post(f"/passkeys/<{NUMBER}:number>/removal")
@fresh
def remove_passkey(number: int):
    if not g.customer.passkeys.where(AccountPasskey.id == number).exists():
        abort(404)
    g.customer.drop_passkey(number)
    return _changed("The passkey was removed. Wherever else you were signed in, you no longer are.")
