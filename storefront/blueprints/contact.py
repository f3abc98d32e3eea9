"""Writing to the shop with nothing but an e-mail address, and the number of an order, if any."""

from flask import Blueprint, current_app, url_for
from wtforms import TextAreaField, ValidationError

from storefront.door import limiter
from storefront.erasures import Erasures
from storefront.fields import asked
from storefront.forms import EmailForm, email_field
from storefront.models import Question
from storefront.models.message import LONGEST
from storefront.models.order_search import number_in
from storefront.models.plain_text import tidied
from storefront.pages import go, now, public, show
from storefront.personal import personal
from storefront.refusals import Refused

blueprint = Blueprint("contact", __name__)

TOLD = {"clause": "contact", "basis": "interest"}
NO_NUMBER = (
    "This is not an order number: it has ten letters and digits, such as K7M2P-4QRTX. Leave this "
    "empty if you do not have it to hand."
)


class ContactForm(EmailForm):
    """A message, from whom, and about which order."""

    text = personal(
        TextAreaField("Your message", render_kw={"rows": 8, "maxlength": LONGEST}),
        why="to answer what you ask",
        words="what was written",
        **TOLD,
    )
    email = email_field(why="to answer you", **TOLD)
    number = personal(
        asked("Order number (optional)", "number", 60, autocomplete="off"),
        why="to find the order that you write about",
        words="the order number that you gave",
        **TOLD,
    )

    no_email = "Please give your e-mail address: we answer by e-mail."

    def validate_text(self, field) -> None:
        try:
            tidied(field.data or "", LONGEST)
        except Refused as refusal:
            raise ValidationError(refusal.sentence) from refusal

    def validate_number(self, field) -> None:
        if field.data and not number_in(field.data):
            raise ValidationError(NO_NUMBER)


@blueprint.get("/contact")
@public
def page():
    return _page(ContactForm(formdata=None))


def _page(form: ContactForm, status: int = 200, refusal: Refused | None = None):
    context = {"form": form, "refusal": refusal}
    return show("contact/page.html", "contact/_form.html", status=status, **context)


@blueprint.post("/contact")
@limiter.limit("6 per minute;20 per hour")
def write():
    """The same answer, after the same work, whether the number fits the address or not."""
    form = ContactForm()
    try:
        if not form.validate():
            return _page(form, 422)
        _ask(form)
    except Refused as refusal:
        return _page(form, 422, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("contact.sent"))


def _ask(form: ContactForm) -> None:
    digest, number = Erasures(current_app.extensions["settings"]).digest, form.number.data or ""
    Question.ask(form.email.data, form.text.data or "", number_in(number), digest, now())


@blueprint.get("/contact/sent")
@public
def sent():
    return show("contact/sent.html")
