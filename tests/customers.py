"""Customers with accounts, for the tests of what is theirs."""

import re

from storefront.mail import Postman
from storefront.models import Account
from tests.mails import delivered

ANN = "ann@example.com"


def account_of(app, email: str = ANN) -> Account:
    """The account of that address, made if there is none."""
    at = app.extensions["clock"]()
    new = {"email": email, "session_number": 7, "made_at": at, "seen_at": at}
    Account.insert(new).on_conflict_ignore().execute()
    return Account.about(email).get()


def signed_in(app, email: str = ANN):
    """One more browser in which that customer is signed in; it says where its forms come from."""
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    moment = round(app.extensions["clock"]().timestamp())
    identity = account_of(app, email).session_id()
    with client.session_transaction("/account") as session:
        session.update({"_user_id": identity, "begun": moment, "seen": moment})
        session.permanent = True
    return client


def newest_mail(app, about: str = "Sign in at") -> str:
    """The text of the newest mail with that subject, once all have been sent."""
    settings = app.extensions["settings"]
    Postman(settings).deliver_due(app.extensions["clock"])
    mails = [mail for mail in delivered(settings) if about in mail["Subject"]]
    return mails[-1].get_body(("plain",)).get_content()


def link_in(mail: str) -> str:
    """The way that a mail's link leads."""
    return re.search(r"http://localhost:\d+(/account/\S+)", mail)[1]


def code_in(mail: str) -> str:
    """The code that stands beside it."""
    return re.search(r"^\d{4} \d{4}$", mail, re.M)[0]
