"""The front door: the first page, and a sign of life."""

from flask import Blueprint

from storefront.door import limiter
from storefront.models import Collection, Product
from storefront.pages import public, show

blueprint = Blueprint("home", __name__)
FIRST_LOOK = 8


@blueprint.get("/")
@public
def page():
    newest = Product.on_sale().order_by(Product.id.desc()).limit(FIRST_LOOK)
    return show("home/page.html", products=list(newest), collections=Collection.with_first())


@blueprint.get("/healthz")
@limiter.exempt
def healthz():
    return "ok\n", {"Content-Type": "text/plain", "Cache-Control": "no-store"}
