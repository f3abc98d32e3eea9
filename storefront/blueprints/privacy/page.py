"""The privacy page: the version of the policy that is in force."""

from storefront import policy
from storefront.blueprints.privacy import blueprint
from storefront.models import PolicyVersion
from storefront.pages import FOR_GOOD, now, public, show


@blueprint.get("/privacy")
@public
def page():
    version = PolicyVersion.in_force(now())
    text = policy.shown(version) if version else None
    until = PolicyVersion.next_in_force(now()) or FOR_GOOD
    return show("privacy/page.html", until=until, tags=["privacy"], version=version, text=text)
