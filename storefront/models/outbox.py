"""Mail that is to be sent: the row is written in the transaction of the change it tells of."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from peewee import JOIN, DeferredForeignKey, ForeignKeyField, IntegerField, TextField, fn

from storefront.blanks import Need
from storefront.db import Moment, Record, database, locked
from storefront.models.policy import PolicyVersion
from storefront.personal import days, personal
from storefront.refusals import Refused

# Minutes to wait after the first, second, … failed try; then every six hours, for three days.
BACK_OFF = (1, 5, 15, 60, 180, 360)
MOST_TRIES = 17
UNDER_WAY = ("waiting", "sending")
STOPPED = ("doubtful", "refused", "given up")
STATES = (*STOPPED, *UNDER_WAY, "sent")  # what wants somebody first
# A sender that has not come back by then has died: no step of it takes longer than 20 seconds.
DOUBT_AFTER = timedelta(minutes=10)
NOT_AGAIN = "A mail of this kind is not sent twice: whoever wants another asks for it anew."


class OutgoingMail(Record):
    """One mail. `kind` names its template; what it says is read from the order when it is sent.

    States: waiting → sending → sent, and back to waiting where it was not taken. `doubtful`: it may
    or may not have been sent. `refused` by the mail server, for good; `given up` after three days.
    """

    kind = TextField()
    to = personal(
        TextField(index=True),
        clause="orders",
        why="to send you the mail",
        basis="contract",
        keep=days(90),
    )
    order = DeferredForeignKey("Order", null=True, backref="mails", on_delete="CASCADE")
    # What in the history of the order it tells of.
    event = DeferredForeignKey("OrderEvent", null=True, on_delete="SET NULL")
    testimonial = DeferredForeignKey("Testimonial", null=True, on_delete="CASCADE")
    insider = DeferredForeignKey("Insider", null=True, on_delete="CASCADE")
    entry = DeferredForeignKey("ContestEntry", null=True, on_delete="CASCADE")
    # The issue in whose queue it stands: such mails come after all others. Or of which it is a
    # trial, for one of those who write it.
    issue = DeferredForeignKey("InsiderIssue", null=True, index=False, on_delete="CASCADE")
    trial_of = DeferredForeignKey("InsiderIssue", null=True, index=False, on_delete="CASCADE")
    # What a notice of change tells of; nobody is told twice of one version.
    policy = ForeignKeyField(PolicyVersion, null=True, index=False, on_delete="RESTRICT")
    message_id = TextField(unique=True)
    state = TextField(default="waiting")
    made_at = Moment()
    due_at = Moment()
    claimed_at = Moment(null=True)
    sent_at = Moment(null=True)
    tries = IntegerField(default=0)
    trouble = TextField(default="")

    #: When mails of a kind go that do not stay as long as others, by what they belong to.
    goes_with: ClassVar[dict[str, Callable]] = {}

    #: What people call mails of a kind; who writes them says so.
    called_kinds: ClassVar[dict[str, str]] = {}

    impersonal = ("kind", "state", "message_id", "trouble")
    secret = ("message_id",)
    since = "made_at"
    whole = True

    class Meta:
        indexes = (
            (("state", "id"), False),
            (("policy", "to"), True),
            (("issue", "state", "id"), False),
            (("issue", "insider"), True),  # nobody gets an issue twice
            (("issue", "claimed_at"), False),
        )

    @classmethod
    def about(cls, email: str):
        """The mails to that address."""
        return cls.select().where(cls.to == email.strip().lower())

    @classmethod
    def of(cls, kind: str, to: str, at: datetime, order=None, event=None) -> "OutgoingMail":
        """A mail that is due at once; the caller adds it in the transaction that it tells of."""
        return cls(
            kind=kind,
            to=to.strip().lower(),
            order=order,
            event=event,
            message_id=secrets.token_hex(16),
            made_at=at,
            due_at=at,
        )

    @classmethod
    def write(cls, kind: str, to: str, at: datetime, order=None, event=None) -> "OutgoingMail":
        """Put a mail into the outbox, in the caller's transaction; to nobody goes none."""
        mail = cls.of(kind, to, at, order, event)
        if mail.to:  # an order whose address was erased has none
            cls.add(mail)
        return mail

    @property
    def about_what(self) -> str:
        """Its kind in words: "order received"."""
        return self.called_kinds.get(self.kind) or self.kind.replace("_", " ")

    @property
    def can_be_sent_again(self) -> bool:
        """Whether `send_again` would do anything."""
        return self.state in STOPPED or bool(self.state == "sent" and self.order_id)

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Mail “{self.about_what}” of {self.made_at:%-d %B %Y}"

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        last = self.made_at + field.personal["keep"]
        return min(last, self.goes_with[self.kind](self)) if self.kind in self.goes_with else last

    def needed(self, at: datetime) -> Need | None:
        """A mail about an order under way, until it has been sent."""
        if self.state not in UNDER_WAY or not self.order_id or not self.order.needed(at):
            return None
        return Need("it is about to be sent to you", at + days(1))

    @classmethod
    def of_order(cls, order) -> "list[OutgoingMail]":
        """All that was written about an order, the oldest first."""
        return list(cls.select().where(cls.order == order).order_by(cls.id))

    @classmethod
    def counts(cls) -> dict[str, int]:
        """How many mails there are in each state, but for those of issues."""
        rows = cls.select(cls.state, fn.COUNT(cls.id)).where(cls.issue.is_null())
        return dict.fromkeys(STATES, 0) | dict(rows.group_by(cls.state).tuples())

    @classmethod
    def newest(cls, states: Iterable[str], before: int, most: int) -> "list[OutgoingMail]":
        """Mails in one of those states, the newest first, with their orders; `before` that id,
        unless it is 0. Those of issues stand with their issue."""
        order = cls.order.rel_model
        wanted = cls.state.in_(states) & cls.issue.is_null()
        found = cls.select(cls, order).join(order, JOIN.LEFT_OUTER).where(wanted)
        found = found.where(cls.id < before) if before else found
        return list(found.order_by(cls.id.desc()).limit(most))

    @classmethod
    def due(cls, at: datetime):
        """What waits to be sent, the oldest first; issues have a pace of their own."""
        waits = (cls.state == "waiting") & (cls.due_at <= at)
        return cls.select().where(waits, cls.issue.is_null()).order_by(cls.id)

    @classmethod
    def in_doubt(cls):
        """Mails that may or may not have been sent."""
        return cls.select().where(cls.state == "doubtful")

    @classmethod
    def doubt(cls, at: datetime) -> int:
        """Mark the mails whose sender died between claiming and recording; how many."""
        late = (cls.state == "sending") & (cls.claimed_at <= at - DOUBT_AFTER)
        return cls.update(state="doubtful", trouble="its sender was stopped").where(late).execute()

    def claim(self, at: datetime) -> bool:
        """Take the mail for sending, so that no other sender does; False when one has.

        False also of a mail that is gone, and of an issue that does not go out now.
        """
        mine = OutgoingMail.update(state="sending", claimed_at=at, tries=OutgoingMail.tries + 1)
        self.claimed_at = at
        free = self._is("waiting")
        if self.issue_id:
            free &= OutgoingMail.issue.in_(type(self).issue.rel_model.going_out())
        return bool(mine.where(free).execute())

    def sent(self, at: datetime) -> None:
        """It was handed to the mail server, or put into the maildir."""
        unsent = (OutgoingMail.id == self.id) & (OutgoingMail.state != "sent")
        self._has_gone(unsent, state="sent", sent_at=at, trouble="")

    def failed(self, trouble: str, at: datetime) -> None:
        """It was not taken: try again later. `trouble` names the error, never the address."""
        with database.atomic():
            tries = OutgoingMail.get_by_id(self.id).tries
            wait = timedelta(minutes=BACK_OFF[min(tries, len(BACK_OFF)) - 1])
            state = "waiting" if tries < MOST_TRIES else "given up"
            self._set(self._mine, state=state, claimed_at=None, trouble=trouble, due_at=at + wait)

    def refused(self, trouble: str) -> None:
        """The mail server will not have it, whenever it is tried."""
        self._set(self._mine, state="refused", claimed_at=None, trouble=trouble)

    def unanswered(self, trouble: str) -> None:
        """The mail server got all of it and did not say whether it took it."""
        self._set(self._mine, state="doubtful", trouble=trouble)

    def arrived(self) -> None:
        """Somebody knows of a mail in doubt that it was sent."""
        sent = {"state": "sent", "sent_at": OutgoingMail.claimed_at, "trouble": ""}
        self._has_gone(self._is("doubtful"), **sent)

    def _has_gone(self, which, **columns) -> None:
        with database.atomic():
            if OutgoingMail.update(**columns).where(which).execute() and self.issue_id:
                type(self).issue.rel_model.count(self.issue_id, sent=1)

    def send_again(self, at: datetime) -> "OutgoingMail":
        """Send it once more; gives the mail that waits then.

        One that was stopped is tried anew, under its Message-ID. One that was sent is written anew,
        because a mailbox may hide what it has had before; raises `Refused` where it is about no
        order. Twice at once is once.
        """
        with database.atomic():
            mail = locked(OutgoingMail.select().where(OutgoingMail.id == self.id)).get()
            if mail.state == "sent":
                return mail._written_anew(at)
            new = {"state": "waiting", "claimed_at": None, "due_at": at, "tries": 0}
            self._set(self._is(*STOPPED), **new)
        return OutgoingMail.get_by_id(self.id)

    def _written_anew(self, at: datetime) -> "OutgoingMail":
        if not self.order_id:
            raise Refused(NOT_AGAIN)
        mail = OutgoingMail
        same = mail.order == self.order_id, mail.kind == self.kind, mail.state.in_(UNDER_WAY)
        event = mail.event == self.event_id if self.event_id else mail.event.is_null()
        waits = mail.select().where(*same, event).first()
        return waits or mail.write(self.kind, self.to, at, self.order, self.event)

    @property
    def _mine(self):
        """As this sender claimed it: it may have been sent by another since."""
        return self._is("sending", "doubtful") & (OutgoingMail.claimed_at == self.claimed_at)

    def _is(self, *states: str):
        return (OutgoingMail.id == self.id) & OutgoingMail.state.in_(states)

    @staticmethod
    def _set(which, **columns) -> None:
        OutgoingMail.update(**columns).where(which).execute()
