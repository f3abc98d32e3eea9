"""What resellers show of our testimonials in their pages: a frame, JSON, and what finds them.

None of it knows a visitor: the front takes cookies out of these requests before they come here.
"""

from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, make_response, request
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from storefront.models import Product, Reseller, Testimonial
from storefront.models.widget_reading import chosen

widget = blueprint = Blueprint("widget", __name__)

NO_STORE = "no-store"
GONE = "There is nothing to show here: this address is not in use, or no longer."
NOT_THEIRS = "There is nothing to show here: this is no product whose testimonials are shown."


def reseller_of(key: str) -> Reseller:
    """Whose widget has that key; ends in a sentence where nobody's has, or it was revoked."""
    return Reseller.behind(key) or abort(404, GONE)


def product_of(reseller: Reseller, handle: str | None) -> Product | None:
    """The product that is asked for, None for all of theirs; ends in a sentence if it is none."""
    return None if handle is None else chosen(reseller, handle[:200]) or abort(404, NOT_THEIRS)


def own_origin() -> str:
    """Where the shop is reached."""
    return current_app.extensions["settings"].shop_origin


def shop_name() -> str:
    """What the shop is called, as plain text."""
    return current_app.extensions["settings"].shop["name"]


def tie_of(one: Testimonial) -> str:
    """What stands beside it of its author's tie to us, or "". Elsewhere “this shop” is another."""
    return one.disclosure.replace("this shop", shop_name())


def page_of(number: int) -> str:
    """The path of a testimonial's own page at the shop."""
    return f"/testimonials/{number}"


def picture_of(number: int, picture: dict, width: int) -> str:
    """The path of a picture of a testimonial, in one of its widths."""
    return f"{page_of(number)}/pictures/{picture['digest']}-{width}.webp"


def product_path(product: Product) -> str:
    """The path of a product's page, "" where it has none."""
    reachable = product.published and product.status in ("active", "unlisted")
    return f"/products/{quote(product.handle)}" if reachable else ""


def drawn(template: str, status: int = 200, **context) -> Response:
    """A document of its own, which has nothing of the shop's pages."""
    text = current_app.jinja_env.get_template(f"widget/{template}").render(context)
    return make_response(text, status)


def framable(response: Response, reseller: Reseller | None, style: str, script: str = "") -> None:
    """Say what the document may load, and on whose pages: the reseller's and our own desk."""
    around = " ".join(["'self'", *reseller.origins]) if reseller else "'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style}; {script and f'script-src {script}; '}"
        f"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {around}"
    )
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    # Not no-referrer: by that a browser that sends no Sec-Fetch-Site calls our own form's Origin
    # null, and the door lets it in from nowhere.
    response.headers["Referrer-Policy"] = "same-origin"


@widget.errorhandler(RateLimitExceeded)
def too_many(error: RateLimitExceeded):
    """More addresses asked for than a person reads."""
    return _said(429, "That was a lot at once. Please wait a while, then try again.")


@widget.errorhandler(HTTPException)
def refused(error: HTTPException):
    """A sentence in a document of its own, which is as small as the frame may be."""
    return _said(error.code or 500, error.description or GONE)


def _said(status: int, words: str) -> Response:
    reseller = Reseller.behind((request.view_args or {}).get("key", ""))
    sheet = current_app.extensions["assets"].sheets["widget"]
    response = drawn("message.html", status, words=words, style=sheet)
    framable(response, reseller, current_app.extensions["assets"].hash_of(sheet))
    response.headers["Cache-Control"] = NO_STORE
    return response


# Their routes need the blueprint.
from storefront.blueprints.widget import frame, oembed, signed  # noqa: E402, F401
