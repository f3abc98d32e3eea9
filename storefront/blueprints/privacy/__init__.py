"""The privacy pages: one file for each part of them, all on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)

from storefront.blueprints.privacy import (  # noqa: E402 — its routes need the blueprint
    machines,  # noqa: F401
    page,  # noqa: F401
    versions,  # noqa: F401
)
