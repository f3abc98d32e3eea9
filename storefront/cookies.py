"""The signed cart cookie: variants and quantities, nothing else; and sessions for who has one."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from storefront.config import Settings
from storefront.models.cart import Cart
from storefront.personal import days, declare, declared

CART_DAYS = 60
SINCE_DAYS = 30  # that a moment of filling lives on in a cart to which more is added
KNOWN_DAYS = 90
ACCOUNT_DAYS = 30
ASKED_FOR = timedelta(minutes=15)
LONGEST = 4000  # characters; browsers keep 4096 bytes of name and value together

declare(
    "cookie",
    "cart",
    clause="cookies",
    why="to keep the things in your cart",
    basis="contract",
    keep=days(CART_DAYS),
)
declare(
    "cookie",
    "session",
    clause="staff",
    why="to know you at the desk while you are signed in",
    basis="contract",
)
declare(
    "cookie",
    "known",
    clause="staff",
    why="so that a stranger who guesses at your account does not keep you out of it",
    basis="contract",
    keep=days(KNOWN_DAYS),
)
declare(
    "cookie",
    "account",
    clause="accounts",
    why="to know you while you are signed in to your account",
    basis="contract",
    keep=days(ACCOUNT_DAYS),
)
declare(
    "cookie",
    "asked",
    clause="accounts",
    why="so that a link we mail you signs in the browser that asked for it, and no other",
    basis="contract",
    keep=ASKED_FOR,
)


@dataclass
class CookieCart:
    """Quantities by variant id, a sentence if they could not be read; when it was signed."""

    quantities: dict[int, int] = field(default_factory=dict)
    trouble: str = ""
    since: datetime | None = None


def trail_name(settings: Settings) -> str:
    """What the cookie is called that `trails` keeps."""
    return "__Host-trail" if settings.secure else "trail"


class CartCookie:
    """The cookie of one shop, signed with its keys."""

    def __init__(self, settings: Settings) -> None:
        # The prefix makes browsers insist on TLS, this host, and path / (RFC 6265bis, 4.1.3.2).
        self.name = "__Host-cart" if settings.secure else "cart"
        self._trail = trail_name(settings)
        self._serializer = URLSafeTimedSerializer(
            list(reversed(settings.cookie_keys)),
            salt="cart",
            signer_kwargs={"digest_method": hashlib.sha256},
        )

    def read(self, raw: str | None) -> CookieCart:
        """What a cookie's value says; one that cannot be read is an empty cart and a sentence."""
        if not raw:
            return CookieCart()
        if len(raw) > LONGEST:
            return CookieCart(trouble="Your cart could not be read, so we started a new one.")
        try:
            told = {"max_age": CART_DAYS * 86400, "return_timestamp": True}
            flat, since = self._serializer.loads(raw, **told)
            return CookieCart(dict(zip(flat[::2], flat[1::2], strict=True)), since=since)
        except SignatureExpired:
            return CookieCart(
                trouble=f"Your cart was older than {CART_DAYS} days, so we emptied it."
            )
        except (BadData, TypeError, ValueError):
            return CookieCart(trouble="Your cart could not be read, so we started a new one.")

    def written(self, quantities: dict[int, int], since: datetime | None = None) -> str:
        """The value that keeps those quantities, signed now, or with a moment not long ago."""
        signer = self._serializer.make_signer(self._serializer.salt)
        if since and signer.get_timestamp() - since.timestamp() < SINCE_DAYS * 86400:
            signer.get_timestamp = lambda: int(since.timestamp())
        flat = [number for pair in quantities.items() for number in pair]
        return signer.sign(self._serializer.dump_payload(flat)).decode()

    def count(self, header: str, session_name: str) -> int | None:
        """How many things the cart in a Cookie header holds; 0 without one.

        None where that is not all there is to say: a session, a trail, an unreadable cart.
        """
        pairs = [pair.strip().partition("=") for pair in header.split(";")]
        carts = [value for name, _, value in pairs if name == self.name]
        if len(carts) > 1 or any(name in (session_name, self._trail) for name, _, _ in pairs):
            return None
        cart = self.read(carts[0] if carts else None)
        return None if cart.trouble else sum(cart.quantities.values())


class Visit(SecureCookieSession):
    """The session of a customer. It is no session of the desk's, whatever it says."""


class Visits(SecureCookieSessionInterface):
    """Sessions of customers: a cookie of their own, which a link in mail brings along."""

    salt = "account session"
    session_class = Visit

    def get_cookie_name(self, app: Flask) -> str:
        """Of this host alone where it is secure, as all of the shop's."""
        return "__Host-account" if app.config["SESSION_COOKIE_SECURE"] else "account"

    def get_cookie_samesite(self, app: Flask) -> str:
        """Lax: mail is often read on another site."""
        return "Lax"


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, but that who has none costs nothing: most shoppers have none.

    Below /account they are those of customers, anywhere else of who works at the desk. Neither
    cookie is looked at in the other's place, and neither signature holds there.
    """

    visits = Visits()

    def open_session(self, app: Flask, request):
        """The session of the request's cookie, or a new one."""
        if f"{request.path}/".startswith("/account/"):
            return self.visits.open_session(app, request)
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session, response: Response) -> None:
        """Into the cookie that it is of."""
        if isinstance(session, Visit):
            self.visits.save_session(app, session, response)
        else:
            super().save_session(app, session, response)


def customers_visit() -> Visit:
    """What a customer's session says, on pages that are not of the account; {} without one."""
    return Sessions.visits.open_session(current_app, request)


def is_visit_cookie(name: str) -> bool:
    """Whether a cookie of that name is a customer's session."""
    return name == Sessions.visits.get_cookie_name(current_app)


# Who is signed in is asked of flask-login, which has one manager for an app. The session's kind
# says whose loader is asked; a name in one means nothing to the other.
manager = LoginManager()
manager.session_protection = None  # it would put a hash of the address into the cookie
manager.id_attribute = "session_id"  # `get_id`, as it asks by itself, is peewee's for the key
loaders: dict[type, Callable] = {}


@manager.user_loader
def _load(identity: str):
    return loaders[type(session._get_current_object())](identity)


def asking_browser() -> str:
    """What the browser is known by that asked for a link a little while ago, or ""."""
    try:
        return _asked().loads(request.cookies.get(_asked_name(), ""), ASKED_FOR.total_seconds())
    except BadData:
        return ""


def remember_asking(response: Response, browser: str) -> Response:
    """Know the browser again that asks for a link, for a quarter of an hour."""
    response.set_cookie(
        _asked_name(),
        _asked().dumps(browser),
        max_age=round(ASKED_FOR.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.extensions["settings"].secure,
        path="/",
    )
    return response


def new_browser() -> str:
    """A name that no browser has had."""
    return secrets.token_urlsafe(24)


def _asked_name() -> str:
    return "__Host-asked" if current_app.extensions["settings"].secure else "asked"


def _asked() -> URLSafeTimedSerializer:
    keys = list(reversed(current_app.extensions["settings"].cookie_keys))
    digest = {"digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(keys, salt="asking browser", signer_kwargs=digest)


def read_cart() -> Cart:
    """The visitor's cart; a cookie that cannot be read is an empty cart and a word about it."""
    if "cart" not in g:
        cookie = _cookie().read(request.cookies.get(_cookie().name))
        g.cart_trouble = cookie.trouble
        currency = current_app.extensions["settings"].currency
        g.cart = Cart(cookie.quantities, currency, cookie.since)
    return g.cart


def cart_trouble() -> str:
    """The sentence to show when the cart cookie could not be read, or ""."""
    read_cart()
    return g.cart_trouble


def write_cart(response: Response, cart: Cart) -> Response:
    """Let the visitor's browser keep the cart; an empty one leaves no cookie behind."""
    g.cart, g.cart_trouble = cart, ""
    secure = current_app.extensions["settings"].secure
    common = {"httponly": True, "samesite": "Lax", "secure": secure, "path": "/"}
    if not cart.quantities:
        response.delete_cookie(_cookie().name, **common)
        return response
    value = _cookie().written(cart.quantities, cart.since)
    response.set_cookie(_cookie().name, value, max_age=CART_DAYS * 86400, **common)
    return response


def drop_unreadable(response: Response) -> Response:
    """Take back a cookie that could not be read, so that it is spoken of once."""
    if g.get("cart_trouble"):
        write_cart(response, Cart({}, current_app.extensions["settings"].currency))
    return response


def leave_unreadable() -> str:
    """Do not take back a cookie that could not be read: the page speaks of it. What is wrong."""
    trouble = cart_trouble()
    g.cart_trouble = ""
    return trouble


def remove_cookie(response: Response, name: str) -> Response:
    """Have the browser forget a cookie, whoever has set it, as far as this host may ask for it."""
    leave_unreadable()
    prefixed = name.startswith(("__Host-", "__Secure-"))
    secure = prefixed or current_app.extensions["settings"].secure
    common = {"httponly": True, "samesite": "Lax", "secure": secure, "path": "/"}
    response.delete_cookie(name, **common)
    host = request.host.partition(":")[0]
    if name.removeprefix("__Host-") not in declared_names() and not name.startswith("__Host-"):
        # Somebody else has set it, for this host alone or with its subdomains.
        response.delete_cookie(name, domain=host, **common)
    return response


def declared_names() -> set[str]:
    """The names of all cookies the shop can ever set, without the prefix."""
    return {fact.where for fact in declared("cookie")}


def _cookie() -> CartCookie:
    return current_app.extensions["cart_cookie"]
