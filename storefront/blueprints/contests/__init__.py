"""Contests: what can be won, entering, how it is drawn, and what winners answer."""

from flask import Blueprint

blueprint = Blueprint("contests", __name__)

# Their routes need the blueprint.
from storefront.blueprints.contests import (  # noqa: E402
    draws,  # noqa: F401
    entering,  # noqa: F401
    prizes,  # noqa: F401
)
