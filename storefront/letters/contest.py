"""The mail about an entry to a contest."""

from storefront.config import Settings
from storefront.links import EntryLinks
from storefront.models import ContestEntry, OutgoingMail

SUBJECTS = {"contest_entry": "Your entry to “{title}”"}

CALLED = {"contest_entry": "entry to a contest"}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The entry, and the address of its page."""
    entry = ContestEntry.get(ContestEntry.key == mail.message_id)
    link = EntryLinks(settings.cookie_keys).write(entry.key)
    return {
        "title": entry.contest.title,
        "entry": entry,
        "address": f"{settings.shop_origin}/contests/entries/{link}",
    }
