"""Leaving the Insider Update: one click, with nothing but the link that every mail brings."""

from flask import abort, current_app, request, url_for

from storefront import privacy
from storefront.blueprints.insider import blueprint
from storefront.blueprints.insider.signing_up import behind
from storefront.door import from_anywhere, limiter
from storefront.pages import go, keep_from_caches, now, show

NOT_OURS = (
    "This link is not whole: mail programs break long lines. Copy all of it from the mail, or "
    "answer the mail, and we take you off the list."
)


@blueprint.get("/insider/leave/<link>")
def leaving(link: str):
    """Whether to leave: opening the link changes nothing."""
    _check(link)
    return keep_from_caches(show("insider/leave.html", insider=behind(link), link=link))


@blueprint.post("/insider/leave/<link>")
@limiter.limit("6000 per minute", override_defaults=True)  # one provider asks for all its readers
@from_anywhere
def leave(link: str):
    """Leave at once; who has left already has left.

    Those who read mail for others ask without a cookie, and follow no way on (RFC 8058, 3.1 and 8).
    """
    _check(link)
    if insider := behind(link):
        privacy.take_back(insider, current_app.extensions["settings"], now())
        current_app.extensions["wake_scourer"]()
    if request.form.get("List-Unsubscribe") == "One-Click":
        return show("insider/left.html")
    return go(url_for("insider.left"))


def _check(link: str) -> None:
    if not current_app.extensions["insider_links"].read(link):
        abort(404, NOT_OURS)


@blueprint.get("/insider/left")
def left():
    return show("insider/left.html")
