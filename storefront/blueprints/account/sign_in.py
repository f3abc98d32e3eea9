"""Signing in: by a link in the mail, by the code beside it, or with a passkey; signing out."""

from flask import abort, g, request, url_for

from storefront import passkeys as protocol
from storefront.blueprints.account import account, asking, session
from storefront.blueprints.account.guard import for_anybody, show
from storefront.door import limiter
from storefront.forms import EmailForm, email_field
from storefront.models import Account, AccountLink, AccountPasskey, signing_in
from storefront.models.account_link import OVER
from storefront.models.guess import TooMany
from storefront.pages import go, now
from storefront.refusals import Refused

OF_AN_ADDRESS = "6 per minute;40 per hour"  # for those who ask, from where they ask
GUESSES = "20 per minute;100 per hour"


class SignInForm(EmailForm):
    """Who would like to sign in."""

    email = email_field(
        clause="accounts",
        why="to send you a link, which shows that it is yours",
        basis="contract",
    )

    no_email = "Please give the e-mail address that you order with."
    looked_up = True


@account.get("/sign-in")
@for_anybody
def sign_in():
    if g.customer and "again" not in request.args:
        return go(url_for("account.home"))
    return _page(SignInForm(formdata=None))


def _page(form: SignInForm, status: int = 200, refusal: Refused | None = None):
    context = {"form": form, "refusal": refusal, "place": asking.place()}
    context["again"] = "again" in request.args and g.customer is not None
    return show("account/sign_in.html", "account/_sign_in.html", status=status, **context)


@account.post("/sign-in")
@for_anybody
@limiter.limit(OF_AN_ADDRESS)
def ask():
    """The same answer, after the same work, whoever has an account or an order."""
    form = SignInForm()
    if not form.validate():
        return _page(form, 422)
    try:
        return asking.ask(form.email.data, url_for("account.asked_for"))
    except TooMany as refusal:
        return _page(form, 429, refusal)


@account.get("/sign-in/asked")
@for_anybody
def asked_for():
    return _asked()


def _asked(status: int = 200, refusal: Refused | None = None):
    context = {"refusal": refusal, "way": url_for("account.type_code")}
    return show("account/asked.html", "account/_asked.html", status=status, **context)


@account.post("/sign-in/code")
@for_anybody
@limiter.limit(GUESSES)
def type_code():
    try:
        return _begin(Account.sign_in(asking.typed(), now()))
    except Refused as refusal:
        return _asked(429 if isinstance(refusal, TooMany) else 422, refusal)


@account.get("/sign-in/links/<secret>")
@for_anybody
def link(secret: str):
    """Only shows a button: what looks into mail by itself opens links and presses none."""
    found = AccountLink.behind(secret, now()) or abort(404, OVER)
    mine = asking.asked_here(found)
    return show("account/link.html", link=found if mine else None, secret=secret)


@account.post("/sign-in/links/<secret>")
@for_anybody
@limiter.limit(GUESSES)
def follow(secret: str):
    found = AccountLink.behind(secret, now()) or abort(404, OVER)
    if not asking.asked_here(found):
        return show("account/link.html", status=422, link=None, secret=secret)
    return _begin(Account.sign_in(found, now()))


@account.get("/sign-in/challenge")
@for_anybody
@limiter.limit(GUESSES)
def challenge():
    place = asking.place() or abort(404)
    made = asking.tickets().challenge("sign in", "", now())
    return {"options": protocol.question(place, made.bytes), "ticket": made.ticket}


@account.post("/sign-in/passkey")
@for_anybody
@limiter.limit(GUESSES)
def with_passkey():
    try:
        place, answer = asking.place() or abort(404), request.form.get("credential", "")
        ticket = request.form.get("ticket", "")
        asked_for = asking.tickets().challenge_in("sign in", "", ticket, now())
        return _begin(signing_in.with_passkey(place, answer, asked_for, now(), AccountPasskey))
    except Refused as refusal:
        return _page(SignInForm(formdata=None), 422, refusal)


def _begin(customer: Account):
    way = session.way_back() or url_for("account.home")
    session.begin(customer, now())
    return go(way)


@account.post("/session/end")
def sign_out():
    g.customer.end_sessions()
    session.end()
    return go(url_for("account.sign_in"))
