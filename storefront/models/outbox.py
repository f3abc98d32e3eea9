"""Mail that is to be sent: the row is written in the transaction of the change it tells of."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from peewee import DeferredForeignKey, ForeignKeyField, IntegerField, TextField

from storefront.blanks import Need
from storefront.db import Moment, Record, database
from storefront.models.policy import PolicyVersion
from storefront.personal import days, personal

# Minutes to wait after the first, second, … failed try; then every six hours.
BACK_OFF = (1, 5, 15, 60, 180, 360)


class OutgoingMail(Record):
    """One mail. `kind` names its template; what it says is read from the order when it is sent."""

    kind = TextField()
    to = personal(
        TextField(index=True),
        clause="orders",
        why="to send you the mail",
        basis="contract",
        keep=days(90),
    )
    state = TextField(default="waiting")
    order = DeferredForeignKey("Order", null=True, backref="mails", on_delete="CASCADE")
    # Which of several parcels or refunds it tells of.
    event = DeferredForeignKey("OrderEvent", null=True, on_delete="CASCADE")
    # What a notice of change tells of; nobody is told twice of one version.
    policy = ForeignKeyField(PolicyVersion, null=True, index=False, on_delete="RESTRICT")
    message_id = TextField(unique=True)
    made_at = Moment()
    due_at = Moment()
    claimed_at = Moment(null=True)
    sent_at = Moment(null=True)
    tries = IntegerField(default=0)
    trouble = TextField(default="")

    #: When mails of a kind go that do not stay as long as others, by what they belong to.
    goes_with: ClassVar[dict[str, Callable]] = {}

    impersonal = ("kind", "state", "message_id", "trouble")
    secret = ("message_id",)
    since = "made_at"
    whole = True

    class Meta:
        indexes = ((("state", "id"), False), (("policy", "to"), True))

    @classmethod
    def about(cls, email: str):
        """The mails to that address."""
        return cls.select().where(cls.to == email.strip().lower())

    @classmethod
    def of(cls, kind: str, to: str, at: datetime, order=None) -> "OutgoingMail":
        """A mail that is due at once; the caller adds it in the transaction that it tells of."""
        return cls(
            kind=kind,
            to=to.strip().lower(),
            order=order,
            message_id=secrets.token_hex(16),
            made_at=at,
            due_at=at,
        )

    @classmethod
    def write(cls, kind: str, to: str, at: datetime, order=None) -> "OutgoingMail":
        """Put a mail into the outbox, in the caller's transaction; to nobody goes none."""
        mail = cls.of(kind, to, at, order)
        if mail.to:  # an order whose address was erased has none
            cls.add(mail)
        return mail

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Mail “{self.kind.replace('_', ' ')}” of {self.made_at:%-d %B %Y}"

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        last = self.made_at + field.personal["keep"]
        return min(last, self.goes_with[self.kind](self)) if self.kind in self.goes_with else last

    def needed(self, at: datetime) -> Need | None:
        """A mail about an order under way, until it has been sent."""
        if self.sent_at or not self.order_id or not self.order.needed(at):
            return None
        return Need("it is about to be sent to you", at + days(1))

    @classmethod
    def due(cls, at: datetime):
        """What waits to be sent, the oldest first."""
        return (
            cls.select()
            .where(cls.sent_at.is_null(), cls.claimed_at.is_null(), cls.due_at <= at)
            .order_by(cls.id)
        )

    @classmethod
    def in_doubt(cls):
        """Mails whose sender died between claiming and recording: sent, perhaps."""
        return cls.select().where(cls.sent_at.is_null(), cls.claimed_at.is_null(False))

    def claim(self, at: datetime) -> bool:
        """Take the mail for sending, so that no other sender does; False when one has."""
        mine = OutgoingMail.claimed_at.is_null() & OutgoingMail.sent_at.is_null()
        claimed = (
            OutgoingMail.update(claimed_at=at, tries=OutgoingMail.tries + 1)
            .where(OutgoingMail.id == self.id, mine)
            .execute()
        )
        return bool(claimed)

    def sent(self, at: datetime) -> None:
        """It was handed to the mail server, or put into the maildir."""
        OutgoingMail.update(sent_at=at, trouble="").where(OutgoingMail.id == self.id).execute()

    def failed(self, trouble: str, at: datetime) -> None:
        """It was not taken: try again later. `trouble` names the error, never the address."""
        with database.atomic():
            tries = OutgoingMail.get_by_id(self.id).tries
            wait = BACK_OFF[min(tries, len(BACK_OFF)) - 1]
            OutgoingMail.update(
                claimed_at=None, trouble=trouble, due_at=at + timedelta(minutes=wait)
            ).where(OutgoingMail.id == self.id).execute()
