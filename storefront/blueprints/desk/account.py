"""One's own account: name, passkeys, and ending the sessions there are."""

from flask import abort, g, request

from storefront.blueprints.desk import choosing, desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.models import Passkey, Staff
from storefront.models.staff import ROLES
from storefront.pages import collects, go, now, wants_part
from storefront.refusals import Refused

screen("Your account", "/desk/account", ROLES, "How you sign in, and where you are signed in.")
ELSEWHERE = "Wherever else you were signed in, you no longer are."


@desk.get("/account")
@roles(*ROLES, fresh=True)
def account():
    return _page()


def _page(status: int = 200, refusal: Refused | None = None, about: int = 0, said: str = ""):
    """The page; `about` is the number of the passkey that a refusal concerns."""
    context = {
        "refusal": refusal,
        "about": about,
        "said": said or session.once("said"),
        "passkeys": list(g.staff.passkeys.order_by(Passkey.id)),
        "codes": g.staff.recovery_codes.count(),
        "place": choosing.place(),
    }
    return show("desk/account/page.html", "desk/account/_ways.html", status=status, **context)


def changed(said: str):
    """Stay signed in here, and show the account as it is now."""
    session.carry_on(g.staff)
    if wants_part():
        return _page(said=said)
    session.keep("said", said)
    return go("/desk/account")


@desk.post("/account/name")
@roles(*ROLES, fresh=True)
@collects("staff")
def rename():
    name = " ".join(request.form.get("name", "").split())[:100]
    Staff.update(name=name).where(Staff.id == g.staff.id).execute()
    session.keep("said", "Your name was changed.")
    return go("/desk/account")


@desk.get("/account/passkeys/challenge")
@roles(*ROLES, fresh=True)
def passkey_challenge():
    if choosing.place() is None:
        abort(404)
    return choosing.passkey_options("passkey", choosing.mine(), g.staff)


@desk.post("/account/passkeys")
@roles(*ROLES, fresh=True)
def add_passkey():
    if choosing.place() is None:
        abort(404)
    try:
        g.staff.add_passkey(**choosing.new_passkey("passkey", choosing.mine()), at=now())
    except Refused as refusal:
        return _page(422, refusal)
    return changed(f"The passkey was added. {ELSEWHERE}")


@desk.post(f"/account/passkeys/<{NUMBER}:number>")
@roles(*ROLES, fresh=True)
@collects("staff")
def rename_passkey(number: int):
    mine = Passkey.staff == g.staff, Passkey.id == number
    if not Passkey.update(name=choosing.passkey_name()).where(*mine).execute():
        return _page(422, Refused("This passkey is not there any more."))
    return changed("The passkey has a new name.")


@desk.post(f"/account/passkeys/<{NUMBER}:number>/removal")
@roles(*ROLES, fresh=True)
def remove_passkey(number: int):
    try:
        g.staff.drop_passkey(number)
    except Refused as refusal:
        return _page(422, refusal, number)
    return changed(f"The passkey was removed. {ELSEWHERE}")


@desk.post("/account/password/removal")
@roles(*ROLES, fresh=True)
def remove_password():
    try:
        g.staff.drop_password()
    except Refused as refusal:
        return _page(422, refusal)
    return changed(f"You now sign in with a passkey only. {ELSEWHERE}")


@desk.post("/account/sessions/end")
@roles(*ROLES, fresh=True)
def end_others():
    g.staff.change()
    return changed(ELSEWHERE)
