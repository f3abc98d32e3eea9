"""The Insider Update, for its readers: signing up, confirming, leaving."""

from flask import Blueprint

blueprint = Blueprint("insider", __name__)

from storefront.blueprints.insider import archive, leaving, signing_up  # noqa: E402, F401
