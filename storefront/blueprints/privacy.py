"""The privacy page: the version of the policy that is in force."""

from flask import Blueprint

from storefront import policy
from storefront.models import PolicyVersion
from storefront.pages import now, show

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/privacy")
def page():
    version = PolicyVersion.in_force(now())
    text = policy.shown(version) if version else None
    return show("privacy/page.html", version=version, text=text)
