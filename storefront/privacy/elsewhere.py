"""What is held about somebody outside the database, in words."""

from datetime import datetime
from typing import NamedTuple

from storefront import register
from storefront.config import Settings
from storefront.erasures import KEPT, Erasures, normal
from storefront.models import GoneInsider, OutgoingMail
from storefront.models.insider import mark_of
from storefront.privacy.files import delivered_to
from storefront.privacy.holding import Holding


class Elsewhere(NamedTuple):
    """What it is, and a sentence or two about it."""

    what: str
    words: str


def elsewhere(
    email: str, holdings: list[Holding], settings: Settings, at: datetime
) -> list[Elsewhere]:
    """Sealed cards off line, delivered mail, and notes that they left or had something erased."""
    before = [*_erased_before(email, settings), *_left_before(email, settings)]
    return [*_cards(holdings), *_mails(email, settings), *before]


def _cards(holdings: list[Holding]) -> list[Elsewhere]:
    orders = [one.row for one in holdings if getattr(one.row, "card_is_sealed", False)]
    facts = [fact for fact in register.facts() if fact.kind == "vault"] if orders else []
    of = " and ".join(order.number for order in orders)
    return [
        Elsewhere(
            f"Your {fact.where}, for order {of}",
            f"Held {fact.why}. It is destroyed once it has been used, and after "
            f"{register.in_words(fact.keep)} at the latest. This shop cannot open it, so it is "
            "not in your download and cannot be erased from here.",
        )
        for fact in facts
    ]


def _mails(email: str, settings: Settings) -> list[Elsewhere]:
    count = delivered_to(email, settings)
    if not count:
        return []
    keep = register.in_words(OutgoingMail.to.personal["keep"])
    what = "1 mail as it was delivered" if count == 1 else f"{count} mails as they were delivered"
    words = f"In a folder of ours, each for {keep} at most. They go when you erase what we hold."
    return [Elsewhere(what, words)]


def _erased_before(email: str, settings: Settings) -> list[Elsewhere]:
    erasures = Erasures(settings)
    erased = erasures.moments().get(erasures.mark(normal(email)))
    if not erased:
        return []
    return [
        Elsewhere(
            "A keyed digest of your e-mail address",
            f"You had it erased on {erased:%-d %B %Y}. The digest is kept until "
            f"{erased + KEPT:%-d %B %Y}, so that what was erased does not come back with a backup. "
            "Nobody can read the address from it.",
        )
    ]


def _left_before(email: str, settings: Settings) -> list[Elsewhere]:
    mark = mark_of(email, Erasures(settings).digest)
    gone = GoneInsider.get_or_none(GoneInsider.digest == mark)
    if gone is None:
        return []
    return [
        Elsewhere(
            "Another keyed digest of it, on the list of those who left the Insider Update",
            f"You left on {gone.left_at:%-d %B %Y}. The digest stays, so that nobody who brings in "
            "a list of addresses brings yours back. Nobody can read the address from it. It goes "
            "when you sign up again yourself.",
        )
    ]
