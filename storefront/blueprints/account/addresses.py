"""The address book, from which the checkout fills itself in."""

from flask import abort, g, request, url_for
from wtforms import BooleanField

from storefront.blueprints.account import account, session
from storefront.blueprints.account.guard import NUMBER, show
from storefront.forms import addressed, home_country
from storefront.models.account import PARTS
from storefront.pages import go, now
from storefront.refusals import Refused

SENT = {
    "clause": "accounts",
    "why": "so that you need not type it again when you order",
    "basis": "contract",
}


class SavedAddressForm(addressed(SENT, SENT)):
    """One address of the book, checked by the rules of its country."""

    email = policy_seen = None
    first = BooleanField("Use this one first", name="first")

    impersonal = ("first",)
    no_name = "Please give the name for the parcel."

    def parts(self) -> dict[str, str]:
        """The address, as it was checked."""
        return {name: self[name].data or "" for name in PARTS}


@account.get("/addresses")
def addresses():
    return _book()


def _book(status: int = 200, refusal: Refused | None = None):
    page, part = "account/addresses.html", "account/_addresses.html"
    context = {"book": g.customer.book(), "refusal": refusal, "said": session.said()}
    return show(page, part, status=status, **context)


@account.get("/addresses/new")
def new_address():
    return _form(SavedAddressForm(formdata=None, country=home_country()))


@account.get(f"/addresses/<{NUMBER}:number>")
def address(number: int):
    saved = g.customer.address(number) or abort(404)
    return _form(SavedAddressForm(formdata=None, obj=saved, first=saved.is_default), number)


@account.post("/addresses")
def add_address():
    return _keep()


@account.post(f"/addresses/<{NUMBER}:number>")
def change_address(number: int):
    g.customer.address(number) or abort(404)
    return _keep(number)


def _keep(number: int = 0):
    form = SavedAddressForm()
    if not form.validate():
        return _form(form, number, 422)
    try:
        g.customer.keep_address(form.parts(), form.first.data, now(), number)
    except Refused as refusal:
        return _form(form, number, 422, refusal)
    session.keep("The address was changed." if number else "The address is in your book.")
    return go(url_for("account.addresses"))


@account.post("/addresses/country", defaults={"number": 0})
@account.post(f"/addresses/<{NUMBER}:number>/country")
def address_parts(number: int):
    """The same page with the address fields of the chosen country; nothing is kept."""
    form = SavedAddressForm()
    form.take_kept(request.form)
    return _form(form, number, part="account/_parts.html")


def _form(form, number=0, status=200, refusal=None, part="account/_address.html"):
    context = {"form": form, "rules": form.rules, "number": number, "refusal": refusal}
    context["way"] = url_for("account.address", number=number) if number else "/account/addresses"
    return show("account/address.html", part, status=status, **context)


@account.post(f"/addresses/<{NUMBER}:number>/removal")
def remove_address(number: int):
    g.customer.address(number) or abort(404)
    g.customer.drop_address(number)
    session.keep("The address was removed.")
    return go(url_for("account.addresses"))
