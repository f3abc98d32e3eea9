"""Signing up with an e-mail address alone, and confirming by the link that was mailed."""

from flask import abort, current_app, request, url_for
from wtforms import HiddenField

from storefront.blueprints.insider import blueprint
from storefront.door import limiter
from storefront.erasures import Erasures
from storefront.forms import EmailForm, email_field
from storefront.models import Insider, PolicyVersion
from storefront.models.consent import NOW
from storefront.pages import closed, go, keep_from_caches, now, public, show, wants_part
from storefront.refusals import Refused

WAYS = ("page", "footer")
GONE = (
    "Nothing is kept behind this link any more: you have left, or did not confirm in time. You can "
    "sign up again, whenever you like."
)


class InsiderForm(EmailForm):
    """What signing up asks for: the address alone."""

    email = email_field(clause="insider", why="to send you the Insider Update", basis="consent")
    way = HiddenField()  # where the form stood

    impersonal = ("way",)


@blueprint.get("/insider")
@public
def page():
    """The page, or for a link in the footer the form that takes its place."""
    response = _drawn("footer" if wants_part() else "page")
    if wants_part():
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def _drawn(way: str, typed: str = "", refusal: Refused | None = None):
    told = {"way": way, "words": NOW[way], "typed": typed, "refusal": refusal}
    told["closed"] = closed("insider")
    status = 422 if refusal else 200
    return show("insider/page.html", "insider/_form.html", status=status, **told)


@blueprint.post("/insider")
@limiter.limit("20 per hour")
def sign_up():
    form = InsiderForm()
    way = form.way.data if form.way.data in WAYS else "page"
    try:
        if not form.validate():
            raise Refused(email=" ".join(form.email.errors))
        _ask(form.email.data, way)
    except Refused as refusal:
        return _drawn(way, form.email.data or "", refusal)
    if wants_part():
        return show("insider/asked.html", "insider/_asked.html")
    return go(url_for("insider.asked"))


def _ask(email: str, way: str) -> None:
    """One mail, whoever it is; the worker is told of it in any case."""
    at, erasures = now(), Erasures(current_app.extensions["settings"])
    Insider.ask(email, way, PolicyVersion.in_force(at), erasures.digest, at)
    current_app.extensions["wake_worker"]()


@blueprint.get("/insider/asked")
def asked():
    return show("insider/asked.html")


@blueprint.get("/insider/confirmation/<link>")
def confirmation(link: str):
    """Whether it was them: opening the link confirms nothing."""
    insider = behind(link) or abort(404, GONE)
    told = {"insider": insider, "link": link, "words": insider.in_words(Insider.wording)}
    return keep_from_caches(show("insider/confirmation.html", **told))


@blueprint.post("/insider/confirmation/<link>")
def confirm(link: str):
    insider = behind(link) or abort(404, GONE)
    insider.confirm(now())
    return go(request.path)


def behind(link: str) -> Insider | None:
    """Whom the link stands for; None where they are gone, or it is none of ours."""
    key = current_app.extensions["insider_links"].read(link)
    return Insider.get_or_none(Insider.key == key) if key else None
