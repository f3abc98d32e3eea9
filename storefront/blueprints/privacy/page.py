"""The privacy page: the version of the policy that is in force."""

from storefront import chronicle
from storefront.blueprints.privacy import blueprint
from storefront.models import PolicyVersion
from storefront.pages import FOR_GOOD, now, public, show
from storefront.reading import read


@blueprint.get("/privacy")
@public
def page():
    version = PolicyVersion.in_force(now())
    until = PolicyVersion.next_in_force(now())
    context = about(version) if version else {"version": None}
    following = next((s for s in _in_turn() if s.state(now()) == "next"), None) if until else None
    context["following"] = following
    return show("privacy/page.html", until=until or FOR_GOOD, tags=["privacy"], **context)


def about(version: PolicyVersion) -> dict:
    """What a page that shows a version's text says of it."""
    return {
        "version": version,
        "reading": read(version.text),
        "changes": chronicle.changed_by(version),
        "day": chronicle.day,
        "by_whom": chronicle.by_whom(version),
    }


def _in_turn() -> list[chronicle.Span]:
    return sorted(chronicle.spans().values(), key=lambda span: span.starts)
