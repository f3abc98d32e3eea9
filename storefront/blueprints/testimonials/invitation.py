"""Saying what one thinks of what was delivered, by the link from the mail about that."""

from flask import abort, current_app, url_for

from storefront.blueprints.testimonials import testimonials
from storefront.blueprints.testimonials.form import FILES, TestimonialForm
from storefront.blueprints.testimonials.writing import form_page, take
from storefront.door import limiter, takes_files
from storefront.models import Order, Product, Testimonial
from storefront.pages import go, keep_from_caches, show
from storefront.refusals import Refused


@testimonials.get("/testimonials/invitation/<link>")
def invitation(link: str):
    order = _order(link)
    there, written = Testimonial.things_of(order), Testimonial.latest_of(order.email)
    things = [(product, _way_to(written.get(product.id))) for product in there]
    page = "testimonials/invitation.html"
    return _private(show(page, things=things, link=link, address=masked(order.email)))


def _order(link: str) -> Order:
    """The order that the link stands for, if its customer may still say something about it."""
    links = current_app.extensions["invitation_links"]
    number = links.number_in(link)
    order = number and Order.get_or_none(Order.number == number)
    if not order:
        abort(404, "No order is behind this link. Please use the whole link from our mail.")
    if not order.email:
        abort(404, "The address of this order is erased, so we cannot tell any more whose it was.")
    if not links.is_to(link, order.email):
        abort(404, "This order has another address by now than the one this link was mailed to.")
    if not Testimonial.things_of(order):
        abort(404, "Nothing of this order has arrived yet that we still sell.")
    return order


def _way_to(testimonial: Testimonial | None) -> str:
    links = current_app.extensions["testimonial_links"]
    return testimonial and url_for("testimonials.mine", link=links.write(testimonial.key))


def masked(email: str) -> str:
    """An address as its owner knows it, and nobody else: "an••@example.com"."""
    local, _, domain = email.rpartition("@")
    return f"{local[: min(2, len(local) - 1)]}••@{domain}"


@testimonials.get("/testimonials/invitation/<link>/<handle>")
def invited(link: str, handle: str):
    return _form(_order(link), link, handle, _fields(formdata=None))


def _fields(**given) -> TestimonialForm:
    """Without an address: it is the order's."""
    form = TestimonialForm(**given)
    del form.email
    return form


def _form(order: Order, link: str, handle: str, form: TestimonialForm, status=200, refusal=None):
    way = url_for("testimonials.write_invited", link=link, handle=handle)
    about = {"way": way, "address": masked(order.email)}
    return _private(form_page(_product(order, handle), form, status, refusal, **about))


def _product(order: Order, handle: str) -> Product:
    found = [product for product in Testimonial.things_of(order) if product.handle == handle]
    return found[0] if found else abort(404, "This was not delivered with the order of this link.")


@testimonials.post("/testimonials/invitation/<link>/<handle>")
@takes_files(*FILES)
@limiter.limit("30 per hour")
def write_invited(link: str, handle: str):
    order, form = _order(link), _fields()
    product = _product(order, handle)
    try:
        return go(_way_to(take(product, form, order)))
    except Refused as refusal:
        return _form(order, link, handle, form, 422, refusal)


def _private(response):
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)
