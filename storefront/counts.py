"""What an answer counts as, once it is out: said by who makes it, read by who counts.

The front hands it to `traffic`, and keeps it with a page that is kept.
"""

from collections.abc import Iterable
from secrets import choice

from flask import current_app, request

from storefront.models.trial import ARMS
from storefront.traffic import Seen


def counts(**facts) -> None:
    """Say what the answer counts as, besides a view of its page: the facts of `Seen`.

    Pages that lead to something of somebody's are counted together, under their rule.
    """
    if request.environ.get("storefront.seen") is None and request.url_rule is not None:
        rule = request.url_rule.rule
        view = current_app.view_functions[request.endpoint]
        path = request.path if hasattr(view, "public") else rule
        if not rule.startswith("/desk"):
            request.environ["storefront.seen"] = Seen(path, **facts)


def shows(banners: Iterable = (), named: Iterable[str] = (), **facts) -> None:
    """Say what else the page shows whose links are counted: banners, and arms of trials by name.

    Where any of it is on trial, no shared cache may keep one arm for everybody.
    """
    names = (*(banner.name for banner in banners), *named)
    if names or facts:
        counts(shows=names, **facts)


def arm() -> str:
    """The arm that this answer shows of whatever is on trial: drawn for each request anew."""
    return request.environ.setdefault("storefront.arm", choice(ARMS))


def took(step: str) -> None:
    """Say that the answer takes that step to an order, whether or not it is a page."""
    request.environ["storefront.seen"] = Seen(step=step)


def searched(query: str) -> None:
    """Say that the answer leads from a search to where these words are meant to."""
    request.environ["storefront.seen"] = Seen(search=query, found=1)


def lost() -> None:
    """Say that somebody asked for a page that is not there: what browsers ask for says HTML."""
    asked = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if asked and not request.headers.get("HX-Request"):
        request.environ["storefront.seen"] = Seen(is_lost=True)
