"""The mail with the link to what is held about its reader."""

from storefront.config import Settings
from storefront.links import secret_of
from storefront.models import OutgoingMail

SUBJECTS = {"rights_link": "Your link to what we hold about you"}

CALLED = {"rights_link": "link to what we hold"}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The address with its secret."""
    secret = secret_of(mail.message_id, settings.wake_key)
    return {"address": f"{settings.shop_origin}/privacy/mine/{secret}"}
