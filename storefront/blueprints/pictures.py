"""Pictures of products: the photographs that were taken in, drawings where there is none."""

from flask import Blueprint, abort, current_app, make_response, request, send_from_directory

from storefront import prints
from storefront.door import limiter
from storefront.models import Product
from storefront.pages import keep, public
from storefront.pictures import draw

blueprint = Blueprint("pictures", __name__)
YEAR = 365 * 24 * 60 * 60  # seconds
TYPES = {"webp": "image/webp", "avif": "image/avif"}


@blueprint.get("/media/<path:name>")
@limiter.exempt
def media(name: str):
    # Only what has the name of a photograph is served, whatever else may come to lie there.
    found = prints.NAME.fullmatch(name)
    if found is None:
        abort(404)
    folder = current_app.extensions["settings"].instance / "media"
    kind = TYPES[found[1]]
    etag = name.rpartition("/")[2]  # begins with the digest, so it says what the file shows
    response = send_from_directory(folder, name, mimetype=kind, max_age=YEAR, etag=etag)
    response.cache_control.public = response.cache_control.immutable = True
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


@blueprint.get("/pictures/<handle>.svg")
@public
def drawn(handle: str):
    product = Product.reachable().where(Product.handle == handle).first()
    if product is None:
        abort(404)
    colour = request.args.get("colour", "")[:60] or product.colour or None
    response = make_response(draw(product.title, " ".join([product.type, *product.tags]), colour))
    response.headers["Content-Type"] = "image/svg+xml"
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    keep()
    return response
