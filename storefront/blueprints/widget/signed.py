"""The same testimonials as JSON, signed by the shop; docs/widget.md tells how that is checked."""

from datetime import datetime, timedelta

from flask import Response, current_app, make_response, request

from storefront.blueprints.widget import (
    own_origin,
    page_of,
    picture_of,
    product_of,
    product_path,
    reseller_of,
    shop_name,
    tie_of,
    widget,
)
from storefront.kept import BRIEF
from storefront.models import Product, Rating, Reseller, Testimonial
from storefront.models.widget_reading import newest, rating
from storefront.pages import now
from storefront.weighed import Weighed

GOOD_FOR = timedelta(seconds=60)
MOST_FACTS = 2**20  # bytes, of all that are kept


@widget.get("/widget/key.pub")
def public_key():
    """What the signatures are checked with; it is for everybody."""
    response = make_response(current_app.extensions["signer"].public)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@widget.get("/widget/<key>.json")
def signed(key: str):
    """Signed anew for each answer: it says until when it is good."""
    reseller = reseller_of(key)
    product = product_of(reseller, request.args.get("product"))
    at = now().replace(microsecond=0)
    moments = {"made": _utc(at), "expires": _utc(at + GOOD_FOR)}
    text = current_app.extensions["signer"].signed(_facts(reseller, product) | moments)
    response = make_response(text)
    response.headers["Content-Type"] = "application/json"
    response.headers["Cache-Control"] = BRIEF
    return _let_read(response, reseller)


def _let_read(response: Response, reseller: Reseller) -> Response:
    """Pages of the reseller's origins may read it, and no others."""
    response.headers["Vary"] = "Accept-Encoding, Origin"
    if (origin := request.headers.get("Origin")) in reseller.origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _facts(reseller: Reseller, product: Product | None) -> dict:
    """All but the moments and the signature; looked up once in each edition."""
    products = [product.id] if product else reseller.products
    edition = current_app.extensions["edition"]()
    if edition is None:
        return _look_up(products, product)
    kept = current_app.extensions.setdefault("widget_facts", Weighed(MOST_FACTS))
    # Of the address too: what is asked for by another name is another widget.
    key = (edition, reseller.key, product.id if product else None)
    return kept.get(key, lambda: _look_up(products, product), lambda facts: 2 * len(str(facts)))


def _look_up(products: list[int], product: Product | None) -> dict:
    return {
        "shop": {"name": shop_name(), "address": own_origin()},
        "product": product.handle if product else None,
        "rating": _rated(rating(products)),
        "testimonials": [_told(one) for one in newest(products)],
    }


def _rated(found: Rating) -> dict:
    """Of everything approved. The average is in tenths: 46 is 4.6; None where nobody rated."""
    tenths = None if found.average is None else round(found.average * 10)
    return {"average_tenths": tenths, "ratings": found.rated, "testimonials": found.count}


def _told(one: Testimonial) -> dict:
    """Never the e-mail address: only where a person may see it."""
    page = own_origin() + page_of(one.id)
    path = product_path(one.product)
    return {
        "id": one.id,
        "product": {"title": one.product.title, "address": path and own_origin() + path},
        "stars": one.stars,
        "words": one.words,
        "name": one.name,
        "date": f"{one.written_at:%Y-%m-%d}",
        "bought": one.bought,
        "disclosure": tie_of(one),
        "imported": bool(one.imported_from),
        "pictures": [_pictured(one, picture) for picture in one.pictures],
        "reply": one.reply,
        "address": page,
        "address_page": page if one.shows_email else None,
    }


def _pictured(one: Testimonial, picture: dict) -> dict:
    path = picture_of(one.id, picture, picture["widths"][-1])
    size = {name: picture[name] for name in ("width", "height")}
    return {"address": own_origin() + path} | size
