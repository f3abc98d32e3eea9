"""“Helpful”: counted without a cookie and without an address, so only about, and up to a limit."""

from urllib.parse import urlsplit

from flask import abort, current_app, request, url_for

from storefront.blueprints.testimonials import testimonials
from storefront.blueprints.testimonials.reading import GONE, NUMBER
from storefront.door import limiter
from storefront.models import testimonial_list
from storefront.pages import go, now, show, wants_part


@testimonials.post(f"/testimonials/<{NUMBER}:number>/votes")
@limiter.limit("120 per hour")
def vote(number: int):
    found, at = testimonial_list.one(number) or abort(404, GONE), now()
    clicks = current_app.extensions["clicks"]
    if clicks.first(request.remote_addr or "", f"testimonial {number}", at.date()):
        found.helpful += found.vote(at)
    if wants_part():
        told = {"testimonial": found, "voted": True, "said": "Thank you for telling others."}
        return show("testimonials/one.html", "testimonials/_votes.html", **told)
    return go(f"{_page_before(number)}#testimonial-{number}")


def _page_before(number: int) -> str:
    """The page of ours that the button stood on."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or not came.path.startswith(("/products/", "/testimonials")):
        return url_for("testimonials.page", number=number)
    return f"{came.path}?{came.query}" if came.query else came.path
