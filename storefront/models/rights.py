"""Who asks by mail what is held about them; and how far the upkeep of the database has come."""

import hashlib
from datetime import datetime, timedelta

from peewee import IntegerField, TextField

from storefront.db import JSONText, Moment, Record, database
from storefront.models.mailbox import mailbox_of
from storefront.models.outbox import OutgoingMail
from storefront.personal import days, personal

VALID = timedelta(hours=1)
MOST_AT_ONCE = 3  # links to one address within that time, so that nobody's mailbox is filled
ASKED = {"clause": "rights", "basis": "law", "keep": days(1)}


class RightsRequest(Record):
    """A link that was asked for. Its secret is in the mail alone; here is the secret's SHA-256.

    `answer` says what an erasure did: what went and what is kept, in words, without the values.
    """

    email = personal(
        TextField(index=True), why="to send you the link, and look up what is held", **ASKED
    )
    digest = TextField(unique=True)
    message_id = TextField()
    asked_at = Moment(index=True)
    valid_until = Moment(index=True)
    answer = personal(JSONText(null=True), why="to tell you what was erased", **ASKED)

    impersonal = secret = ("digest", "message_id")
    since = "asked_at"

    @classmethod
    def about(cls, email: str):
        """The links that were sent to that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your asking what we hold, {self.asked_at:%-d %B %Y}"

    @classmethod
    def ask(cls, email: str, sign, at: datetime) -> "RightsRequest | None":
        """Send a link to that address; None where its mailbox has had enough for now.

        `sign(message_id)` makes the secret, which the sender of the mail makes once more.
        """
        with database.atomic():
            open_ones = cls.select(cls.email).where(cls.asked_at > at - VALID)
            to = [mailbox_of(one.email) for one in open_ones]
            if to.count(mailbox_of(email)) >= MOST_AT_ONCE:
                return None
            mail = OutgoingMail.write("rights_link", email, at)
            return cls.create(
                email=mail.to,
                digest=digest_of(sign(mail.message_id)),
                message_id=mail.message_id,
                asked_at=at,
                valid_until=at + VALID,
            )

    @classmethod
    def behind(cls, secret: str, at: datetime) -> "RightsRequest | None":
        """The request whose link has that secret, while it is good."""
        found = cls.get_or_none(cls.digest == digest_of(secret))
        is_good = found and found.valid_until > at and (found.email or found.answer)
        return found if is_good else None

    def answered(self, answer: dict) -> None:
        """Keep what was done, to be read at the link until that is over."""
        RightsRequest.update(answer=answer).where(RightsRequest.id == self.id).execute()

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete the requests that are over, with their mails; how many."""
        over = cls.select().where(cls.valid_until <= at)
        with database.atomic():
            sent = [request.message_id for request in over]
            OutgoingMail.delete().where(OutgoingMail.message_id.in_(sent)).execute()
            return cls.delete().where(cls.message_id.in_(sent)).execute()


OutgoingMail.goes_with["rights_link"] = lambda mail: mail.made_at + ASKED["keep"]


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Upkeep(Record):
    """One row. `applied` is the number of the last erasure, of those in the log outside, that
    this database has seen: an older copy of it has seen fewer. `changed` counts what was erased or
    swept, and `scoured` how much of that has gone from the file itself."""

    applied = IntegerField(default=0)
    changed = IntegerField(default=0)
    scoured = IntegerField(default=0)
    swept_at = Moment(null=True)

    @classmethod
    def now(cls) -> "Upkeep":
        """The row as it is."""
        return cls.get()

    @classmethod
    def note(cls, **columns) -> None:
        """Write some columns; `changed` may be counted up, as in `changed=Upkeep.changed + 1`."""
        cls.update(columns).execute()
