"""Putting right what is held: name and address of an order that may still be there."""

from flask import abort, url_for
from wtforms import ValidationError

from storefront import address
from storefront.blueprints.privacy import blueprint
from storefront.blueprints.privacy.mine import behind, held, private
from storefront.fields import asked
from storefront.forms import Form
from storefront.models import Order
from storefront.pages import go, now, show
from storefront.personal import personal
from storefront.refusals import Refused

PARCEL = {"clause": "orders", "why": "to deliver your order", "basis": "contract"}
PARTS = ("name", "line1", "line2", "city", "region", "postal_code")


class CorrectionForm(Form):
    """Name and address of one order. The country stays: delivery and tax were reckoned for it."""

    closed = ""  # putting right what is held stays open, whatever a text leaves out

    name = personal(asked("Full name", "name"), **PARCEL)
    line1 = personal(asked("Street address", "address-line1"), **PARCEL)
    line2 = personal(asked("Apartment, floor, company (optional)", "address-line2"), **PARCEL)
    city = personal(asked("City", "address-level2"), **PARCEL)
    region = personal(asked("State", "address-level1"), **PARCEL)
    postal_code = personal(asked("Postal code", "postal-code", 20), **PARCEL)

    def validate_name(self, field) -> None:
        if not field.data:
            raise ValidationError("Please give the name for the parcel.")

    def checked(self, country: str) -> dict[str, str]:
        """Name and address by the rules of the country. Raises `Refused`, said at the fields."""
        good = self.validate()
        parts = {part: self[part].data or "" for part in address.PARTS}
        right, wrong = address.checked(country, parts)
        for part, sentence in wrong.items():
            self[part].errors = [*self[part].errors, sentence]
        if wrong or not good:
            raise Refused("Please look once more at what is marked. Nothing was changed.")
        return {"name": self["name"].data, "line2": self.line2.data} | right


@blueprint.get("/privacy/mine/<secret>/orders/<number>")
def mine_to_correct(secret: str, number: str):
    order = _order(secret, number)
    return _page(secret, order, CorrectionForm(formdata=None, obj=order))


@blueprint.post("/privacy/mine/<secret>/orders/<number>")
def correct_mine(secret: str, number: str):
    order, form = _order(secret, number), CorrectionForm()
    try:
        order.correct(form.checked(order.country), now())
    except Refused as refusal:
        return _page(secret, order, form, 422, refusal)
    return go(url_for("privacy.mine_held", secret=secret))


def _order(secret: str, number: str) -> Order:
    """The order of that number, if it is about who asked."""
    for one in held(behind(secret), now()):
        if isinstance(one.row, Order) and one.row.number == number:
            return one.row
    abort(404)


def _page(secret, order, form, status=200, refusal: Refused | None = None):
    page, part = "privacy/mine/correct.html", "privacy/mine/_correct.html"
    rules = address.rules_for(order.country)
    context = {"secret": secret, "order": order, "rules": rules}
    context |= {"form": form, "refusal": refusal, "open": order.can_be_corrected(now())}
    return private(show(page, part, status=status, **context))
