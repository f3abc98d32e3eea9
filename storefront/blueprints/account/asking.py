"""What is asked before somebody counts as who they say: links, codes and passkeys."""

from flask import current_app, g, request

from storefront.cookies import asking_browser, new_browser, remember_asking
from storefront.links import ACCOUNT_LINK, code_of, secret_of
from storefront.models import Account, AccountLink
from storefront.pages import go, now
from storefront.passkeys import Place
from storefront.tickets import Tickets


def ask(email: str, way: str, account: Account | None = None):
    """Send a link to that address, good in this browser, and lead on to `way`."""
    browser, key = asking_browser() or new_browser(), _settings().wake_key
    AccountLink.ask(
        email, browser, lambda number: secret_of(number, key, ACCOUNT_LINK), now(), account
    )
    current_app.extensions["wake_worker"]()
    return remember_asking(go(way), browser)


def typed(account: Account | None = None) -> AccountLink:
    """The link of the code that was typed; raises `Refused` where it is none of this browser's."""
    code, key = request.form.get("code", "")[:40], _settings().wake_key
    return AccountLink.typed(
        code, asking_browser(), lambda number: code_of(number, key), now(), account
    )


def asked_here(link: AccountLink) -> bool:
    """Whether this browser is the one that asked for the link."""
    return link.is_of(asking_browser())


def place() -> Place | None:
    """Where passkeys of this shop belong; None where browsers make none."""
    return Place.of(_settings().shop_origin, _settings().shop["name"])


def tickets() -> Tickets:
    """Tickets that are good for accounts, and not at the desk."""
    return Tickets(_settings().cookie_keys, "account")


def mine() -> str:
    """Who a ticket on the account's own pages is for: void once its sessions were ended."""
    return g.customer.session_id()


def _settings():
    return current_app.extensions["settings"]
