"""Posts a draft as the next version, exactly as its editor has seen it."""

from contextlib import suppress
from datetime import UTC, date, datetime, time

from storefront import policy
from storefront.archive import PolicyKey
from storefront.models import PolicyDraft, PolicyVersion
from storefront.models.policy_draft import Gone, Overtaken
from storefront.posting import Posting
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
        sentence = f"{in_words(day)} is past. Choose today, a later day, or none for at once."
        raise Refused(in_force_on=sentence)
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


def prepared(draft: PolicyDraft, at: datetime) -> Posting:
    """What there is to know before the draft is posted. Raises `Refused` where it cannot be."""
    last = PolicyVersion.last()
    moment = moment_in_force(draft.in_force_on, last, at)
    day = moment.date().isoformat() if moment > at else "today"
    post = Posting(draft.text, day, draft.changes, at)
    if last and not draft.changes:
        raise Refused(changes="Please say in a sentence, for readers, what has changed.")
    if last and last.text.rstrip() == post.text.rstrip():
        raise Refused(f"The text is the same as version {last.number}: there is nothing to post.")
    return post


def post(
    number: int, key: PolicyKey, *, role: str, digest: str, after: int, off: list[str], at: datetime
) -> PolicyVersion:
    """Post the draft of that number and throw it away.

    `digest` is of the draft that was looked at, `after` the number of the version before it (0
    for none), `off` the clauses that may be switched off. Raises `Moved` when either is another
    one now, `Refused` for what cannot be posted; nothing is posted then.
    """
    draft = PolicyDraft.find(number)
    _check_unmoved(draft, digest, after)
    ready = prepared(draft, at)
    if missing := [clause for clause in ready.switches_off if clause not in off]:
        raise Refused(off=f"Say of {', '.join(missing)} that it shall be switched off, or mark it.")
    facts = {"changes": ready.changes, "in_force_at": ready.in_force_at, "at": at}
    # What is posted is what was read above; whoever saves the draft now keeps what they saved.
    version = policy.publish(draft.text, key, role=role, after=after, switch_off=off, **facts)
    _throw_away(draft)
    return version


def _check_unmoved(draft: PolicyDraft, digest: str, after: int) -> None:
    if draft.digest != digest:
        raise Moved(
            "Somebody has saved this draft since you looked at it, so nothing was posted. What "
            "differs is shown below: look it over, then post it again."
        )
    last = PolicyVersion.last()
    if last and after != last.number:
        raise Moved(
            f"Version {last.number} was posted since you looked at this, so yours was not. What it "
            "changed is shown below: look whether your text still holds, then post it again."
        )


def _throw_away(draft: PolicyDraft) -> None:
    """Unless somebody has gone on with it since; their text is theirs to keep."""
    with suppress(Overtaken, Gone):
        draft.discard(draft.revision)
