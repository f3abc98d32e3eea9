"""The signed cart cookie: variants and quantities, nothing else."""

import hashlib
from dataclasses import dataclass, field

from flask import Response, current_app, g, request
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from storefront.models.cart import Cart
from storefront.personal import days, declare

CART_DAYS = 60
LONGEST = 4000  # characters; browsers keep 4096 bytes of name and value together

declare(
    "cookie",
    "cart",
    clause="cookies",
    why="to keep the things in your cart",
    basis="contract",
    keep=days(CART_DAYS),
)


@dataclass
class CookieCart:
    """What the cookie said: quantities by variant id, and a sentence if it could not be read."""

    quantities: dict[int, int] = field(default_factory=dict)
    trouble: str = ""


def read_cart() -> Cart:
    """The visitor's cart; a cookie that cannot be read is an empty cart and a word about it."""
    if "cart" not in g:
        cookie = _decoded(request.cookies.get(_name()))
        g.cart_trouble = cookie.trouble
        g.cart = Cart(cookie.quantities, current_app.extensions["settings"].currency)
    return g.cart


def cart_trouble() -> str:
    """The sentence to show when the cart cookie could not be read, or ""."""
    read_cart()
    return g.cart_trouble


def write_cart(response: Response, cart: Cart) -> Response:
    """Let the visitor's browser keep the cart; an empty one leaves no cookie behind."""
    g.cart, g.cart_trouble = cart, ""
    settings = current_app.extensions["settings"]
    common = {"httponly": True, "samesite": "Lax", "secure": settings.secure, "path": "/"}
    if not cart.quantities:
        response.delete_cookie(_name(), **common)
        return response
    flat = [number for pair in cart.quantities.items() for number in pair]
    response.set_cookie(_name(), _serializer().dumps(flat), max_age=CART_DAYS * 86400, **common)
    return response


def drop_unreadable(response: Response) -> Response:
    """Take back a cookie that could not be read, so that it is spoken of once."""
    if g.get("cart_trouble"):
        write_cart(response, Cart({}, current_app.extensions["settings"].currency))
    return response


def _name() -> str:
    # The prefix makes browsers insist on TLS, this host, and path / (RFC 6265bis, 4.1.3.2).
    return "__Host-cart" if current_app.extensions["settings"].secure else "cart"


def _serializer() -> URLSafeTimedSerializer:
    keys = current_app.extensions["settings"].cookie_keys
    return URLSafeTimedSerializer(
        list(reversed(keys)), salt="cart", signer_kwargs={"digest_method": hashlib.sha256}
    )


def _decoded(raw: str | None) -> CookieCart:
    if not raw:
        return CookieCart()
    if len(raw) > LONGEST:
        return CookieCart(trouble="Your cart could not be read, so we started a new one.")
    try:
        flat = _serializer().loads(raw, max_age=CART_DAYS * 86400)
        return CookieCart(dict(zip(flat[::2], flat[1::2], strict=True)))
    except SignatureExpired:
        return CookieCart(trouble=f"Your cart was older than {CART_DAYS} days, so we emptied it.")
    except (BadData, TypeError, ValueError):
        return CookieCart(trouble="Your cart could not be read, so we started a new one.")
