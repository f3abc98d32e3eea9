"""Another e-mail address for the account: it counts once a link sent there was followed."""

from flask import abort, g, url_for
from wtforms import ValidationError

from storefront.blueprints.account import account, asking, session
from storefront.blueprints.account.guard import for_anybody, fresh, show
from storefront.blueprints.account.sign_in import GUESSES, OF_AN_ADDRESS
from storefront.door import limiter
from storefront.forms import EmailForm, email_field
from storefront.models import AccountLink
from storefront.models.account_link import OVER
from storefront.models.guess import TooMany
from storefront.pages import go, now
from storefront.refusals import Refused


class NewAddressForm(EmailForm):
    """Which address the account is to have."""

    email = email_field(
        "New e-mail address",
        clause="accounts",
        why="to send you a link, which shows that it is yours",
        basis="contract",
    )

    no_email = "Please give the new address."
    looked_up = True

    def validate_email(self, field) -> None:
        super().validate_email(field)
        if field.data == g.customer.email:
            raise ValidationError("This is the address you have.")


@account.get("/email")
@fresh
def email():
    return _page(NewAddressForm(formdata=None))


def _page(form: NewAddressForm, status: int = 200, refusal: Refused | None = None):
    page, part = "account/email.html", "account/_email.html"
    return show(page, part, status=status, form=form, refusal=refusal)


@account.post("/email")
@fresh
@limiter.limit(OF_AN_ADDRESS)
def ask_for_email():
    form = NewAddressForm()
    if not form.validate():
        return _page(form, 422)
    try:
        return asking.ask(form.email.data, url_for("account.email_asked"), g.customer)
    except TooMany as refusal:
        return _page(form, 429, refusal)


@account.get("/email/asked")
def email_asked():
    return _asked()


def _asked(status: int = 200, refusal: Refused | None = None):
    context = {"refusal": refusal, "way": url_for("account.type_email_code"), "moving": True}
    return show("account/asked.html", "account/_asked.html", status=status, **context)


@account.post("/email/code")
@limiter.limit(GUESSES)
def type_email_code():
    try:
        return _move(asking.typed(g.customer))
    except Refused as refusal:
        return _asked(429 if isinstance(refusal, TooMany) else 422, refusal)


@account.get("/email/links/<secret>")
@for_anybody
def email_link(secret: str):
    """Only shows a button, and that only where the account is signed in that asked."""
    return show("account/link.html", link=_mine(secret), secret=secret, moving=True)


def _mine(secret: str) -> AccountLink | None:
    if g.customer is None:
        return None
    found = AccountLink.behind(secret, now(), g.customer) or abort(404, OVER)
    return found if asking.asked_here(found) else None


@account.post("/email/links/<secret>")
@limiter.limit(GUESSES)
def follow_email_link(secret: str):
    if (found := _mine(secret)) is None:
        return show("account/link.html", status=422, link=None, secret=secret, moving=True)
    return _move(found)


def _move(link: AccountLink):
    g.customer.move(link, now())
    session.carry_on(g.customer)
    session.keep("Your account has its new address. Wherever else you were signed in, you are not.")
    return go(url_for("account.home"))
