"""A customer's own place: signing in by mail or passkey, orders, addresses.

All of it stands behind one guard. A screen is a file beside this one; its views are for who is
signed in unless they say that they are `for_anybody`.
"""

from flask import Blueprint

account = blueprint = Blueprint("account", __name__, url_prefix="/account")

# Their routes need the blueprint.
from storefront.blueprints.account import (  # noqa: E402
    addresses,  # noqa: F401
    email,  # noqa: F401
    guard,  # noqa: F401
    home,  # noqa: F401
    leaving,  # noqa: F401
    passkeys,  # noqa: F401
    sign_in,  # noqa: F401
)
