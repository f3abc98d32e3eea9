"""The one guard of all that is a customer's, and what every answer of it carries."""

from flask import Response, current_app, g, request, url_for
from flask import session as cookie
from flask_wtf.csrf import generate_csrf

from storefront import pages
from storefront.blueprints.account import account, session
from storefront.pages import go, keep_from_caches, now, styled

NUMBER = f"int(max={2**31 - 1})"  # of a row, in an address; no database takes any number


def for_anybody(view):
    """Say of a view that nobody has to be signed in for it."""
    view.for_anybody = True
    return view


def fresh(view):
    """Say of a view that it wants a sign-in of the last hour: it changes how one signs in."""
    view.fresh = True
    return view


@account.before_request
def guard() -> Response | None:
    """Let pass who is signed in; nobody else learns anything but where to do that."""
    request.environ["storefront.uncompressed"] = True
    view, g.customer = current_app.view_functions[request.endpoint], session.who(now())
    if hasattr(view, "for_anybody"):
        return None
    if g.customer is None:
        return go(url_for("account.sign_in"))
    if hasattr(view, "fresh") and not session.is_fresh(now()):
        if request.method == "GET":
            session.come_back_to(request.path)
        return go(url_for("account.sign_in", again=1))
    return None


@account.after_request
def keep_private(response: Response) -> Response:
    """Nobody stores what stands here, and no search engine reads it."""
    styled(response, "account")
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


def show(page: str, part: str | None = None, status: int = 200, **context) -> Response:
    """A template of the account, or its partial for htmx; see `storefront.pages.show`.

    Its forms carry `token` as `csrf_token`: text browsers do not say where a form comes from.
    """
    frame = {"customer": g.customer, "token": generate_csrf() if cookie else ""}
    return pages.show(page, part, status=status, **frame | context)
