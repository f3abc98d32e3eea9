"""The payment page: an origin and a process of its own, with one form and no memory.

`storefront.handoff.payment_page:app` is the WSGI application, made from the environment when it is
first asked for. It has no database, no cookie, and no log of a body or a query. Its one script
seals the card in the page; browsers without it get a form that is sealed here.
"""

import base64
import hashlib
import os
import resource
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from babel.numbers import format_currency, get_currency_precision
from flask import Flask, Response, abort, current_app, redirect, render_template, request
from jinja2 import StrictUndefined
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from . import seal
from .envelope import MOST_BYTES
from .offer import Offer
from .payment_settings import Settings
from .throttle import Throttle
from .till import ASKED, Fields, Payment, Refusal, Till, refuse_others
from .wire import b64u

STOREFRONT = Path(__file__).resolve().parents[1]
#: The script that seals in the page stands in it, so that one answer is all there is to trust; the
#: content policy names it by its hash.
SEALER = (STOREFRONT / "static" / "sealer.js").read_text("utf-8")
SEALER_HASH = base64.b64encode(hashlib.sha256(SEALER.encode()).digest()).decode("ascii")
#: The form encoding that is read. Multipart bodies may be spooled to disk, so they are not.
FORM = "application/x-www-form-urlencoded"
MOST_A_MINUTE = 240  # requests of one address

_HEADERS = {
    "Cache-Control": "no-store",
    # Not no-referrer: with it browsers send `Origin: null` even to this page itself.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}
_SENTENCES = {
    404: "There is no such page here. This address only takes payments.",
    405: "This page cannot be used in that way.",
    411: "What was sent did not say how long it is. Nothing was kept.",
    413: "What was sent is too long to be a card. Nothing was kept.",
    415: "This page only reads its own form. Nothing was kept.",
    429: "That was a lot of requests in a short time. Wait a minute, then try again.",
    500: "Something went wrong on our side. This page has not kept your card.",
}


class PaymentApp(Flask):
    """Flask, but for its log: an error is logged by kind and place, because its text and the
    request could hold what a person typed."""

    till: Till

    def log_exception(self, exc_info) -> None:
        """Logs what kind of error it was and where it arose."""
        kind, _, trace = exc_info
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else "?"
        self.logger.error("%s in %s", kind.__name__, where)


class ProxiesBelieved:
    """WSGI middleware: X-Forwarded-For, -Proto and -Host count only from a known proxy."""

    def __init__(self, app, proxies: frozenset[str]):
        self._plain, self._proxied = app, ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self._proxies = proxies

    def __call__(self, environ, start_response):
        from_proxy = environ.get("REMOTE_ADDR") in self._proxies
        return (self._proxied if from_proxy else self._plain)(environ, start_response)


def create_payment_page(settings: Settings, clock: Callable[[], float] = time.time) -> Flask:
    """The payment page for these settings; `clock` gives epoch seconds.

    Raises HandoffError if a key is missing. Turns core dumps off for the whole process: they
    would hold card numbers.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    app = PaymentApp(
        __name__, static_folder=STOREFRONT / "static", template_folder=STOREFRONT / "templates"
    )
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        TRUSTED_HOSTS=[settings.host],
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(
        shop=settings.shop_origin,
        shop_name=settings.shop_name,
        sealer=Markup(SEALER),  # noqa: S704 - our own file
        sentences=seal.SENTENCES,
    )
    app.till = Till(settings, clock)
    app.wsgi_app = ProxiesBelieved(app.wsgi_app, settings.proxies)
    _add_routes(app)
    return app


def _add_routes(app: Flask) -> None:
    app.before_request(_refuse_unsafe)
    if app.till.settings.limits:
        app.before_request(partial(_refuse_floods, Throttle(MOST_A_MINUTE)))
    app.after_request(_add_headers)
    app.add_url_rule("/", view_func=show_form, methods=["GET"])
    app.add_url_rule("/", view_func=take_card, methods=["POST"])
    app.register_error_handler(Refusal, _draw_refusal)
    app.register_error_handler(HTTPException, _draw_http_error)


def show_form() -> str | tuple[str, int]:
    """`GET /?offer=…&link=…`: the amount, the order and an empty form; `&seal=server` asks for the
    one that needs no script."""
    fields = _fields(request.args)
    payment = current_app.till.payment(fields)
    try:
        refuse_others(fields, ASKED)
    except seal.BadCard as error:
        return _form(payment, plain=True, errors=error.errors), 422
    return _form(payment, plain=fields.get("seal") == ["server"])


def take_card() -> Response | tuple[str, int]:
    """`POST /`: takes a card to the vault and goes on to the shop with the receipt."""
    if request.mimetype != FORM:
        return _draw_status(415)
    till, fields = current_app.till, _fields(request.form)
    payment = till.payment(fields)
    try:
        # Names in the query are looked at too, so that nothing unasked-for slips in beside.
        envelope = till.take(payment, _fields(request.args) | fields)
    except seal.BadCard as error:
        return _form(payment, plain=True, errors=error.errors), 422
    return redirect(till.hand_down(payment, envelope), 303)


def _fields(values) -> Fields:
    return values.to_dict(flat=False)


def _form(payment: Payment, *, plain: bool, errors: dict[str, str] | None = None) -> str:
    """The form, always empty: what was typed is never written into a page.

    The `plain` one needs no script. Without a key for sealing in the page there is no other.
    """
    key = None if plain else payment.page_key
    return render_template(
        "payment/card.html",
        payment=payment,
        amount=_amount(payment.offer),
        until=datetime.fromtimestamp(payment.offer.expires, UTC),
        page_key=key and b64u(key),
        today=current_app.till.today(),
        errors=errors or {},
    )


def _amount(offer: Offer) -> str:
    digits = get_currency_precision(offer.currency)
    return format_currency(
        Decimal(offer.amount_minor).scaleb(-digits), offer.currency, locale="en_US"
    )


def _refuse_unsafe() -> None:
    """Before anything is read: no plain HTTP off this machine, no form from another site."""
    shop = current_app.till.settings.shop_origin + "/"
    if not request.is_secure and not _is_loopback():
        raise Refusal(
            403, "Cards are only taken over https. Open your order in the shop again.", back=shop
        )
    if "Transfer-Encoding" in request.headers:
        abort(411)  # without a length, a body would be cut where the limit is, unseen
    if request.method == "POST" and _is_foreign():
        raise Refusal(
            403,
            "This form was sent from another site, so nothing was read. Open your order in the "
            "shop and choose to pay again.",
            back=shop,
        )


def _refuse_floods(throttle: Throttle) -> None:
    if throttle.is_over(request.remote_addr or "", current_app.till.now()):
        abort(429)


def _is_loopback() -> bool:
    """Whether both ends are on this machine: a proxy here may speak for a client elsewhere."""
    host = urlsplit(f"//{request.host}").hostname
    names = ["127.0.0.1" if host == "localhost" else host, request.remote_addr]
    try:
        return all(ip_address(name).is_loopback for name in names)
    except ValueError:
        return False


def _is_foreign() -> bool:
    """Whether the browser says that another site sent this form (W3C Fetch Metadata; Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    own = current_app.till.settings.payment_origin
    return request.headers.get("Origin", own) != own


def _add_headers(response: Response) -> Response:
    shop = current_app.till.settings.shop_origin
    response.headers.update(_HEADERS)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'sha256-{SEALER_HASH}'; style-src 'self'; "
        f"form-action 'self' {shop}; base-uri 'none'; frame-ancestors 'none'"
    )
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return _pressed(response)


def _pressed(response: Response) -> Response:
    """Compressed as the client takes it. Nothing in the page could be guessed at by its length:
    what somebody else might put into it, an offer, is refused unless the shop has signed it.
    """
    response.vary.add("Accept-Encoding")
    coding = request.accept_encodings.best_match(("br", "gzip"))
    if coding and response.mimetype.startswith("text/"):
        response.direct_passthrough = False
        data = response.get_data()
        response.set_data(
            brotli.compress(data) if coding == "br" else zlib.compress(data, wbits=31)
        )
        response.content_encoding = coding
    return response


def _draw_refusal(refusal: Refusal) -> tuple[str, int]:
    return _draw(refusal.status, refusal.sentence, refusal.state, refusal.back, refusal.again)


def _draw_http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    # A redirect of the router's own (there is none today) is not an error to draw.
    if error.code is None or error.code < 400:
        return error
    return _draw_status(error.code)


def _draw_status(status: int) -> tuple[str, int]:
    sentence = _SENTENCES.get(status, "This request could not be understood. Nothing was kept.")
    return _draw(status, sentence, "unavailable" if status >= 500 else "refused")


def _draw(status, sentence, state, back=None, again=None) -> tuple[str, int]:
    context = {"sentence": sentence, "state": state, "again": again}
    back = back or current_app.till.settings.shop_origin + "/"
    return render_template("payment/sentence.html", back=back, **context), status


def __getattr__(name: str) -> Flask:
    """Makes `app` when a server asks for it, so that importing this module needs no keys."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = page = create_payment_page(Settings.from_environment(os.environ))
    return page
