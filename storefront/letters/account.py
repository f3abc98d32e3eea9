"""Mails about a customer's account: the ways to sign in, and to another address."""

from storefront.config import Settings
from storefront.links import ACCOUNT_LINK, code_of, secret_of
from storefront.models import OutgoingMail

SUBJECTS = {
    "account_link": "Sign in at {shop[name]}",
    "account_move": "Your new address at {shop[name]}",
    "account_moved": "Your account at {shop[name]} has a new address",
}

CALLED = {
    "account_link": "link to sign in",
    "account_move": "link to a new e-mail address",
    "account_moved": "new e-mail address of an account",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The address with its secret, and the code, both made anew from the mail's own id."""
    code = code_of(mail.message_id, settings.wake_key)
    secret = secret_of(mail.message_id, settings.wake_key, ACCOUNT_LINK)
    way = "email/links" if mail.kind == "account_move" else "sign-in/links"
    return {
        "address": f"{settings.shop_origin}/account/{way}/{secret}",
        "code": f"{code[:4]} {code[4:]}",
    }
