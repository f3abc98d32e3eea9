"""The front door: the first page, a sign of life, and the static files."""

from flask import Blueprint, send_from_directory

from storefront.config import ROOT
from storefront.door import limiter
from storefront.models import Collection, Product
from storefront.pages import show

blueprint = Blueprint("home", __name__)
FIRST_LOOK = 8


@blueprint.get("/")
def page():
    newest = Product.on_sale().order_by(Product.id.desc()).limit(FIRST_LOOK)
    return show("home/page.html", products=list(newest), collections=Collection.with_first())


@blueprint.get("/healthz")
@limiter.exempt
def healthz():
    return "ok\n", {"Content-Type": "text/plain", "Cache-Control": "no-store"}


@blueprint.get("/static/<path:filename>")
@limiter.exempt
def static(filename: str):
    return send_from_directory(ROOT / "storefront" / "static", filename, max_age=3600)
