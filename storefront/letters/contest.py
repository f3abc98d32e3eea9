"""The mails about an entry to a contest: to confirm it, of new rules, of the draw, of a prize."""

import json
from collections.abc import Callable

from storefront import beacon
from storefront.config import Settings
from storefront.links import EntryLinks, PrizeLinks
from storefront.models import ContestEntry, ContestRules, Draw, OutgoingMail, Winner

SUBJECTS = {
    "contest_entry": "Your entry to “{title}”",
    "contest_rules": "The rules of “{title}” have changed",
    "contest_closed": "“{title}” has closed, and your entry is in the draw",
    "contest_won": "You have won in “{title}”",
}

CALLED = {
    "contest_entry": "entry to a contest",
    "contest_rules": "new rules of a contest",
    "contest_closed": "proof of an entry to a contest",
    "contest_won": "prize of a contest",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """The entry, the address of its page, and what the mail is about."""
    # What asks for confirmation is named by the entry, and that of an earlier time alone.
    entry = mail.entry or ContestEntry.get(ContestEntry.key == mail.message_id)
    link = EntryLinks(settings.cookie_keys).write(entry.key)
    shared = {
        "title": entry.contest.title,
        "entry": entry,
        "address": f"{settings.shop_origin}/contests/entries/{link}",
        "contest": f"{settings.shop_origin}/contests/{entry.contest.slug}",
    }
    more: Callable | None = MORE.get(mail.kind)
    return shared | (more(mail, entry, settings) if more else {})


def _rules(_mail, entry: ContestEntry, _settings) -> dict:
    """What has changed since they entered; one mail may stand for several changes."""
    versions = ContestRules.of(entry.contest)
    return {"versions": [each for each in versions if each.number > entry.rules_version][::-1]}


def _closed(_mail, entry: ContestEntry, settings: Settings) -> dict:
    draw = Draw.get(Draw.contest == entry.contest_id)
    return {
        "draw": draw,
        "chain": beacon.NAME,
        "relay": f"https://api.drand.sh{beacon.path_of(draw.round)}" if draw.round else "",
        "proof": json.dumps(draw.proof(entry), indent=1),
        "file": f"{settings.shop_origin}/contests/{entry.contest.slug}/draw.json",
        "script": f"{settings.shop_origin}/contests/verify_draw.py",
    }


def _won(mail: OutgoingMail, _entry, settings: Settings) -> dict:
    winner = Winner.get(Winner.key == mail.message_id)
    link = PrizeLinks(settings.cookie_keys).write(winner.key)
    return {"until": winner.until, "answer": f"{settings.shop_origin}/contests/prizes/{link}"}


MORE = {"contest_rules": _rules, "contest_closed": _closed, "contest_won": _won}
