"""The desk: everything staff do stands on this blueprint, behind one guard.

A screen is a file beside this one. It registers its routes with `@desk.get(…)`, says with
`@roles(…)` whose they are, and with `screen(…)` what stands in the navigation.
"""

from flask import Blueprint

desk = blueprint = Blueprint("desk", __name__, url_prefix="/desk")

# Their routes need the blueprint.
from storefront.blueprints.desk import (  # noqa: E402
    account,  # noqa: F401
    answers,  # noqa: F401
    collection_rules,  # noqa: F401
    collections,  # noqa: F401
    contests,  # noqa: F401
    contests_draw,  # noqa: F401
    discounts,  # noqa: F401
    door,  # noqa: F401
    exports,  # noqa: F401
    guard,  # noqa: F401
    home,  # noqa: F401
    imports,  # noqa: F401
    insider_addresses,  # noqa: F401
    invitations,  # noqa: F401
    issues,  # noqa: F401
    log,  # noqa: F401
    mail,  # noqa: F401
    messages,  # noqa: F401
    orders,  # noqa: F401
    orders_money,  # noqa: F401
    orders_one,  # noqa: F401
    papers,  # noqa: F401
    people,  # noqa: F401
    pictures,  # noqa: F401
    pins,  # noqa: F401
    policy,  # noqa: F401
    policy_marks,  # noqa: F401
    policy_posting,  # noqa: F401
    products,  # noqa: F401
    promotions,  # noqa: F401
    promotions_preview,  # noqa: F401
    proofs,  # noqa: F401
    questions,  # noqa: F401
    resellers,  # noqa: F401
    resellers_embed,  # noqa: F401
    returns,  # noqa: F401
    search_words,  # noqa: F401
    shipping,  # noqa: F401
    stock,  # noqa: F401
    taxes,  # noqa: F401
    terms,  # noqa: F401
    testimonials,  # noqa: F401
    testimonials_one,  # noqa: F401
    traffic,  # noqa: F401
    traffic_files,  # noqa: F401
    traffic_lists,  # noqa: F401
    traffic_people,  # noqa: F401
    trials,  # noqa: F401
    variants,  # noqa: F401
    waiting,  # noqa: F401
)
