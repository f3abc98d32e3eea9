"""Builds the shop: `create_app()`."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, request
from htmx_flask import Htmx
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from storefront import (
    address,
    coverage,
    door,
    errors,
    gate,
    pages,
    places,
    register,
    view_counts,
)
from storefront.assets import Assets
from storefront.blueprints import (
    account,
    afterwards,
    cart,
    checkout,
    contact,
    contests,
    desk,
    feeds,
    home,
    insider,
    listing,
    order_search,
    orders,
    page,
    pictures,
    privacy,
    products,
    resellers,
    returns,
    testimonials,
    trail,
    waiting,
    well_known,
    widget,
)
from storefront.catching_up import catch_up
from storefront.clicks import Clicks
from storefront.config import Settings, read_settings, require_set_up
from storefront.cookies import ACCOUNT_DAYS, CartCookie, Sessions, drop_unreadable
from storefront.db import database, open_database
from storefront.drawn import Drawn
from storefront.freshness import Freshness
from storefront.front import Behind, Front
from storefront.jobs import Jobs
from storefront.links import (
    EntryLinks,
    InsiderLinks,
    InvitationLinks,
    OrderLinks,
    PrizeLinks,
    ResellerLinks,
    TestimonialLinks,
    WaitingLinks,
)
from storefront.payment import Payments
from storefront.proxies import TrustedProxies
from storefront.shelf import Shelf
from storefront.signing import Signer
from storefront.traffic import Shared, SharedTraffic, Traffic
from storefront.trails import TrailCookie

PARTS = (
    *(home, listing, products, pictures, waiting, trail, cart, checkout, orders, afterwards),
    *(returns, order_search, contact, testimonials, widget, resellers, insider),
    *(contests, page, privacy, feeds, well_known, account, desk),
)

OWN = re.compile(r"[^<]+(?=<(?:link|secret|key)>)|/(?:desk|account)/")


class Answer(Response):
    """An answer that redirects with the whole address, where text browsers pause at half of one."""

    autocorrect_location_header = True


def create_app(settings: Settings | None = None, clock=pages.system_clock) -> Flask:
    """The shop as a WSGI app. `clock()` gives the moment in UTC; tests bring their own.

    Raises `NotSetUp` when keys or secrets are missing, `Undeclared` when a column or a form's field
    that may hold something about a person has not been declared.
    """
    settings = settings or read_settings()
    require_set_up(settings)
    register.check()
    app = Flask("storefront", static_folder=None)
    app.response_class = Answer
    _configure(app, settings)
    _furnish(app, settings, clock)
    door.hang(app, settings)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    errors.draw(app)
    _stand_in_front(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.secret_key = settings.cookie_keys[0]
    app.session_interface = Sessions()
    app.config |= {
        "SECRET_KEY_FALLBACKS": list(settings.cookie_keys[1:]),
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        # That of the desk, to which nobody comes from another site; customers' are of their own.
        "SESSION_COOKIE_SAMESITE": "Strict",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=ACCOUNT_DAYS),
        "SESSION_REFRESH_EACH_REQUEST": False,
        # Forms carry no token of their own: a token needs a cookie, and shoppers have none.
        # The door looks where a form comes from, and demands a token of those with a session.
        "WTF_CSRF_ENABLED": False,
    }


def _furnish(app: Flask, settings: Settings, clock) -> None:
    if database.obj is None:
        database.initialize(open_database(settings.database_url))
    catch_up(settings, clock())
    gate.admit_from(settings)
    places.declare_from(settings)
    Htmx(app)
    app.request_class = door.Visit
    jobs = Jobs(settings)
    app.extensions |= {
        "settings": settings,
        "clock": clock,
        "assets": Assets(settings.instance / "static"),
        "cart_cookie": CartCookie(settings),
        "trail_cookie": TrailCookie(settings),
        "payments": Payments(settings),
        "order_links": OrderLinks(settings.cookie_keys),
        "entry_links": EntryLinks(settings.cookie_keys),
        "prize_links": PrizeLinks(settings.cookie_keys),
        "waiting_links": WaitingLinks(settings.cookie_keys),
        "insider_links": InsiderLinks(settings.cookie_keys),
        "testimonial_links": TestimonialLinks(settings.cookie_keys),
        "invitation_links": InvitationLinks(settings.cookie_keys),
        "reseller_links": ResellerLinks(settings.cookie_keys),
        "clicks": Clicks(),
        "traffic": _traffic(settings, clock, app.config["SESSION_COOKIE_NAME"]),
        "shelf": Shelf(),
        "signer": Signer(settings.keys),
        "edition": Freshness(settings.database_url).edition,
        "wake_worker": jobs.wake,
        "wake_scourer": jobs.wake_scourer,
        "wake_importer": jobs.wake_importer,
        "wake_issues": jobs.wake_issues,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["country_name"] = lambda code: address.countries().get(code, code)
    app.jinja_env.filters["day"] = lambda moment: moment.strftime("%-d %B %Y")
    app.jinja_env.filters["combined"] = lambda one, other: one | other
    app.extensions["drawn"] = Drawn(app.jinja_env)
    shared = ("assets", "drawn")
    shop = {name: escape(value) for name, value in settings.shop.items()}
    shop["origin"] = settings.shop_origin
    app.jinja_env.globals |= {"shop": shop} | {name: app.extensions[name] for name in shared}
    app.before_request(_connect)
    app.after_request(drop_unreadable)
    app.teardown_request(_disconnect)


def _stand_in_front(app: Flask, settings: Settings) -> None:
    """Put the front, and the door's trust in proxies, between the server and Flask."""
    cookie, session_name = app.extensions["cart_cookie"], app.config["SESSION_COOKIE_NAME"]
    addresses = app.url_map.bind("")

    def is_public(path: str) -> bool:
        try:
            endpoint, _ = addresses.match(path, "GET")
        except HTTPException:
            return False
        return hasattr(app.view_functions[endpoint], "public")

    traffic = app.extensions["traffic"]
    traffic.own = sorted({start for rule in app.url_map.iter_rules() if (start := _own(rule.rule))})
    behind = Behind(
        is_public=is_public,
        count=lambda cookies: cookie.count(cookies, session_name),
        badge=app.extensions["drawn"].badge,
        edition=app.extensions["edition"],
        now=app.extensions["clock"],
        seen=lambda path: view_counts.note(path, app.extensions["clock"]()),
        viewed=traffic.note if settings.traffic else lambda *_: None,
    )
    front = Front(app.wsgi_app, settings, app.extensions["assets"], behind)
    app.wsgi_app = TrustedProxies(front, settings.proxies)


def _traffic(settings: Settings, clock, session: str) -> Traffic:
    given = (clock, _may_count, _own_hosts(settings), session)
    if settings.shared:
        return SharedTraffic(Shared(settings.shared, settings.shop_origin), *given)
    return Traffic(*given)


def _may_count(at: datetime) -> bool:
    """Whether the policy in force then covers counting how the shop is used."""
    fresh = database.connect(reuse_if_open=True)
    try:
        return coverage.covered("traffic", at)
    finally:
        if fresh:  # at the start: see `catch_up`
            database.manual_close()


def _own_hosts(settings: Settings) -> list[str]:
    """The names under which pages of ours lead to others of ours."""
    return [*settings.hosts, urlsplit(settings.payment_origin).hostname or ""]


def _own(rule: str) -> str:
    """How an address begins behind which something is somebody's own; "" for any other's."""
    found = OWN.match(rule)
    return found[0] if found else ""


def _connect() -> None:
    if request.endpoint not in ("home.healthz", "pictures.media"):
        database.connect(reuse_if_open=True)


def _disconnect(_error) -> None:
    if not database.is_closed() and not database.in_transaction():
        database.close()
