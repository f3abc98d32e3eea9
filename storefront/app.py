"""Builds the shop: `create_app()`."""

import traceback

from flask import Flask, request
from flask_limiter.errors import RateLimitExceeded
from htmx_flask import Htmx
from werkzeug.exceptions import HTTPException

from storefront import address, door, gate, pages, personal
from storefront.blueprints import cart, checkout, home, orders, pictures, privacy, products
from storefront.config import Settings, read_settings, require_set_up
from storefront.cookies import drop_unreadable
from storefront.db import database, open_database
from storefront.jobs import Jobs
from storefront.links import OrderLinks
from storefront.models import RECORDS
from storefront.payment import Payments
from storefront.refusals import Refused

PARTS = (home, products, pictures, cart, checkout, orders, privacy)


def create_app(settings: Settings | None = None, clock=pages.system_clock) -> Flask:
    """The shop as a WSGI app. `clock()` gives the moment in UTC; tests bring their own.

    Raises `NotSetUp` when keys or secrets are missing, `Undeclared` when a column that may hold
    something about a person has not been declared.
    """
    settings = settings or read_settings()
    require_set_up(settings)
    personal.check(RECORDS)
    app = Flask("storefront", static_folder=None)
    app.secret_key = settings.cookie_keys[0]
    app.config["SECRET_KEY_FALLBACKS"] = list(settings.cookie_keys[1:])
    app.config |= {
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Forms carry no token of their own: a token needs a cookie, and shoppers have none.
        # The door looks where a form comes from, and demands a token of those with a session.
        "WTF_CSRF_ENABLED": False,
    }
    _furnish(app, settings, clock)
    door.hang(app, settings)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    _draw_errors(app)
    return app


def _furnish(app: Flask, settings: Settings, clock) -> None:
    if database.obj is None:
        database.initialize(open_database(settings.database_url))
    gate.admit_from(settings)
    Htmx(app)
    app.extensions |= {
        "settings": settings,
        "clock": clock,
        "payments": Payments(settings),
        "order_links": OrderLinks(settings.cookie_keys),
        "wake_worker": Jobs(settings).wake,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["country_name"] = lambda code: address.countries().get(code, code)
    app.jinja_env.filters["combined"] = lambda one, other: one | other
    app.context_processor(lambda: {"shop": settings.shop})
    app.before_request(_connect)
    app.after_request(drop_unreadable)
    app.teardown_request(_disconnect)


def _connect() -> None:
    if request.endpoint not in ("home.static", "home.healthz"):
        database.connect(reuse_if_open=True)


def _disconnect(_error) -> None:
    if not database.is_closed() and not database.in_transaction():
        database.close()


def _draw_errors(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(refusal: Refused):
        return pages.sentence(422, "That did not work", refusal.sentence)

    @app.errorhandler(door.CardOffered)
    def card_offered(_):
        return pages.sentence(
            422,
            "Please keep your card to yourself here",
            "This form carried card data, and the shop takes none. Your card number is asked for "
            "on the payment page only, and a security code nowhere. Nothing was kept.",
        )

    @app.errorhandler(RateLimitExceeded)
    def too_many(_):
        return pages.sentence(
            429,
            "One moment, please",
            "That was a lot of requests in a short time. Wait a minute, then try again; "
            "nothing of yours is lost.",
        )

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException):
        title, words = ERRORS.get(error.code, (error.name, error.description))
        own = error.description if error.description != type(error).description else words
        response = pages.sentence(error.code, title, own or words)
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(allowed)
        return response

    @app.errorhandler(Exception)
    def unforeseen(error: Exception):
        # The class and the way there, not the message: that may hold what somebody typed.
        way = "".join(traceback.format_tb(error.__traceback__))
        app.logger.error("unforeseen %s at %s\n%s", type(error).__name__, request.endpoint, way)
        return pages.sentence(500, *ERRORS[500])


ERRORS = {
    400: ("We could not read that", "The request was not one this shop understands."),
    403: ("Not from here", "This request is not allowed."),
    404: ("This page is not here", "It may have moved, or the address has a slip in it."),
    405: ("Not like that", "This address does not take that kind of request."),
    411: ("We could not read that", "The request did not say how long it is."),
    413: ("That was too much", "The form was larger than anything this shop asks for."),
    500: (
        "Something broke on our side",
        "It is not your doing, and your cart is kept. Please try again in a minute.",
    ),
}
