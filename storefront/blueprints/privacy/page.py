"""The privacy page: the version of the policy that is in force."""

from flask import current_app, url_for

from storefront import chronicle
from storefront.blueprints.privacy import blueprint
from storefront.models import PolicyVersion
from storefront.pages import FOR_GOOD, now, public, show
from storefront.reading import read

# What else there is to read about it. A page that this shop does not have is not linked.
BESIDE = {
    "privacy.mine": "Everything we hold about you",
    "privacy.data_map": "What we keep, why and how long",
    "privacy.recipients": "Who else is given anything",
    "privacy.cookies": "Your cookies here",
}


@blueprint.get("/privacy")
@public
def page():
    version = PolicyVersion.in_force(now())
    until = PolicyVersion.next_in_force(now())
    context = about(version) if version else {"version": None}
    following = next((s for s in _in_turn() if s.state(now()) == "next"), None) if until else None
    context |= {"following": following, "beside": beside()}
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


def beside() -> list[tuple[str, str]]:
    """Words and addresses of the other privacy pages."""
    there = current_app.view_functions
    return [(words, url_for(name)) for name, words in BESIDE.items() if name in there]


def _in_turn() -> list[chronicle.Span]:
    return sorted(chronicle.spans().values(), key=lambda span: span.starts)
