"""Answers: a page or the fragment of it that htmx asked for, a way on, or a refusal."""

from datetime import UTC, datetime

from flask import Response, current_app, make_response, redirect, render_template
from htmx_flask import request

from storefront.cookies import cart_trouble, read_cart
from storefront.drawn import Showing
from storefront.front import PRIVATE, VARY

FOR_GOOD = datetime.max.replace(tzinfo=UTC)


def now() -> datetime:
    """The moment, in UTC; read here once and passed on, so that models know no clock."""
    return current_app.extensions["clock"]()


def system_clock() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def wants_part() -> bool:
    """Whether htmx asks for a fragment: not for a boosted link, not to restore history."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def public(view):
    """Say of a view that its page is the same for everybody, but for the cart's badge."""
    view.public = True
    return view


def show(
    page: str,
    part: str | None = None,
    status: int = 200,
    until: datetime = FOR_GOOD,
    shown: Showing | None = None,
    **context,
) -> Response:
    """The template `page`, or its partial `part` when htmx asks for a fragment.

    A fragment also brings what stands elsewhere on the page and has changed: the cart's badge
    and a message to announce (`said`). What is `shown` is drawn once while it stays the same. A
    public page is kept until it changes, or until the moment it was said to be good for.
    """
    fragment = part is not None and wants_part()
    context = {"fragment": fragment, "cart": read_cart(), "cart_trouble": cart_trouble()} | context
    if not fragment:
        html = render_template(page, shown=shown, **context)
    else:
        html = _part(part, shown, context) + render_template("_elsewhere.html", **context)
    response = make_response(html, status)
    if status == 200:
        keep(until)
    return _private(response, no_store=fragment)


def _part(part: str, shown: Showing | None, context: dict) -> str:
    if shown is None:
        return render_template(part, **context)
    return str(current_app.extensions["drawn"].part(part, shown, fragment=True))


def keep(until: datetime = FOR_GOOD) -> None:
    """Let the answer to a request that anybody may make be kept, until that moment at most."""
    if "storefront.nobody" in request.environ:
        request.environ["storefront.until"] = until


def go(url: str) -> Response:
    """On to another page: 303, or for htmx the header that makes the browser leave."""
    if wants_part():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return _private(response, no_store=True)
    return _private(redirect(url, 303), no_store=True)


def sentence(status: int, title: str, words: str, **context) -> Response:
    """A page that says one thing; for htmx the words alone, put where messages stand."""
    if wants_part():
        response = make_response(render_template("errors/_words.html", words=words), status)
        response.headers["HX-Retarget"] = "#message"
        response.headers["HX-Reswap"] = "innerHTML"
        return _private(response, no_store=True)
    context = {"title": title, "words": words, "code": status} | context
    return show("errors/page.html", status=status, **context)


def keep_from_caches(response: Response) -> Response:
    """Mark a page that holds personal facts: nobody stores it."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _private(response: Response, no_store: bool) -> Response:
    response.headers["Cache-Control"] = "private, no-store" if no_store else PRIVATE
    response.headers["Vary"] = VARY
    return response
