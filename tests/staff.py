"""Those who work at the desk, for the tests of its screens."""

import re
from functools import cache

import pyotp

from storefront import factors
from storefront.models import Staff

PASSWORD = "seven quiet larches"  # nobody else's
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def hired(app, *roles: str, email: str = "") -> Staff:
    """A person with those roles, who has not chosen how to sign in."""
    email = email or f"{'-'.join(roles)}@staff.example"
    return Staff.invite(email, list(roles), app.extensions["clock"]())[0]


def settled(app, *roles: str, email: str = "") -> Staff:
    """A person with those roles, who signs in with PASSWORD and codes of KEY."""
    staff = hired(app, *roles, email=email)
    staff.change(password=_kept(), totp=KEY)
    return staff


@cache
def _kept() -> str:
    return factors.password_hash(PASSWORD)  # which takes its time, as it is meant to


def code(app, key: str = KEY) -> str:
    """What an app with that key shows now."""
    return pyotp.TOTP(key).at(app.extensions["clock"]())


def signed_in(app, *roles: str, email: str = ""):
    """A browser in which somebody with those roles is signed in."""
    return in_browser(app, hired(app, *roles, email=email))


def in_browser(app, staff: Staff):
    """One more browser in which that person is signed in; it says where its forms come from."""
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    moment = round(app.extensions["clock"]().timestamp())
    with client.session_transaction() as session:
        session.update({"_user_id": staff.session_id(), "begun": moment, "seen": moment})
    return client


def ticket_in(page: str, after: str = "") -> str:
    """The ticket that a page's form carries."""
    return re.search(r'name="ticket" value="([^"]+)"', page[page.find(after) :])[1]


def key_in(page: str) -> str:
    """The key for an app that a page shows in words."""
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
