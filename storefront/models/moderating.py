"""What the shop does with a testimonial: lets it be shown or refuses it, and replies to it.

A refusal is for one of a few published reasons, never for its rating: who decides does not see
that. Every text that was decided on is counted, without a word of what it says.
"""

from datetime import datetime

from peewee import BooleanField, IntegerField, TextField, fn

from storefront.db import Moment, Record, database
from storefront.models.outbox import OutgoingMail
from storefront.models.plain_text import tidied
from storefront.refusals import Refused

LONGEST_REPLY = 2000  # characters
# Published at /testimonials/moderation. What stands here already may be worded anew, not taken
# away: decisions name it.
REASONS = {
    "other": "It is not about the product: the delivery, another thing, nothing in particular",
    "abuse": "It insults, threatens or is obscene",
    "person": "It names, shows or describes somebody else",
    "advert": "It advertises, or sends readers elsewhere",
    "unlawful": "It breaks the law, or somebody’s rights",
    "untrue": "Its author has not used the product, or hides a tie to the shop or to a competitor",
    "unreadable": "It cannot be read or understood",
}


class Decision(Record):
    """That one text was approved or refused, with its rating and, if refused, the reason.

    A text counts once, by what was last decided: where the same one is taken down, or approved
    after all, this row says so from then on, and what is published never counts it on both sides.
    What its author writes anew is another text with a row of its own. The testimonial knows its
    row, never the other way round: this one says nothing of whose it was, and stays.
    """

    at = Moment()
    approved = BooleanField()
    stars = IntegerField(null=True)
    reason = TextField(default="")

    impersonal = ("reason",)

    class Meta:
        indexes = ((("approved", "reason", "stars"), False),)

    @classmethod
    def counts(cls) -> list[tuple[bool, str, int | None, int]]:
        """How often each was decided: approved, reason, stars, how many; one query."""
        of = cls.approved, cls.reason, cls.stars
        rows = cls.select(*of, fn.COUNT(cls.id)).group_by(*of).order_by(*of).tuples()
        return [(bool(approved), *rest) for approved, *rest in rows]


class Moderating:
    """The verbs of those who moderate; mixed into `Testimonial`.

    They take as `seen` the `as_of` of what the moderator has read, and raise `Refused` where it was
    changed or decided meanwhile.
    """

    @classmethod
    def queue(cls):
        """What waits for a decision, who waits longest first."""
        return cls.select().where(cls.state == "waiting").order_by(cls.changed_at, cls.id)

    @property
    def as_of(self) -> datetime:
        """Since when it stands as it does: changed, decided or replied to, whichever came last."""
        return max(at for at in (self.changed_at, self.decided_at, self.replied_at) if at)

    @property
    def can_be_shown(self) -> bool:
        """Whether it may be approved: it waits, or was refused for a reason.

        What was refused without any lost a part of it to an erasure.
        """
        return self.state == "waiting" or (self.state == "refused" and self.reason != "")

    def approve(self, seen: datetime, at: datetime) -> None:
        """Have it shown; one that was refused, after all."""
        with database.atomic():
            if not self._as_seen(seen).can_be_shown:
                raise Refused("This cannot be approved: it is already, or parts of it are erased.")
            self._decide(True, "", at)

    def refuse(self, reason: str, seen: datetime, at: datetime) -> None:
        """Do not show it, for one of `REASONS`, which its author is written."""
        with database.atomic():
            if self._as_seen(seen).state != "waiting":
                raise Refused("Somebody has decided this one already.")
            self._refuse(reason, at)

    def take_down(self, reason: str, at: datetime, seen: datetime | None = None) -> None:
        """Show it no longer: what was approved proves to be refused; `seen` only if it is given."""
        with database.atomic():
            if (self._as_seen(seen) if seen else self._fresh()).state != "approved":
                raise Refused("It is not shown any more.")
            self._refuse(reason, at)

    def _refuse(self, reason: str, at: datetime) -> None:
        if reason not in REASONS:
            raise Refused(reason="Please choose one of the published reasons.")
        self._decide(False, reason, at)

    def _as_seen(self, seen: datetime):
        fresh = self._fresh()
        if fresh.as_of == seen and fresh.state != "unconfirmed":
            return fresh
        if fresh.state == "waiting":
            raise Refused("Its author has changed it meanwhile. Please read it once more.")
        raise Refused("Somebody has decided it or replied meanwhile. Please look once more.")

    def _decide(self, approved: bool, reason: str, at: datetime) -> None:
        """What `_as_seen` has locked."""
        told = {"at": at, "approved": approved, "stars": self.stars, "reason": reason}
        if self.state == "waiting" or not self.decision_id:
            self.decision = Decision.create(**told)
        else:
            Decision.update(told).where(Decision.id == self.decision_id).execute()
        self.state = "approved" if approved else "refused"
        self.reason, self.decided_at = reason, at
        # Of an address that nobody confirmed, or that is gone, nothing is known to have come.
        if self.email and self.confirmed_at:
            self.bought = self.bought or self._was_delivered()
        self.save(only=["state", "reason", "decided_at", "bought", "decision"])
        self._recount()
        self._leave_untold("approved", "refused")
        self.tell(self.state, at)

    def _leave_untold(self, *kinds: str) -> None:
        """Mails that nobody has begun to send, and that are no longer true."""
        mail = OutgoingMail
        of_these = mail.kind.in_([f"testimonial_{kind}" for kind in kinds])
        still = mail.state == "waiting", mail.tries == 0
        mail.delete().where(mail.testimonial == self.id, of_these, *still).execute()

    def answer(self, text: str, at: datetime, seen: datetime | None = None) -> None:
        """The shop replies beneath it, and its author gets that by mail. "" takes a reply back.

        Raises `Refused` where it is not shown, or the words cannot be; `seen` only if it is given.
        """
        reply = tidied(text, LONGEST_REPLY, "reply") if text.strip() else ""
        with database.atomic():
            fresh = self._as_seen(seen) if seen else self._fresh()
            if fresh.state != "approved":
                raise Refused("Only what is shown can be replied to.")
            if fresh.reply == reply:
                return
            self.reply, self.replied_at = reply, at if reply else None
            self.save(only=["reply", "replied_at"])
            self._recount()
            self._leave_untold("replied")
            if reply:
                self.tell("replied", at)
