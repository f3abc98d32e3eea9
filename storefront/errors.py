"""Error pages: every refusal and every failure as a page of the shop, in words."""

import traceback
from collections.abc import Iterator

from flask import Flask, Response, current_app, request
from flask_limiter.errors import RateLimitExceeded
from limits import parse
from peewee import PeeweeException
from werkzeug.exceptions import HTTPException

from storefront.door import CardOffered, limiter, whose
from storefront.pages import now, sentence, wants_part
from storefront.refusals import Refused
from storefront.wrong_address import Instead, instead_of, words_of

WORDS = {
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


def draw(app: Flask) -> None:
    """Have `app` answer with these pages."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(CardOffered, card_offered)
    app.register_error_handler(RateLimitExceeded, too_many)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unforeseen)


def refused(refusal: Refused) -> Response:
    """What the shop says no to, where no form of its own says it."""
    return sentence(422, "That did not work", refusal.sentence)


def card_offered(_: CardOffered) -> Response:
    """Card data in a form of the shop, which is not repeated."""
    return sentence(
        422,
        "Please keep your card to yourself here",
        "This form carried card data, and the shop takes none. Your card number is asked for "
        "on the payment page only, and a security code nowhere. Nothing was kept.",
    )


def too_many(_: RateLimitExceeded) -> Response:
    """More requests than the limits let through."""
    return sentence(
        429,
        "One moment, please",
        "That was a lot of requests in a short time. Wait a minute, then try again; "
        "nothing of yours is lost.",
    )


def http_error(error: HTTPException) -> Response:
    """What was aborted with a status, in the words it was given or in the shop's own."""
    title, words = WORDS.get(error.code, (error.name, error.description))
    own = error.description if error.description != type(error).description else words
    more = {}
    if error.code == 404:
        more = {"instead": instead(), "of_order": request.path.startswith("/orders/")}
    response = sentence(error.code, title, own or words, **more)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def instead() -> Instead | None:
    """What else to offer a person who has come to an address where nothing is.

    Whoever tries addresses by the dozen gets none, nor does anybody while all together do.
    """
    words = words_of(request.path)
    if not words or request.method != "GET" or wants_part():
        return None
    if limiter.enabled and not all(limiter.limiter.hit(*one) for one in _tries()):
        return None
    try:
        return instead_of(words, now())
    except PeeweeException:  # the page is to be there when the database is not
        return None


def _tries() -> Iterator[tuple]:
    yield parse("20 per minute"), "instead", whose()
    yield parse("200 per minute"), "instead of all"


def unforeseen(error: Exception) -> Response:
    """A fault of the shop: a code and no detail for the visitor, the way there for the log."""
    # The class and the way there, not the message: that may hold what somebody typed.
    way = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__name__
    current_app.logger.error("unforeseen %s at %s\n%s", name, request.endpoint, way)
    return sentence(500, *WORDS[500])
