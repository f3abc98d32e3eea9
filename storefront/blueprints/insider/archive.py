"""Issues of the Insider Update, for everybody: nobody has to sign up to read."""

import re
from uuid import NAMESPACE_URL, uuid5

from flask import abort, current_app, request

from storefront import issues
from storefront.blueprints.insider import blueprint
from storefront.models import InsiderIssue
from storefront.pages import keep, public, show

PER_PAGE = 50
IN_FEED = 20
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def _origin() -> str:
    return current_app.extensions["settings"].shop_origin


@blueprint.get("/insider/archive")
@public
def archive():
    page = request.args.get("page", 1, type=int)
    if not 1 <= page <= 10**6:
        abort(404)
    rows = list(InsiderIssue.public().offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1))
    context = {"issues": rows[:PER_PAGE], "turned_to": page, "is_last": len(rows) <= PER_PAGE}
    return show("insider/archive.html", tags=["insider"], **context)


@blueprint.get("/insider/archive/<slug>")
@public
def issue(slug: str):
    found = InsiderIssue.public().where(InsiderIssue.slug == slug).first()
    if found is None:
        abort(404, "There is no such issue. All that were sent stand in the archive.")
    pieces = issues.in_html(found.text, _origin())
    return show("insider/issue.html", tags=["insider"], issue=found, pieces=pieces)


@blueprint.get("/insider/archive.atom")
@public
def feed():
    """The newest issues, whole (RFC 4287). Their names stay when the shop's address goes."""
    entries = [
        {
            "issue": one,
            "id": uuid5(NAMESPACE_URL, f"insider:{one.slug}:{one.published_at.isoformat()}").urn,
            "pieces": issues.in_html(one.text, _origin()),
        }
        for one in InsiderIssue.public().limit(IN_FEED)
    ]
    context = {"entries": entries, "id": uuid5(NAMESPACE_URL, f"{_origin()}/insider").urn}
    drawn = current_app.jinja_env.get_template("insider/feed.xml").render(context)
    response = current_app.response_class(
        NOT_XML.sub("", drawn), content_type="application/atom+xml; charset=utf-8"
    )
    response.headers["Cache-Control"] = "public, max-age=600"
    keep()
    return response
