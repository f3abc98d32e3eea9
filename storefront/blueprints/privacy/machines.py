"""The policy for machines, and for those who check: texts, signed notes, the key, JSON, a feed."""

import re
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from flask import Response, current_app, json, url_for

from storefront import chronicle, notes, policy
from storefront.blueprints.privacy import blueprint
from storefront.blueprints.privacy.versions import NUMBER, listed, missing, until
from storefront.models import PolicyVersion
from storefront.pages import FOR_GOOD, keep, now, public

IN_FEED = 20  # versions, the newest
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
FOR_ALL = "public, max-age=600"


def given(text: str, kind: str, until: datetime = FOR_GOOD) -> Response:
    """A text that is the same for everybody."""
    response = current_app.response_class(text, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = FOR_ALL
    keep(until)
    return response


# Texts and notes are not @public: what is kept for all has the cart's badge put into it, wherever
# its markup stands, and these are given out to the byte.


@blueprint.get(f"/privacy/versions/{NUMBER}.md")
def text(number: int):
    """The text as it was posted, to the byte."""
    found = chronicle.numbered(number)
    return given(found.text, "text/markdown") if found else missing(number)


@blueprint.get(f"/privacy/versions/{NUMBER}.note")
def note(number: int):
    """What was signed, and the signature."""
    found = chronicle.numbered(number)
    return given(policy.signed_note(found), "text/plain") if found else missing(number)


@blueprint.get("/privacy/policy.pub")
@public
def key():
    """The public key that the signatures are checked with, on a line of the notes' own format."""
    own = policy.read_key(current_app.extensions["settings"].keys).public_key()
    return given(f"{notes.verifier(own)}\n", "text/plain")


@blueprint.get("/privacy/versions.json")
@public
def versions_json():
    spans = chronicle.spans()
    several = chronicle.newest(len(spans), 0, PolicyVersion.signature)
    told = {
        "policy": _whole("privacy.page"),
        "key": _whole("privacy.key"),
        "versions": [_facts(version, spans[version.number]) for version in several],
    }
    return given(json.dumps(told, indent=1) + "\n", "application/json", until())


def _facts(version: PolicyVersion, span: chronicle.Span) -> dict:
    names = "number posted_by covers changes digest previous signature".split()
    facts = {name: getattr(version, name) for name in names}
    moments = {"posted_at": version.posted_at, "in_force_at": version.in_force_at}
    moments["in_force_until"] = span.ends
    facts |= {name: moment and moment.isoformat() for name, moment in moments.items()}
    links = {"page": "version", "text": "text", "note": "note"}
    at = version.number
    facts["links"] = {key: _whole(f"privacy.{end}", number=at) for key, end in links.items()}
    return facts | {"state": span.state(now())}


def _whole(endpoint: str, **values) -> str:
    return current_app.extensions["settings"].shop_origin + url_for(endpoint, **values)


@blueprint.get("/privacy/feed.atom")
@public
def feed():
    """What changed, version by version (RFC 4287). Its names stay when the shop's address goes."""
    several = chronicle.newest(IN_FEED, 0, PolicyVersion.text)
    if not several:
        return listed(trouble="No policy has been posted yet.", status=404)
    entries = [
        {"version": version, "id": _name_of(version), "changes": chronicle.changed_by(version)}
        for version in several
    ]
    first = PolicyVersion.get(PolicyVersion.number == 1)
    context = {"entries": entries, "id": _name_of(first, "feed"), "day": chronicle.day}
    drawn = current_app.jinja_env.get_template("privacy/feed.xml").render(context)
    return given(NOT_XML.sub("", drawn), "application/atom+xml")


def _name_of(version: PolicyVersion, what: str = "version") -> str:
    return uuid5(NAMESPACE_URL, f"{what}:{version.digest}").urn
