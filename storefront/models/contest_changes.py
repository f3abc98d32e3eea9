"""What may still change once somebody has entered: the text of the rules, and all are told."""

from datetime import datetime

from storefront.db import database, locked
from storefront.models.contest import Contest
from storefront.models.contest_draw import tell
from storefront.models.contest_entry import ContestEntry
from storefront.models.contest_rules import ContestRules
from storefront.models.outbox import UNDER_WAY, OutgoingMail
from storefront.refusals import Refused


def change_rules(contest: Contest, text: str, changes: str, seen: str, at: datetime) -> int:
    """Post the text as the next version, and write to those whose entry counts; to how many.

    `changes` says in words what is new; `seen` is the number of the version that it was written
    over. Who has a mail of an earlier change still waiting gets that one alone: it tells of all.
    Dates, prize and odds are not asked for: nothing of them changes. Raises `Refused`.
    """
    if not text.strip():
        raise Refused(text="The rules need a text.")
    if not changes.strip():
        raise Refused(changes="Say in a sentence what changes: everybody who entered reads it.")
    with database.atomic():
        fresh = locked(Contest.select().where(Contest.id == contest.id)).get()
        _check(fresh, text, seen, at)
        fresh.text, fresh.rules_version = text, fresh.rules_version + 1
        fresh.save(only=[Contest.text, Contest.rules_version])
        ContestRules.post(fresh, changes, at)
        told = list(_to_tell(fresh))
        tell("contest_rules", told, at)
    return len(told)


def _check(contest: Contest, text: str, seen: str, at: datetime) -> None:
    if not contest.frozen_at:
        raise Refused("Nobody has entered yet: change whatever you like above.")
    if contest.state(at) == "closed":
        raise Refused("This contest is over. Its rules stay as they are.")
    if seen != str(contest.rules_version):
        raise Refused(
            f"Somebody has posted version {contest.rules_version} meanwhile. Look at it, and send "
            "yours again if it is still right."
        )
    if text == contest.text:
        raise Refused(text="This is the text that is in force.")


def _to_tell(contest: Contest):
    waits = OutgoingMail.select(OutgoingMail.entry).where(
        OutgoingMail.kind == "contest_rules",
        OutgoingMail.state.in_(UNDER_WAY),
        OutgoingMail.entry.is_null(False),
    )
    return ContestEntry.confirmed(contest).where(ContestEntry.id.not_in(waits))
