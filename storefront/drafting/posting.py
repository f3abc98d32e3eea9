"""Posts a draft as the next version, exactly as its editor has seen it."""

from datetime import UTC, date, datetime, time

from storefront import policy
from storefront.models import PolicyDraft, PolicyVersion
from storefront.models.policy_draft import Gone, Overtaken
from storefront.refusals import Refused


class Moved(Refused):
    """What would be posted is not what was looked at."""


def day_of(typed: str) -> date | None:
    """The day in an ISO date, None for nothing typed; raises `Refused` about `in_force_on`."""
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        sentence = "Please give the day as year, month and day, such as 2027-03-31."
        raise Refused(in_force_on=sentence) from None


def moment_in_force(day: date | None, last: PolicyVersion | None, at: datetime) -> datetime:
    """When a version with that day comes into force: today is at once, others begin at 0:00 UTC.

    Raises `Refused` about `in_force_on` for a day that is past, and for one before the version
    posted last: the one posted last holds, so that the other would never come into force.
    """
    if day and day < at.date():
        raise Refused(in_force_on=f"{in_words(day)} is past. A policy holds from today on at most.")
    moment = at if day in (None, at.date()) else datetime.combine(day, time(), UTC)
    if last and moment < last.in_force_at:
        first = in_words(last.in_force_at.date())
        raise Refused(
            in_force_on=f"Version {last.number} is posted already and comes into force on {first}. "
            f"A version posted after it takes its place, so choose {first} or a later day."
        )
    return moment


def in_words(day: date) -> str:
    """A day as a reader would say it."""
    return f"{day.day} {day:%B %Y}"


def post(
    number: int, key, *, role: str, digest: str, after: int, switch_off: list[str], at: datetime
) -> PolicyVersion:
    """Post the draft of that number and throw it away.

    `digest` is of the draft that was looked at, `after` the number of the version before it (0
    for none), `switch_off` the clauses that may be switched off. Raises `Moved` when either is
    another one now, `Refused` for what cannot be posted; nothing is posted then.
    """
    draft, last = PolicyDraft.find(number), PolicyVersion.last()
    if draft.digest != digest:
        raise Moved(
            "Somebody has saved this draft since you looked at it. Nothing was posted. What "
            "differs is shown below: look it over, then post it again."
        )
    if after != (last.number if last else 0):
        raise Moved(
            f"Version {last.number} was posted since you looked at this. Nothing else was posted. "
            "What it changed is shown below: look whether your text still holds, then post again."
        )
    version = policy.publish(
        draft.text,
        key,
        role=role,
        changes=draft.changes,
        in_force_at=moment_in_force(draft.in_force_on, last, at),
        at=at,
        after=after,
        switch_off=switch_off,
    )
    _throw_away(draft)
    return version


def _throw_away(draft: PolicyDraft) -> None:
    """Unless somebody has gone on with it since; their text is theirs to keep."""
    try:
        draft.discard(draft.revision)
    except (Overtaken, Gone):
        pass
