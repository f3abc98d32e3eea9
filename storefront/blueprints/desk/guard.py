"""The one guard of the whole desk: who may pass, and what every answer of the desk carries."""

from urllib.parse import urlencode

from flask import Response, abort, current_app, g, request, url_for
from flask import session as cookie

from storefront import pages
from storefront.blueprints.desk import desk, session
from storefront.cookies import manager
from storefront.models.staff import ROLES
from storefront.pages import go, keep_from_caches, now, styled

ANYBODY = "anybody"  # the door itself
NUMBER = f"int(max={2**31 - 1})"  # of a row, in an address; no database takes any number


@desk.record_once
def furnish(state) -> None:
    """Give the app flask-login's manager, without its hooks.

    They would look into the session of every shopper, and so say that pages depend on it.
    """
    state.app.login_manager = manager


def roles(*names: str, fresh: bool = False):
    """Say whose a view is; managers pass everywhere. One that is `fresh` wants a new sign-in."""
    unknown = set(names) - set(ROLES)
    if unknown or not names:
        raise ValueError(f"{unknown or 'no role'} is none of {', '.join(ROLES)}")

    def say(view):
        view.roles, view.fresh = names, fresh
        return view

    return say


def at_the_door(view):
    """Say of a view that it is for anybody: it is part of the door."""
    view.roles, view.fresh = ANYBODY, False
    return view


def framing(view):
    """Say of a view that its page shows another page of the shop in a frame."""
    view.frames = True
    return view


def bringing(*sheets: str, instead: bool = False):
    """Say of a view that its page brings those style sheets besides the desk's, or instead."""

    def say(view):
        view.sheets = sheets if instead else ("desk", *sheets)
        return view

    return say


@desk.before_request
def guard() -> Response | None:
    """Let pass who may; nobody else learns anything but where the door is."""
    request.environ["storefront.uncompressed"] = True
    view = current_app.view_functions[request.endpoint]
    wanted, g.staff = getattr(view, "roles", ()), session.who(now())
    if wanted == ANYBODY:
        return None
    if g.staff is None:
        if _was_here(view):
            return view.signed_out()
        return arrival() if _comes_from_elsewhere() else go(the_door())
    if not wanted or not g.staff.may(wanted):
        abort(403, f"This part of the desk is for {' and '.join(wanted) or 'nobody'} only.")
    if view.fresh and not session.is_fresh(now()):
        return go(the_door(again=True))
    return None


def _was_here(view) -> bool:
    """Whether somebody sends a long text who was signed in when they began it."""
    return hasattr(view, "signed_out") and "_user_id" in cookie


def _comes_from_elsewhere() -> bool:
    """Whether somebody followed a link on another site, such as in mail that is read in a browser.

    Then the browser keeps the session's cookie to itself, which is SameSite=Strict.
    """
    elsewhere = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return elsewhere and request.method == "GET"


def arrival() -> Response:
    """A page of ours that asks for the same address once more, so that the cookie comes along."""
    page = pages.show("desk/door/arrival.html", way=request.full_path.rstrip("?"))
    return styled(page, "desk")


def the_door(again: bool = False) -> str:
    """The address of the door, with the way back to what was asked for."""
    asked = request.full_path.rstrip("?")
    if request.method != "GET":  # to the page that the form stands on, or near it
        asked = "/".join(request.path.split("/")[:3]) if again else "/desk"
    way_back = {"next": asked} if asked != "/desk" else {}
    query = urlencode(way_back | ({"again": 1} if again else {}))
    return url_for("desk.door") + (f"?{query}" if query else "")


@desk.after_request
def keep_private(response: Response) -> Response:
    """Nobody stores what the desk answers, and no search engine reads it."""
    view = current_app.view_functions.get(request.endpoint)
    if hasattr(view, "policy") and response.status_code == 200:
        response.headers["Content-Security-Policy"] = view.policy
    else:
        sheets = getattr(view, "sheets", ("desk",))
        styled(response, *sheets, frames=hasattr(view, "frames"))
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)
