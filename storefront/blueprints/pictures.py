"""Pictures of products, drawn where there is no photograph."""

from flask import Blueprint, abort, make_response, request

from storefront.models import Product
from storefront.pictures import draw

blueprint = Blueprint("pictures", __name__)


@blueprint.get("/pictures/<handle>.svg")
def drawn(handle: str):
    product = Product.on_sale().where(Product.handle == handle).first()
    if product is None:
        abort(404)
    colour = request.args.get("colour", "")[:60] or product.colour or None
    response = make_response(draw(product.title, " ".join([product.type, *product.tags]), colour))
    response.headers["Content-Type"] = "image/svg+xml"
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.add_etag()
    return response.make_conditional(request)
