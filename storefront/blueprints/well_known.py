"""What other programs look for under /.well-known (RFC 8615)."""

from datetime import datetime, time, timedelta
from urllib.parse import quote

from flask import Blueprint, Response, current_app, jsonify

from storefront.models import Page
from storefront.pages import now

blueprint = Blueprint("well_known", __name__, url_prefix="/.well-known")

# When the shop first said that it honours Global Privacy Control, and in which sense.
GPC_SINCE = "2026-11-23"
GOOD_FOR = timedelta(days=180)  # RFC 9116, 2.5.5, recommends less than a year
DAY = "public, max-age=86400"


@blueprint.get("/gpc.json")
def gpc():
    """Global Privacy Control, 3.4: the shop abides by the signal."""
    response = jsonify(gpc=True, lastUpdate=GPC_SINCE)
    response.headers["Cache-Control"] = DAY
    return response


@blueprint.get("/security.txt")
def security():
    """RFC 9116: whom to tell of a weakness. A page named `security` is the policy it speaks of."""
    settings = current_app.extensions["settings"]
    contact = settings.shop.get("security_contact") or settings.shop["contact"]
    lines = {
        "Contact": _address(contact),
        "Expires": _expires(now()),
        "Canonical": f"{settings.shop_origin}/.well-known/security.txt",
        "Preferred-Languages": "en",
    }
    if Page.get_or_none(Page.slug == "security"):
        lines["Policy"] = f"{settings.shop_origin}/pages/security"
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    response = Response(text, mimetype="text/plain")
    response.headers["Cache-Control"] = DAY
    return response


def _address(contact: str) -> str:
    """The contact as a URI, which is what the field holds."""
    if contact.startswith(("https://", "tel:", "mailto:")):
        return quote(contact, safe=":/?#[]@!$&'()*+,;=%-._~")
    return f"mailto:{quote(contact, safe='@+')}"


def _expires(at: datetime) -> str:
    """A while from that day on; it moves on with every day."""
    midnight = datetime.combine(at.date(), time(), at.tzinfo)
    return f"{midnight + GOOD_FOR:%Y-%m-%dT%H:%M:%SZ}"
