"""Finding an order again: its link goes to its own address, and nobody else learns anything."""

from flask import Blueprint, current_app, url_for
from wtforms import ValidationError

from storefront.door import limiter
from storefront.fields import asked
from storefront.forms import EmailForm, email_field
from storefront.models import OrderSearch
from storefront.models.order_search import number_in
from storefront.pages import go, now, public, show
from storefront.personal import personal
from storefront.refusals import Refused

blueprint = Blueprint("order_search", __name__)

NO_NUMBER = (
    "This is not an order number. It has ten letters and digits, such as K7M2P-4QRTX, and is in "
    "every e-mail about the order."
)


class FindForm(EmailForm):
    """What is needed to find an order."""

    number = personal(
        asked("Order number", "number", 60, autocomplete="off", autocapitalize="characters"),
        clause="orders",
        why="to find the order that you look for",
        basis="contract",
        words="the order number that you gave",
    )
    email = email_field(clause="orders", why="to send you the link to your order", basis="contract")

    no_email = "Please give the e-mail address you ordered with."
    looked_up = True

    def validate_number(self, field) -> None:
        if not number_in(field.data):
            raise ValidationError(NO_NUMBER)


@blueprint.get("/orders")
@public
def find():
    return _page(FindForm(formdata=None))


def _page(form: FindForm, status: int = 200, refusal: Refused | None = None):
    context = {"form": form, "refusal": refusal}
    return show("order_search/page.html", "order_search/_form.html", status=status, **context)


@blueprint.post("/orders")
@limiter.limit("6 per minute;40 per hour")
def ask():
    """The same answer, after the same work, whether number and address belong together or not."""
    form = FindForm()
    if not form.validate():
        return _page(form, 422)
    try:
        OrderSearch.ask(number_in(form.number.data), form.email.data, now())
    except Refused as refusal:
        return _page(form, 429, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("order_search.asked_for"))


@blueprint.get("/orders/asked")
@public
def asked_for():
    return show("order_search/asked.html")
