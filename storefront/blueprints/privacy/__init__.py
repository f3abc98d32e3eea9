"""The privacy pages: one file for each part of them, all on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)

from storefront.blueprints.privacy import (  # noqa: E402 — their routes need the blueprint
    cookies,  # noqa: F401
    page,  # noqa: F401
    recipients,  # noqa: F401
    register,  # noqa: F401
)
