"""Mails to who asked for the Insider Update: whether it was them, or that they get it already."""

from storefront.config import Settings
from storefront.links import InsiderLinks
from storefront.models import OutgoingMail

SUBJECTS = {
    "insider_confirm": "Shall we send you the Insider Update?",
    "insider_known": "You get the Insider Update already",
    "insider_invited": "May we send you the Insider Update?",
}

CALLED = {
    "insider_confirm": "question whether to send the Insider Update",
    "insider_known": "note that they get the Insider Update already",
    "insider_invited": "question to who was on a list that was brought here",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The links by which they confirm and leave; nothing of what somebody typed."""
    link = InsiderLinks(settings.cookie_keys).write(mail.insider.key)
    return {
        "address": f"{settings.shop_origin}/insider/confirmation/{link}",
        "leave": f"{settings.shop_origin}/insider/leave/{link}",
    }
