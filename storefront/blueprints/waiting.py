"""Hearing of what is sold out: asked for on a product's page, confirmed and taken back by link."""

from flask import Blueprint, abort, current_app, request, url_for

from storefront import privacy, showing, trails
from storefront.door import limiter
from storefront.forms import EmailForm, email_field
from storefront.models import PolicyVersion, Product, Variant, Waiting
from storefront.models.display import Display
from storefront.pages import closed, go, keep_from_caches, now, show
from storefront.refusals import Refused

blueprint = Blueprint("waiting", __name__)


class WaitingForm(EmailForm):
    """What asking for it asks for: the address alone."""

    email = email_field(
        clause="waiting",
        why="to tell you once that something is in stock again",
        basis="consent",
    )


@blueprint.post("/products/<handle>/waiting")
@limiter.limit("20 per hour")
def ask(handle: str):
    display = Display.of(handle) or abort(404, "We do not sell this, or no longer.")
    variant, form = _variant(display.product), WaitingForm()
    try:
        if not form.validate():
            raise Refused(email=" ".join(form.email.errors))
        Waiting.ask(variant, form.email.data, PolicyVersion.in_force(now()), now())
    except Refused as refusal:
        return _refused(display, variant, form.email.data or "", refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("waiting.asked_for", handle=handle))


def _variant(product: Product) -> Variant:
    """The variant that is asked for, of this product's own."""
    chosen = request.form.get("variant", 0, int)
    found = 0 < chosen < 2**31 and Variant.get_or_none(
        Variant.id == chosen, Variant.product == product.id
    )
    return found or abort(404, "This is no longer made. Have a look at what we do sell.")


def _refused(display: Display, variant: Variant, typed: str, refusal: Refused):
    """The product's page with what was typed in it, and what was wrong."""
    origin = current_app.extensions["settings"].shop_origin
    facts = {"deaf": closed("waiting"), "typed_email": typed, "unheard": refusal}
    about = {"waiting": facts, "walked": trails.walked(trails.current(), {display.product.id})}
    asked = tuple(variant.choice)
    shown = showing.page_of(display, asked, "1", origin, closed("cookies"), **about)
    return show("products/page.html", "products/_waiting.html", status=422, shown=shown)


@blueprint.get("/products/<handle>/waiting")
def asked_for(handle: str):
    return show("waiting/asked.html", handle=handle)


@blueprint.get("/waiting/<link>")
def wish(link: str):
    return _wish(_behind(link), link)


def _behind(link: str) -> Waiting:
    key = current_app.extensions["waiting_links"].read(link)
    found = key and Waiting.get_or_none(Waiting.key == key)
    return found or abort(
        404,
        "Nothing is kept behind this link any more: you have been told, you took it back, or it "
        "was not confirmed in time. You can ask again on the product’s page.",
    )


def _wish(found: Waiting, link: str):
    return keep_from_caches(show("waiting/wish.html", wish=found, link=link))


@blueprint.post("/waiting/<link>/confirmation")
def confirm(link: str):
    _behind(link).confirm(now())
    return go(url_for("waiting.wish", link=link))


@blueprint.post("/waiting/<link>/removal")
def take_back(link: str):
    settings = current_app.extensions["settings"]
    privacy.take_back(_behind(link), settings, now())
    current_app.extensions["wake_scourer"]()
    return go(url_for("waiting.taken_back"))


@blueprint.get("/waiting")
def taken_back():
    return show("waiting/taken_back.html")
