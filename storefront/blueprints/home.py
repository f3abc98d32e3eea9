"""The front door: the first page, and a sign of life."""

from flask import Blueprint

from storefront.door import limiter
from storefront.drawn import Showing
from storefront.models import Contest
from storefront.models.card import Card, Tile
from storefront.pages import FOR_GOOD, now, public, show

blueprint = Blueprint("home", __name__)
FIRST_LOOK = 8


@blueprint.get("/")
@public
def page():
    facts = {"products": tuple(Card.newest(FIRST_LOOK)), "collections": tuple(Tile.all())}
    tags = ["lists", *(f"product-{one.handle}" for shown in facts.values() for one in shown)]
    facts["contests"] = tuple(Contest.open_at(now()))
    shown = Showing(tuple(facts.values()), lambda: facts)
    until = Contest.next_change(now()) or FOR_GOOD
    return show("home/page.html", shown=shown, tags=tags, until=until)


@blueprint.get("/healthz")
@limiter.exempt
def healthz():
    return "ok\n", {"Content-Type": "text/plain", "Cache-Control": "no-store"}
