"""How often the door listens to guesses, and how a stranger's do not keep staff out.

Guesses count by account, whichever address they come from, and all together. A browser in which
somebody has signed in before keeps a cookie that says so: its guesses at that account count by
themselves (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

import hashlib
import hmac
import secrets
from datetime import datetime

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeSerializer

from storefront.cookies import KNOWN_DAYS
from storefront.models import Guess, Staff

# Of one address, in each process.
OF_AN_ADDRESS = "20 per minute; 100 per hour"


def listen(email: str, at: datetime) -> str:
    """Count a guess at that account before it is looked at; gives the key it is counted under.

    Raises `TooMany`, with the same words whether there is such an account or not.
    """
    account = email.strip().lower()
    staff = Staff.about(account).first()
    browser = _known(staff)
    if not browser:
        Guess.note_in_all(at)
    key = _keyed(f"browser {browser}" if browser else f"account {account}")
    Guess.note(key, at)
    return key


def remember(response: Response, staff: Staff) -> Response:
    """Know the browser again in which somebody signed in."""
    value = _serializer().dumps([staff.id, _known(staff) or secrets.token_urlsafe(12)])
    response.set_cookie(
        _name(),
        value,
        max_age=KNOWN_DAYS * 86400,
        httponly=True,
        samesite="Strict",
        secure=current_app.extensions["settings"].secure,
        path="/",
    )
    return response


def _known(staff: Staff | None) -> str:
    """What the browser is known by, if this person has signed in with it before; else "".

    As much work where there is no such person: a cookie may be long.
    """
    try:
        number, browser = _serializer().loads(request.cookies.get(_name(), ""))
    except (BadData, TypeError, ValueError):
        return ""
    return browser if staff and number == staff.id else ""


def _name() -> str:
    return "__Host-known" if current_app.extensions["settings"].secure else "known"


def _serializer() -> URLSafeSerializer:
    keys = list(reversed(current_app.extensions["settings"].cookie_keys))
    digest = {"digest_method": hashlib.sha256}
    return URLSafeSerializer(keys, salt="known browser", signer_kwargs=digest)


def _keyed(name: str) -> str:
    # Keyed, so that whoever reads the table learns no address from it.
    key = current_app.extensions["settings"].wake_key.encode()
    return hmac.new(key, b"guesses at " + name.encode(), hashlib.sha256).hexdigest()
