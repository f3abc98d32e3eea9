"""The privacy policy: what a text covers, how it is shown, how a version is signed and posted.

Editors write Markdown. A block may end in `{covers: orders, newsletter}`; a block `{table: orders}`
stands for the register's rows of that clause, `{keep: order.email}` for a period in words.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from markupsafe import Markup
from peewee import IntegrityError

from storefront import coverage
from storefront.archive import PolicyKey, sign
from storefront.archive import make_key as make_key
from storefront.archive import read_key as read_key
from storefront.archive import signed_note as signed_note
from storefront.archive import statement as statement
from storefront.archive import verify as verify
from storefront.db import database
from storefront.models import PolicyVersion
from storefront.proofread import LARGEST as LARGEST
from storefront.proofread import checked
from storefront.proofread import read_text as read_text
from storefront.reading import clauses, read
from storefront.refusals import Refused


def shown(version: PolicyVersion) -> Markup:
    """The version as safe HTML, its title first, its tables drawn from the register."""
    reading = read(version.text)
    title = Markup("<h1>{}</h1>\n").format(reading.title) if reading.title else Markup()
    return title + reading.html


def publish(
    text: str,
    key: PolicyKey,
    *,
    role: str,
    changes: str,
    in_force_at: datetime,
    at: datetime,
    after: int | None = None,
    switch_off: Iterable[str] | None = None,
) -> PolicyVersion:
    """Sign the text, chain it to the version before, and post it. Raises `Refused` in words.

    A person who posts says `after` which version (0: none) they have looked at, and which clauses
    they mean to `switch_off`: when another version came in between, or more would be switched
    off than that, nothing is posted. None asks neither, for a shop's own set-up.
    """
    text = checked(text)
    try:
        version = _post(text, key, role, changes.strip(), in_force_at, at, after, switch_off)
    except IntegrityError as trouble:
        raise Refused(
            "Another version was posted at the same moment. Read that one first, then try again."
        ) from trouble
    key.archive.keep()
    return version


def _post(text, key, role, changes, in_force_at, at, after, switch_off) -> PolicyVersion:
    with database.atomic():
        known = key.archive.last()  # before the row is read: notes are kept after they are posted
        before = PolicyVersion.last()
        _check_chain(before, known, after)
        _check_words(before, text, changes)
        _check_date(before, in_force_at, at)
        _check_coverage(text, switch_off)
        version = PolicyVersion(
            number=before.number + 1 if before else 1,
            text=text,
            covers=clauses(text),
            changes=changes,
            posted_by=role,
            posted_at=at,
            in_force_at=in_force_at,
            previous=before.digest if before else "",
        )
        sign(version, key.private)
        version.save(force_insert=True)
        return version


def _check_chain(before: PolicyVersion | None, known: int, after: int | None) -> None:
    number = before.number if before else 0
    if known > number:
        raise Refused(
            f"This shop has posted version {known}, and its database ends with {number}: an older "
            "backup was restored, or rows were removed. `storefront verify-policy --bring-back` "
            "puts the versions back from their notes; nothing was posted."
        )
    if after is not None and after != number:
        raise Refused(
            f"Version {number} was posted meanwhile. Read what it changed, then try again."
        )


def _check_words(before: PolicyVersion | None, text: str, changes: str) -> None:
    if before is None:
        return
    if before.text.rstrip() == text.rstrip():
        raise Refused(f"The text is the same as version {before.number}; nothing was posted.")
    if not changes:
        raise Refused(changes="Please say in a sentence, for the reader, what has changed.")


def _check_date(before: PolicyVersion | None, in_force_at: datetime, at: datetime) -> None:
    if in_force_at < at:
        raise Refused(in_force=f"{in_words(in_force_at)} is past: a policy holds from now on.")
    if before and in_force_at < before.in_force_at:
        raise Refused(
            in_force=f"Version {before.number} is posted already and comes into force on "
            f"{in_words(before.in_force_at)}; the next one cannot do so before it."
        )


def _check_coverage(text: str, agreed: Iterable[str] | None) -> None:
    off = coverage.would_switch_off(clauses(text))
    if agreed is not None and (unasked := [clause for clause in off if clause not in set(agreed)]):
        raise Refused(
            f"This text does not cover {coverage.listed(unasked)}, which would be switched off: "
            f"{coverage.words_for(unasked)}. Mark the paragraphs that cover it, such as "
            f"{{covers: {unasked[0]}}}, or say that it shall be switched off; nothing was posted."
        )


def in_words(moment: datetime) -> str:
    """A moment as a reader would say it: "3 March 2027", with the time where there is one."""
    moment = moment.astimezone(UTC)
    day = f"{moment.day} {moment:%B %Y}"
    return day if (moment.hour, moment.minute) == (0, 0) else f"{day}, {moment:%H:%M} UTC"


def moment_of(words: str, at: datetime) -> datetime:
    """The moment in force that a person gave: "today" (at once), a date, or a date with a time.

    A date begins at midnight UTC; today's date is at once. Raises `Refused` for what is neither.
    """
    words = words.strip().lower()
    if words in ("", "today", at.astimezone(UTC).date().isoformat()):
        return at
    try:
        given = datetime.fromisoformat(words.upper())
    except ValueError:
        raise Refused(in_force=NO_DATE.format(words[:40])) from None
    return given.replace(tzinfo=given.tzinfo or UTC)


NO_DATE = "{!r} is no date: write today, a date such as 2027-03-01, or one with a time, in UTC."
