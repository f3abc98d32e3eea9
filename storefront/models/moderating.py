"""What the shop does with a testimonial: lets it be shown or refuses it, and replies to it.

A refusal is for one of a few published reasons, never for its rating: who decides does not see
that. Every decision is counted, without a word of what it was about.
"""

from datetime import datetime

from peewee import BooleanField, IntegerField, TextField, fn

from storefront.db import Moment, Record, database
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
    "unlawful": "It breaks the law, or somebody's rights",
    "untrue": "Its author has not used the product, or hides a tie to the shop or to a competitor",
    "unreadable": "It cannot be read or understood",
}


class Decision(Record):
    """That one testimonial was approved or refused, with its rating and, if refused, the reason.

    It says nothing of whose it was, and stays when that one goes.
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
    """The verbs of those who moderate; mixed into `Testimonial`."""

    @classmethod
    def queue(cls):
        """What waits for a decision, who waits longest first."""
        return cls.select().where(cls.state == "waiting").order_by(cls.changed_at, cls.id)

    def approve(self, seen: datetime, at: datetime) -> None:
        """Have it shown. `seen` is the `changed_at` of what the moderator has read.

        Raises `Refused` where it was changed or decided meanwhile.
        """
        self._decide(True, "", seen, at)

    def refuse(self, reason: str, seen: datetime, at: datetime) -> None:
        """Do not show it, for one of `REASONS`, which its author is written; as `approve`."""
        if reason not in REASONS:
            raise Refused(reason="Please choose one of the published reasons.")
        self._decide(False, reason, seen, at)

    def _decide(self, approved: bool, reason: str, seen: datetime, at: datetime) -> None:
        with database.atomic():
            fresh = self._fresh()
            if fresh.state != "waiting":
                raise Refused("Somebody has decided this one already.")
            if fresh.changed_at != seen:
                raise Refused("Its author has changed it meanwhile. Please read it once more.")
            self.state = "approved" if approved else "refused"
            self.reason, self.decided_at = reason, at
            if self.confirmed_at:  # what is imported has an address that nobody has shown is theirs
                self.bought = self.bought or self._was_delivered()
            self.save(only=["state", "reason", "decided_at", "bought"])
            Decision.create(at=at, approved=approved, stars=self.stars, reason=reason)
            self._recount()
            self.tell(self.state, at)

    def take_down(self, reason: str, at: datetime) -> None:
        """Show it no longer: what was approved proves to be refused; as `refuse`."""
        if reason not in REASONS:
            raise Refused(reason="Please choose one of the published reasons.")
        with database.atomic():
            if self._fresh().state != "approved":
                raise Refused("It is not shown any more.")
            self.state, self.changed_at = "waiting", at
            self.save(only=["state", "changed_at"])
            self._decide(False, reason, at, at)

    def answer(self, text: str, at: datetime) -> None:
        """The shop replies beneath it, and its author gets that by mail. "" takes a reply back.

        Raises `Refused` where it is not shown, or the words cannot be.
        """
        reply = tidied(text, LONGEST_REPLY, "reply") if text.strip() else ""
        with database.atomic():
            fresh = self._fresh()
            if fresh.state != "approved":
                raise Refused("Only what is shown can be replied to.")
            if fresh.reply == reply:
                return
            self.reply, self.replied_at = reply, at if reply else None
            self.save(only=["reply", "replied_at"])
            self._recount()
            if reply:
                self.tell("replied", at)
