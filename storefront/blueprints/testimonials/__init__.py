"""Testimonials: written and taken back by their authors, read by everybody.

A file beside this one for each thing that is done with them. The desk's part is in `desk/`, what
resellers embed in `widget`.
"""

from flask import Blueprint

from storefront.pages import styled

testimonials = blueprint = Blueprint("testimonials", __name__)


@testimonials.after_request
def bring_the_style(response):
    """Their pages have a style sheet besides the shop's own."""
    if response.mimetype == "text/html":
        styled(response, "testimonials")
    return response


# Their routes need the blueprint.
from storefront.blueprints.testimonials import (  # noqa: E402, F401
    addresses,
    invitation,
    mine,
    moderation,
    pictures,
    reading,
    votes,
    writing,
)
