"""The front door: the first page, and a sign of life."""

from flask import Blueprint

from storefront.door import limiter
from storefront.drawn import Showing
from storefront.models.card import Card, Tile
from storefront.pages import public, show

blueprint = Blueprint("home", __name__)
FIRST_LOOK = 8


@blueprint.get("/")
@public
def page():
    facts = {"products": tuple(Card.newest(FIRST_LOOK)), "collections": tuple(Tile.all())}
    tags = ["lists", *(f"product-{one.handle}" for shown in facts.values() for one in shown)]
    shown = Showing(tuple(facts.values()), lambda: facts)
    return show("home/page.html", shown=shown, tags=tags)


@blueprint.get("/healthz")
@limiter.exempt
def healthz():
    return "ok\n", {"Content-Type": "text/plain", "Cache-Control": "no-store"}
