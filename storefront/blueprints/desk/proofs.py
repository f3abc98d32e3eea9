"""One's own password, app and recovery codes, each on a page of its own."""

from flask import g, request

from storefront import factors
from storefront.blueprints.desk import choosing, desk, session, tickets
from storefront.blueprints.desk.account import ELSEWHERE, changed
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import roles
from storefront.models.staff import ROLES
from storefront.pages import go, now
from storefront.refusals import Refused


@desk.get("/account/password")
@roles(*ROLES, fresh=True)
def password():
    return _password_page()


def _password_page(status: int = 200, refusal: Refused | None = None):
    """A new password; who has no app yet is asked for both, since neither counts alone."""
    offer = None if g.staff.totp else choosing.app_offer(choosing.mine(), g.staff.email)
    return show("desk/account/password.html", status=status, refusal=refusal, offer=offer)


@desk.post("/account/password")
@roles(*ROLES, fresh=True)
def change_password():
    first = not g.staff.totp
    try:
        columns = choosing.chosen(g.staff, choosing.mine(), password=True, app=first)
    except Refused as refusal:
        return _password_page(422, refusal)
    g.staff.change(**columns)
    if not first:
        return changed(f"Your password was changed. {ELSEWHERE}")
    session.carry_on(g.staff)
    return go("/desk/account/recovery-codes")


@desk.get("/account/app")
@roles(*ROLES, fresh=True)
def app():
    return _app_page() if g.staff.password else go("/desk/account/password")


def _app_page(status: int = 200, refusal: Refused | None = None):
    offer = choosing.app_offer(choosing.mine(), g.staff.email)
    return show("desk/account/app.html", status=status, refusal=refusal, offer=offer)


@desk.post("/account/app")
@roles(*ROLES, fresh=True)
def change_app():
    if not g.staff.password:
        return go("/desk/account/password")
    try:
        columns = choosing.chosen(g.staff, choosing.mine(), password=False, app=True)
    except Refused as refusal:
        return _app_page(422, refusal)
    g.staff.change(**columns)
    return changed(f"Codes come from the new app. {ELSEWHERE}")


@desk.get("/account/recovery-codes")
@roles(*ROLES, fresh=True)
def recovery_codes():
    return _codes_page() if g.staff.password else go("/desk/account")


def _codes_page(status: int = 200, refusal: Refused | None = None):
    """Codes that nobody has seen before; they count once the person says that they have them."""
    codes = factors.new_codes()
    ticket = tickets.written("codes", choosing.mine(), codes, now())
    context = {"codes": codes, "ticket": ticket, "kept": g.staff.recovery_codes.count()}
    return show("desk/account/codes.html", status=status, refusal=refusal, **context)


@desk.post("/account/recovery-codes")
@roles(*ROLES, fresh=True)
def keep_codes():
    if not g.staff.password:
        return go("/desk/account")
    ticket = request.form.get("ticket", "")
    try:
        codes = tickets.read("codes", choosing.mine(), ticket, now())
    except Refused as refusal:
        return _codes_page(422, refusal)
    g.staff.keep_codes(codes)
    return changed("Your recovery codes are kept. Each of them counts once.")
