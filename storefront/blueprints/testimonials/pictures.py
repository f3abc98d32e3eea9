"""The pictures of testimonials, for everybody while theirs is shown."""

from flask import abort

from storefront.blueprints.testimonials import testimonials
from storefront.door import limiter
from storefront.kept import BRIEF
from storefront.models import Testimonial
from storefront.pages import show_testimonial_picture


@testimonials.get("/testimonials/<int(max=2147483647):number>/pictures/<name>")
@limiter.exempt
def picture(number: int, name: str):
    shown = Testimonial.get_or_none(Testimonial.id == number, Testimonial.state == "approved")
    response = show_testimonial_picture(name, shown.pictures if shown else abort(404))
    response.headers["Cache-Control"] = BRIEF
    # Resellers show it in a frame that is of no origin.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
