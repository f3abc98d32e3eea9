"""Who is signed in: what the session cookie of the desk says, and when it ends."""

from datetime import UTC, datetime, timedelta

from flask import session
from flask.sessions import SecureCookieSession
from flask_login import current_user, login_user

from storefront.cookies import loaders
from storefront.models import Staff

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FRESH = timedelta(minutes=15)  # since signing in, to change how one signs in
AGAIN = timedelta(minutes=1)  # until the cookie is written anew for somebody at work

loaders[SecureCookieSession] = Staff.of_session


def begin(staff: Staff, at: datetime) -> None:
    """Sign in: nothing of an earlier session stays."""
    session.clear()
    login_user(staff)
    session.pop("_id", None)  # a hash of address and browser, which nobody asks for
    session["begun"] = session["seen"] = round(at.timestamp())


def carry_on(staff: Staff) -> None:
    """Stay signed in while all other sessions end: the person has a new number."""
    session["_user_id"] = staff.session_id()


def end() -> None:
    """Leave nothing of the session in the browser."""
    session.clear()


def keep(name: str, value: str) -> None:
    """Keep something for the next page, which shows it once."""
    session[f"once {name}"] = value


def once(name: str) -> str:
    """What was kept for this page, or ""."""
    return session.pop(f"once {name}", "")


def wants_keys() -> bool:
    """Whether single keys do something, until the session ends."""
    return "keys off" not in session


def want_keys(wanted: bool) -> None:
    """Have single keys do something, or nothing."""
    if wanted:
        session.pop("keys off", None)
    else:
        session["keys off"] = 1


def who(at: datetime) -> Staff | None:
    """Who is signed in, and was at work within half an hour."""
    if "_user_id" not in session or not current_user.is_authenticated:
        return None
    if at - _moment("seen") > IDLE or at - _moment("begun") > LONGEST:
        return None
    if at - _moment("seen") > AGAIN:
        session["seen"] = round(at.timestamp())
    return current_user._get_current_object()


def is_fresh(at: datetime) -> bool:
    """Whether the person signed in just now."""
    return at - _moment("begun") <= FRESH


def _moment(name: str) -> datetime:
    return datetime.fromtimestamp(session.get(name, 0), UTC)
