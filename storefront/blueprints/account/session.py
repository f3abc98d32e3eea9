"""Who is signed in to an account: what the session's cookie says, and when it ends."""

from datetime import UTC, datetime, timedelta

from flask import session
from flask_login import current_user, login_user

from storefront.cookies import Visit, loaders
from storefront.models import Account
from storefront.models.account import is_current

FRESH = timedelta(hours=1)  # since signing in, to change how one signs in
AGAIN = timedelta(days=1)  # until the cookie is written anew for who comes back

loaders[Visit] = Account.of_session


def begin(account: Account, at: datetime) -> None:
    """Sign in: nothing of an earlier session stays."""
    session.clear()
    login_user(account)
    session.pop("_id", None)  # a hash of address and browser, which nobody asks for
    session.permanent = True
    session["begun"] = session["seen"] = round(at.timestamp())


def carry_on(account: Account) -> None:
    """Stay signed in while all other sessions end: the account has a new number."""
    session["_user_id"] = account.session_id()


def come_back_to(path: str) -> None:
    """Note where a customer was going who is to show once more that it is they."""
    session["way"] = path


def way_back() -> str:
    """Where that was, or ""."""
    return session.get("way", "")


def end() -> None:
    """Leave nothing of the session in the browser."""
    session.clear()


def keep(words: str) -> None:
    """Keep a sentence for the next page, which shows it once."""
    session["said"] = words


def said() -> str:
    """The sentence that was kept for this page, or ""."""
    return session.pop("said", "") if "said" in session else ""


def who(at: datetime) -> Account | None:
    """Who is signed in, and was here within a month."""
    if not is_current(session, at) or not current_user.is_authenticated:
        return None
    if at - datetime.fromtimestamp(session["seen"], UTC) > AGAIN:
        session["seen"] = round(at.timestamp())
    return current_user._get_current_object()


def is_fresh(at: datetime) -> bool:
    """Whether the customer signed in just now."""
    return at - datetime.fromtimestamp(session.get("begun", 0), UTC) <= FRESH
