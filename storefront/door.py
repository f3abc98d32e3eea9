"""What every request passes on its way in: TLS, origin, card fields, limits."""

import ipaddress
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFError, validate_csrf
from htmx_flask.requests import HtmxAwareRequest
from limits import parse
from wtforms import ValidationError

from storefront.cards import holds_card, means_card
from storefront.clicks import network
from storefront.config import LOOPBACK, Settings
from storefront.refusals import Refused

SAFE = ("GET", "HEAD", "OPTIONS")
LIMITS = "600 per minute"  # of one address, all routes together; forms have their own
LARGEST_FORM = 64 * 1024  # bytes
LARGEST_TEXT = 4 * 2**20  # of a form with a long text, three bytes for each that is not a letter

# It would write down the address of everyone it refuses.
logging.getLogger("flask-limiter").setLevel(logging.CRITICAL)


def whose() -> str:
    """For whom a limit counts: an address, or a household's whole part of the IPv6 ones."""
    return network(request.remote_addr or "127.0.0.1")


limiter = Limiter(whose, default_limits=[LIMITS], storage_uri="memory://")


@contextmanager
def guess(what: str, limit: str) -> Iterator[Callable[[], None]]:
    """Let somebody try a secret word; who calls what this gives has tried in vain, and is counted.

    One request counts once. Raises `Refused`, before anything is looked up, where there were more
    from this address than the limit, in this process.
    """
    allowed, who = parse(limit), (what, whose())
    if limiter.enabled and what not in _tried() and not limiter.limiter.test(allowed, *who):
        raise Refused("There were many tries that did not fit. Please wait an hour and try again.")

    def missed() -> None:
        if limiter.enabled and what not in _tried():
            limiter.limiter.hit(allowed, *who)
            _tried().add(what)

    yield missed


def _tried() -> set[str]:
    return g.setdefault("tried", set())


class CardOffered(Exception):
    """A form carried what looks like card data; the shop takes none."""


class Visit(HtmxAwareRequest):
    """A request, of whose files no more is taken in than its view asks for."""

    largest_file = 0  # bytes; 0 for as large as the whole may be

    def _get_file_stream(self, *_, **__):
        return Bounded(self.largest_file or self.max_content_length)


class Bounded(SpooledTemporaryFile):
    """Keeps the first bytes of what is written into it, and says it has kept all.

    What does not fit in memory goes to a file without a name, which is gone with the request.
    """

    def __init__(self, most: int) -> None:
        super().__init__(max_size=LARGEST_FORM)
        self._most = most

    def write(self, data: bytes) -> int:
        """Keep what there is room for."""
        if room := self._most - self.tell():
            super().write(data[:room])
        return len(data)


def hang(app: Flask, settings: Settings) -> None:
    """Put the door into the app."""
    app.config |= {
        "TRUSTED_HOSTS": settings.hosts,
        "MAX_CONTENT_LENGTH": LARGEST_FORM,
        "MAX_FORM_MEMORY_SIZE": LARGEST_FORM,
        "MAX_FORM_PARTS": 200,
        "RATELIMIT_ENABLED": settings.limits,
    }
    limiter.init_app(app)
    app.before_request(look_over)


def takes_text(*fields: str):
    """Say of a view that these fields hold a long text, which it looks over itself.

    For those with a session only: nobody else makes the shop read so much.
    """

    def say(view):
        view.texts = fields
        return view

    return say


def takes_files(each: int, together: int, strangers: str = ""):
    """Say of a view that it takes files: how many bytes of each it wants, and of the whole form.

    What is longer than `each` is cut off, for the view to notice. For those who have signed in
    only, as nobody else makes the shop read so much; unless `strangers` says how often one
    address may, all such views together, which is looked at before anything is read.
    """

    def say(view):
        view.files = (each, together, strangers)
        return view

    return say


def from_anywhere(view):
    """Say of a view that forms of other sites may be sent to it, as by those who read mail for
    others: what it does is harmless, and a secret in its address allows it."""
    view.from_anywhere = True
    return view


def look_over() -> Response | None:
    """Whether a request may come in; another way on for who came by another name."""
    refuse_plain_http()
    if way := lead_home():
        return way
    refuse_odd_bodies()
    make_room()
    refuse_foreign_forms()
    if request.query_string or request.method not in SAFE:
        refuse_odd_fields()
    return None


def refuse_plain_http() -> None:
    """Off loopback the shop speaks HTTPS only."""
    if request.is_secure:
        return
    if _hostname(request.host) not in LOOPBACK or not _is_loopback(request.remote_addr or ""):
        abort(
            403, "This shop is reached over https only. Change http:// to https:// and try again."
        )


def lead_home() -> Response | None:
    """On loopback the shop has several names; it is visited under one.

    The payment page goes by another of them, and cookies, which know no ports, must not reach it.
    """
    settings: Settings = current_app.extensions["settings"]
    own = _hostname(settings.shop_origin.partition("//")[2])
    if _hostname(request.host) == own or request.method not in SAFE:
        return None
    return redirect(settings.shop_origin + request.full_path.rstrip("?"), 307)


def refuse_odd_bodies() -> None:
    """Bodies say how long they are, and addresses hold no NUL, which PostgreSQL cannot keep."""
    if "Transfer-Encoding" in request.headers:
        abort(411)
    if "\0" in request.path:
        abort(404)


def make_room() -> None:
    """Let a long text in where one is asked for; one that is longer still is refused in words."""
    if request.method in SAFE:
        return
    if files := _said("files"):
        _make_room_for_files(*files)
    if not session or not _texts():
        return
    request.max_content_length = request.max_form_memory_size = LARGEST_TEXT
    if (request.content_length or 0) > LARGEST_TEXT:
        abort(413, TOO_LONG)


def _make_room_for_files(each: int, together: int, strangers: str) -> None:
    length = request.content_length or 0
    if "_user_id" not in session and (not strangers or length <= LARGEST_FORM):
        return
    # Of the form's other fields; the parser also counts what it has not taken apart yet.
    request.max_form_memory_size = 4 * LARGEST_FORM
    if request.mimetype != "multipart/form-data":  # all in memory at once: there are no files
        together = 4 * LARGEST_FORM
    request.largest_file, request.max_content_length = each, together
    if length > together:
        abort(413, TOO_MANY.format(together >> 20) if together >> 20 else None)
    counted = strangers and limiter.enabled
    if counted and not limiter.limiter.hit(parse(strangers), "files", whose()):
        abort(429, TOO_OFTEN)


TOO_OFTEN = (
    "Many pictures came from your connection within the hour, so this form was not read. "
    "Go back: what you typed should still be in it. Send it without pictures, or later."
)


TOO_LONG = (
    "This text is far larger than a policy can be, so it was not read and nothing was changed. "
    "Go back: it should still be in the form. Take out what does not belong to it."
)


TOO_MANY = (
    "What was sent is larger than {} MB altogether, so none of it was read. "
    "Go back, and send it in several goes."
)


def _said(name: str) -> tuple:
    """What the view of this request says of itself."""
    return getattr(current_app.view_functions.get(request.endpoint), name, ())


def _texts() -> tuple[str, ...]:
    return _said("texts")


def refuse_foreign_forms() -> None:
    """Unsafe requests must come from our own pages.

    Browsers say so in Sec-Fetch-Site or Origin (Fetch standard). Text browsers send neither: then
    anonymous forms pass, and a visitor with a session must bring the page's token.
    """
    if request.method in SAFE or _said("from_anywhere"):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        if site in ("cross-site", "same-site"):
            abort(403, "This form was sent from another site. Please use the form on our own page.")
    elif origin is not None:
        if origin != _own_origin():
            abort(403, "This form was sent from another site. Please use the form on our own page.")
    elif session:
        _demand_token()


def _own_origin() -> str:
    return f"{request.scheme}://{request.host}"


def _demand_token() -> None:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except (ValidationError, CSRFError):
        abort(403, "This form has grown old. Reload the page it came from and send it again.")


def refuse_odd_fields() -> None:
    """Nothing holds a NUL, and no card number, expiry or security code, wherever it is put."""
    fields = [*request.args.items(multi=True)]
    if request.method not in SAFE:
        fields += (one for one in request.form.items(multi=True) if one[0] not in _texts())
        fields += ((name, "") for name in request.files)
    # A part of a form may come without a name at all.
    if any(name is None or "\0" in name or "\0" in value for name, value in fields):
        abort(400)
    if any(means_card(name) or holds_card(value) for name, value in fields):
        raise CardOffered


@lru_cache(maxsize=64)
def _hostname(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""


@lru_cache(maxsize=1024)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return not address  # a Unix socket has no address
