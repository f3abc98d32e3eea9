"""Testimonials as their authors type them, and the links they get; for the tests."""

import io
import re

from storefront.config import Settings
from storefront.links import InvitationLinks, TestimonialLinks
from storefront.mail import Postman
from storefront.models import Order, OutgoingMail, Testimonial

TYPED = {
    "stars": "5",
    "words": "It kept me dry for three weeks on the coast path.\n\nNo leaks.",
    "nickname": "Ann",
    "email": "ann@example.com",
    "connection": "",
}


def typed(**changes) -> dict:
    """What an author fills into the form; "" for what is left out, None for what is not there."""
    form = TYPED | changes
    return {name: value for name, value in form.items() if value is not None}


def files(**given: bytes) -> dict:
    """Files as the form sends them, by their names: `a_jpg` for a.jpg."""
    return {"pictures": [(io.BytesIO(raw), name.replace("_", ".")) for name, raw in given.items()]}


def path_of(settings: Settings, testimonial: Testimonial) -> str:
    """The page in its author's hands."""
    return f"/testimonials/mine/{TestimonialLinks(settings.cookie_keys).write(testimonial.key)}"


def invitation_to(settings: Settings, order: Order) -> str:
    """The page to which the mail about what was delivered leads."""
    link = InvitationLinks(settings.cookie_keys).write_to(order.number, order.email)
    return f"/testimonials/invitation/{link}"


def mailed(settings: Settings, kind: str) -> tuple[str, str]:
    """The words of the last mail of that kind, and the author's page that it leads to."""
    found = OutgoingMail.select().where(OutgoingMail.kind == kind).order_by(OutgoingMail.id.desc())
    mail = Postman(settings).write(found.get(), found.get().made_at)
    text, html = (mail.get_body([part]).get_content() for part in ("plain", "html"))
    path = re.search(r"/testimonials/mine/\S+", text)[0]
    assert f'{path}"' in html
    return text, path
