"""The privacy pages: one file for each part of them, all on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)

# Their routes need the blueprint.
from storefront.blueprints.privacy import (  # noqa: E402
    cookies,  # noqa: F401
    correcting,  # noqa: F401
    machines,  # noqa: F401
    mine,  # noqa: F401
    page,  # noqa: F401
    recipients,  # noqa: F401
    register,  # noqa: F401
    traffic,  # noqa: F401
    versions,  # noqa: F401
)
