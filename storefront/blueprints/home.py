"""The front door: the first page, and a sign of life."""

from flask import Blueprint

from storefront.counts import arm, shows
from storefront.door import limiter
from storefront.drawn import Showing
from storefront.models.front_window import FrontWindow
from storefront.pages import FOR_GOOD, now, public, show

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def page():
    window = FrontWindow.at(now(), arm())
    linked = (*window.products, *window.collections)
    tags = ["lists", *(f"product-{one.handle}" for one in linked)]
    sheet = "home-with-banners" if window.banners else "home"
    shown = Showing(window.rows, window.facts, sheet)
    shows(window.banners)
    return show("home/page.html", shown=shown, tags=tags, until=window.until or FOR_GOOD)


@blueprint.get("/healthz")
@limiter.exempt
def healthz():
    return "ok\n", {"Content-Type": "text/plain", "Cache-Control": "no-store"}
