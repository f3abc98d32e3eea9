"""The desk: everything staff do stands on this blueprint, behind one guard.

A screen is a file beside this one. It registers its routes with `@desk.get(…)`, says with
`@roles(…)` whose they are, and with `screen(…)` what stands in the navigation.
"""

from flask import Blueprint

desk = blueprint = Blueprint("desk", __name__, url_prefix="/desk")

from storefront.blueprints.desk import (  # noqa: E402, F401 — routes need the blueprint
    door,
    guard,
    home,
    policy,
    policy_marks,
    policy_posting,
)
