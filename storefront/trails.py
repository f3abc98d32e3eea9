"""The trail: what a visitor looked at here, in a signed cookie of those who have asked for it.

It holds numbers of products and the address of a list, and nothing of it is kept by the shop: not
in the database, nor in a log, nor among the pages that are drawn once.
"""

import hashlib
from collections.abc import Container
from dataclasses import dataclass, replace

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeSerializer

from storefront.config import Settings
from storefront.cookies import trail_name
from storefront.listing.way_back import WayBack
from storefront.models.card import Card
from storefront.pages import closed, keep_from_caches
from storefront.personal import declare
from storefront.traffic.counting import is_fetched_ahead

MOST_SEEN = 12  # products
MOST_PICTURED = 4  # of them; the others are named
LONGEST_WAY = 600  # characters of a list's address
LONGEST = 2000  # characters of the cookie

declare(
    "cookie",
    "trail",
    clause="trail",
    why="to show you what you looked at and the way back to the list, because you asked for it",
    basis="consent",
)


@dataclass(frozen=True)
class Trail:
    """The last products that were `seen`, by id, the newest first, and the last list's address."""

    seen: tuple[int, ...] = ()
    way: str = ""

    def with_product(self, number: int) -> "Trail":
        """The trail after a look at that product."""
        others = (one for one in self.seen if one != number)
        return replace(self, seen=(number, *others)[:MOST_SEEN])

    def with_list(self, address: str) -> "Trail":
        """The trail after a look at the list of that address; its beginning, of a very long one."""
        if len(address) > LONGEST_WAY:
            address = address.partition("?")[0]
        return replace(self, way=address if len(address) <= LONGEST_WAY else "")


class TrailCookie:
    """The cookie of one shop, signed with its keys; it ends with the browser's session."""

    def __init__(self, settings: Settings) -> None:
        self.name = trail_name(settings)
        self._serializer = URLSafeSerializer(
            list(reversed(settings.cookie_keys)),
            salt="trail",
            signer_kwargs={"digest_method": hashlib.sha256},
        )

    def read(self, raw: str | None) -> Trail | None:
        """What a cookie's value says; None for one that this shop has not written."""
        if not raw or len(raw) > LONGEST:
            return None
        try:
            way, *seen = self._serializer.loads(raw)
            return Trail(tuple(int(number) for number in seen[:MOST_SEEN]), str(way))
        except (BadData, TypeError, ValueError):
            return None

    def written(self, trail: Trail) -> str:
        """The value that keeps a trail."""
        return self._serializer.dumps([trail.way, *trail.seen])


@dataclass(frozen=True)
class Walked:
    """What a page shows of a trail: one is `kept`, or it may be begun, as it is `offered`.

    `seen` are products that still have a page, the newest first, without what is there anyway.
    """

    kept: bool = False
    offered: bool = False
    seen: tuple[Card, ...] = ()
    way: WayBack | None = None

    @property
    def pictured(self) -> tuple[Card, ...]:
        """Those that are shown with a picture."""
        return self.seen[:MOST_PICTURED]

    @property
    def named(self) -> tuple[Card, ...]:
        """Those before."""
        return self.seen[MOST_PICTURED:]


def current() -> Trail | None:
    """The visitor's trail; None for who has asked for none, and while the policy has no word."""
    raw = request.cookies.get(_cookie().name)
    return _cookie().read(raw) if raw and not closed("trail") else None


def walked(trail: Trail | None, besides: Container[int] = (), way: WayBack | None = None) -> Walked:
    """What a page shows of the trail, without those products; one query where there is one."""
    if trail is None:
        return Walked(offered=not closed("trail"))
    ids = [number for number in trail.seen if number not in besides]
    return Walked(kept=True, seen=tuple(Card.reachable(ids)), way=way)


def follow(response: Response, before: Trail | None, after: Trail | None) -> Response:
    """Let the visitor's browser keep what the trail has come to, where there is one.

    A cookie that cannot be read is taken back. What is fetched ahead was not looked at.
    """
    if before is None:
        raw = request.cookies.get(_cookie().name)
        return forget(response) if raw and not closed("trail") else response
    if after not in (None, before) and not is_fetched_ahead(request.environ):
        write(response, after)
    return keep_from_caches(response)


def write(response: Response, trail: Trail) -> Response:
    """Let the visitor's browser keep a trail, until it is closed."""
    response.set_cookie(_cookie().name, _cookie().written(trail), **_common())
    return keep_from_caches(response)


def forget(response: Response) -> Response:
    """Have the visitor's browser forget the trail."""
    response.delete_cookie(_cookie().name, **_common())
    return keep_from_caches(response)


def _common() -> dict:
    secure = current_app.extensions["settings"].secure
    return {"httponly": True, "samesite": "Lax", "secure": secure, "path": "/"}


def _cookie() -> TrailCookie:
    return current_app.extensions["trail_cookie"]
