"""Mails about what is sold out: whether to tell of it, and that it is back."""

from urllib.parse import quote

from storefront.config import Settings
from storefront.links import WaitingLinks
from storefront.models import OutgoingMail, Waiting

SUBJECTS = {
    "stock_wanted": "Shall we tell you when “{thing}” is back?",
    "stock_back": "“{thing}” is back",
}

CALLED = {
    "stock_wanted": "question whether to tell when something is back",
    "stock_back": "something is back in stock",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """What is waited for, its page, and the link that stands for the wish."""
    same = (Waiting.key == mail.message_id) | (Waiting.told == mail.message_id)
    wish, link = Waiting.get(same), WaitingLinks(settings.cookie_keys)
    return {
        "thing": " ".join(wish.thing.split())[:200],
        "address": f"{settings.shop_origin}/waiting/{link.write(wish.key)}",
        "product": f"{settings.shop_origin}/products/{quote(wish.variant.product.handle)}",
    }
