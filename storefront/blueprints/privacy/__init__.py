"""The privacy pages: one file for each part of them, all on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)

# Their routes need the blueprint.
from storefront.blueprints.privacy import correcting, mine, page  # noqa: E402, F401
