"""Answers: a page or the fragment of it that htmx asked for, a way on, or a refusal."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import wraps

from flask import (
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    send_from_directory,
    url_for,
)
from htmx_flask import request

from storefront import coverage, testimonial_pictures
from storefront.cookies import cart_trouble, read_cart
from storefront.counts import counts, lost
from storefront.current import lists, now
from storefront.drawn import Showing
from storefront.front import content_policy
from storefront.kept import PRIVATE, PUBLIC, VARY
from storefront.models import Redirect
from storefront.models.search import terms

LONGEST_SEARCHED = 100  # characters that are shown
FOR_GOOD = datetime.max.replace(tzinfo=UTC)


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


def gpc() -> bool:
    """Whether the visitor's browser sends Global Privacy Control: not to be sold or shared.

    Nothing is, of anybody. What counts visits puts such a visit into totals only.
    """
    return request.headers.get("Sec-GPC") == "1"


def collects(*clauses: str):
    """Say of a view which clauses its collecting needs: without them it is refused in words."""

    def marked(view):
        @wraps(view)
        def guarded(*given, **named):
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                require(*clauses)
            return view(*given, **named)

        guarded.collects = clauses
        return guarded

    return marked


def closed(*clauses: str) -> str:
    """The sentence to show instead of a form that needs those clauses, or ""."""
    return coverage.why_not(clauses, _covered())


def require(*clauses: str) -> None:
    """Raise `SwitchedOff`, with a sentence for visitors, where one of them is not covered now."""
    if sentence := closed(*clauses):
        raise coverage.SwitchedOff(sentence)


def _covered() -> frozenset[str]:
    """The clauses that are covered now: asked for once in a request."""
    if "covered" not in g:
        g.covered = _covered_in_edition()
    return g.covered


def _covered_in_edition() -> frozenset[str]:
    """The same: looked up once for each edition, and for each version."""
    kept, edition, moment = current_app.extensions.get("covered"), _edition(), now()
    if kept and kept[0] == edition is not None and kept[1] <= moment < kept[2]:
        return kept[3]
    until = coverage.next_change(moment) or FOR_GOOD
    covered = coverage.covered_at(moment)
    current_app.extensions["covered"] = (edition, moment, until, covered)
    return covered


def _edition() -> str | None:
    return request.environ.get("storefront.edition") or current_app.extensions["edition"]()


def show(
    page: str,
    part: str | None = None,
    status: int = 200,
    until: datetime = FOR_GOOD,
    shown: Showing | None = None,
    tags: Iterable[str] = (),
    public: str = PUBLIC,
    **context,
) -> Response:
    """The template `page`, or its partial `part` when htmx asks for a fragment.

    A fragment also brings what stands elsewhere on the page and has changed: the cart's badge
    and a message to announce (`said`). What is `shown` is drawn once while it stays the same. A
    public page is kept until it changes, or until the moment it was said to be good for; `tags`
    name what it shows to a shared cache that can throw away by them, `public` is what such caches
    are told (`kept.PUBLIC` or `kept.SHORT`).
    """
    fragment = part is not None and wants_part()
    body = _fragment(part, shown, context) if fragment else _page(page, shown, context, status)
    response = current_app.response_class(body, status)
    if shown and shown.sheet and not fragment:
        styled(response, shown.sheet)
    if status == 200:
        keep(until, public)
        _tag(response, tags)
        if not fragment:
            counts()
    return _private(response, no_store=fragment)


def _tag(response: Response, tags: Iterable[str]) -> None:
    header = current_app.extensions["settings"].cache_tags
    if header and "storefront.nobody" in request.environ:
        # Cache-Tag has commas between, Surrogate-Key and xkey have spaces.
        between = "," if header.lower() == "cache-tag" else " "
        response.headers[header] = between.join(dict.fromkeys(tags))


def _page(page: str, shown: Showing | None, context: dict, status: int) -> str | bytes:
    said = {"cart_trouble": cart_trouble(), "searched": _searched() if status == 200 else ""}
    context = {"cart": read_cart()} | said | context
    if shown is None or shown.rows is None or any(said.values()):
        return _render(page, context | (shown.facts() if shown else {}))
    request.environ["storefront.drawn"] = True  # before, perhaps: then it is pressed already
    return current_app.extensions["drawn"].page(page, shown, context["cart"].count)


def _searched() -> str:
    """The search that led here, whose visitor is shown the way to what it finds, or "".

    Only words that do lead here are repeated: a link could put any into our page otherwise.
    """
    said = request.args.get("searched", "")
    if not said or len(said) > LONGEST_SEARCHED:
        return ""
    return said if lists().leads_to(terms(said)) == request.path else ""


def _fragment(part: str, shown: Showing | None, context: dict) -> str:
    context = {"fragment": True, "cart": read_cart(), "cart_trouble": cart_trouble()} | context
    if shown is None:
        drawn = _render(part, context)
    else:
        drawn = str(current_app.extensions["drawn"].part(part, shown, fragment=True))
    return drawn + _render("_elsewhere.html", context)


def _render(template: str, context: dict) -> str:
    # Without Flask's own context: no template asks for the request.
    return current_app.jinja_env.get_template(template).render(context)


def styled(response: Response, *sheets: str, frames: bool = False) -> Response:
    """Let the page bring those style sheets (of `assets.SHEETS`) besides the one of all pages.

    With `frames` it may show other pages of the shop in frames. A page of which that was said
    already, such as one of `sentence`, stays as it is.
    """
    if "Content-Security-Policy" in response.headers:
        return response
    extensions = current_app.extensions
    hashes = extensions["assets"].hashes_with(*sheets)
    origin = extensions["settings"].payment_origin
    response.headers["Content-Security-Policy"] = content_policy(origin, hashes, frames=frames)
    return response


NOT_SOLD = "We do not sell this, or no longer. Have a look at what we do sell."


def moved(endpoint: str, handle: str):
    """On to the same page of the product that used to have this handle, or 404."""
    found = Redirect.leads_to(handle)
    if found is None:
        abort(404, NOT_SOLD)
    return on_for_now(url_for(endpoint, handle=found.handle))


def on_for_now(address: str) -> Response:
    """On to where a thing is now, for whoever asks for it where it was."""
    response = redirect(address, 301)
    response.headers["Cache-Control"] = "no-cache"  # the handle may be given to another one day
    return response


def show_testimonial_picture(name: str, pictures: Iterable[dict]) -> Response:
    """The file of that name, of these pictures of a testimonial; who may see them knows the caller.

    Nobody stores it, unless the caller says otherwise.
    """
    path = testimonial_pictures.path_of(name, pictures) or abort(404)
    folder = testimonial_pictures.place(current_app.extensions["settings"])
    kind = f"image/{name.rpartition('.')[2]}"
    response = send_from_directory(folder, path, mimetype=kind, etag=name)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


def show_machines(data: dict, until: datetime = FOR_GOOD) -> Response:
    """The JSON of a public page, kept and cached as such a page is."""
    response = current_app.json.response(data)
    keep(until)
    response.headers["Cache-Control"] = PUBLIC
    return response


def keep(until: datetime = FOR_GOOD, public: str = PUBLIC) -> None:
    """Let the answer to a request that anybody may make be kept, until that moment at most.

    `public` is what shared caches are told of it.

    When another version of the policy comes into force, forms open or close by that alone.
    """
    if "storefront.nobody" in request.environ:
        change = coverage.next_change(now())
        request.environ["storefront.until"] = min(until, change) if change else until
        seen = request.environ.get("storefront.seen")
        request.environ["storefront.public"] = PRIVATE if seen and seen.on_trial else public


def go(url: str) -> Response:
    """On to another page: 303, or for htmx the header that makes the browser leave."""
    if wants_part():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return _private(response, no_store=True)
    # With the whole address: text browsers pause at half of one.
    response = current_app.response_class(status=303)
    response.headers["Location"] = (
        f"{request.scheme}://{request.host}{url}" if url[0] == "/" else url
    )
    response.autocorrect_location_header = False
    return _private(response, no_store=True)


def unchanged() -> Response:
    """For htmx: what stands on the page is still so."""
    return _private(current_app.response_class(status=204), no_store=True)


def sentence(status: int, title: str, words: str, **context) -> Response:
    """A page that says one thing; for htmx the words alone, put where messages stand."""
    if wants_part():
        response = make_response(_render("errors/_words.html", {"words": words}), status)
        response.headers["HX-Retarget"] = "#message"
        response.headers["HX-Reswap"] = "innerHTML"
        return _private(response, no_store=True)
    if status == 404:
        lost()
    context = {"title": title, "words": words, "code": status} | context
    return styled(show("errors/page.html", status=status, **context))


def keep_from_caches(response: Response) -> Response:
    """Mark a page that holds personal facts: nobody stores it."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _private(response: Response, no_store: bool) -> Response:
    response.headers["Cache-Control"] = "private, no-store" if no_store else PRIVATE
    response.headers["Vary"] = VARY
    return response
