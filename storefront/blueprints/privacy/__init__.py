"""The privacy pages: one file for each part of them, all on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)

from storefront.blueprints.privacy import page  # noqa: E402, F401 — its routes need the blueprint
