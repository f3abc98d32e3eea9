"""How long an order is needed as it is, what the law keeps of it, and how its address is corrected.

Nobody may ever tell the shop that a parcel arrived: it counts as under way for some weeks.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from peewee import fn

from storefront.blanks import Need
from storefront.db import database
from storefront.refusals import Refused

#: States in which stock is held until `hold_until`.
HOLDING = ("placed", "awaiting_card", "declined", "unopenable", "expired")
ARRIVES_WITHIN = timedelta(days=30)  # of leaving
IN_THE_HOUSE = ("to_pack", "packed", "part_shipped")
ANSWERED_WITHIN = timedelta(days=14)  # by the desk: then the vault lets the card go
#: Nothing was sold, so no tax record is owed.
NEVER_SOLD = ("lapsed", "cancelled")


class Keeping:
    """The verbs of an order that a person's rights call for; mixed into `Order`."""

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Order {self.number} of {self.placed_at:%-d %B %Y}"

    @property
    def is_binding(self) -> bool:
        """Whether tax law wants it kept."""
        return self.state not in NEVER_SOLD

    def needed(self, at: datetime) -> Need | None:
        """Why it is under way; None once it is done."""
        if self.state in HOLDING:
            return Need("your order waits for your card", max(self.hold_until or at, at))
        if self.state in ("card_held", "cancelling"):
            answered = self._entered() + ANSWERED_WITHIN
            return Need("your order is under way", max(answered, at) + ARRIVES_WITHIN)
        if back := self._coming_back(at):
            return Need("something of it is on its way back", back)
        if self.state != "charged":
            return None
        if asked := self._refund_asked():
            return Need("your money is on its way back to you", max(asked + ANSWERED_WITHIN, at))
        if self.stage in IN_THE_HOUSE:
            return Need("your order is being made ready", at + ARRIVES_WITHIN)
        arrived = self._last_shipped() + ARRIVES_WITHIN if self.stage == "shipped" else at
        return Need("your order is on its way to you", arrived) if at < arrived else None

    @property
    def card_is_sealed(self) -> bool:
        """Whether the vault holds a card for it that the desk has not spoken of."""
        return any(attempt.receipt and not attempt.verdict for attempt in self.attempts)

    def _coming_back(self, at: datetime) -> datetime | None:
        """Until about when something is sent back or its money is not; who asked and then sent
        nothing is not waited for."""
        back, ends = self.returns.model, []
        for each in self.returns.where(back.state.in_(back.OPEN)):
            ends.append(each.send_by + ARRIVES_WITHIN)
            if each.state == "received":
                ends[-1] = max(each.received_at + ANSWERED_WITHIN, at + ANSWERED_WITHIN)
        return max((end for end in ends if end > at), default=None)

    def _entered(self) -> datetime:
        """When it came into the state it is in."""
        event = self.events.model
        found = self.events.where(event.what == self.state).order_by(event.id.desc()).first()
        return found.at if found else self.placed_at

    def _last_shipped(self) -> datetime:
        """When the last of its parcels left; it has one where it counts as shipped."""
        parcel = self.parcels.model
        return self.parcels.select(fn.MAX(parcel.shipped_at)).scalar()

    def _refund_asked(self) -> datetime | None:
        """When a refund was last asked for that the desk has not answered."""
        answered = {statement.instruction for statement in self.statements}
        refunds = [told for told in self.instructions if told.what == "refund"]
        return max((told.made_at for told in refunds if told.seq not in answered), default=None)

    def erase(self, names: Iterable[str], mark: Callable[[str], str], at: datetime) -> None:
        """As any record; with the address go the mails that went to it, what was written and noted
        about the order, and the carriers' numbers for its parcels, by which they could be followed
        to the door.

        One that lapsed can be paid no more, for nobody would get it.
        """
        names = set(names)
        with database.atomic():
            if "email" in names:
                for gone in (self.mails.model, self.messages.model, self.notes.model):
                    gone.delete().where(gone.order == self.id).execute()
                parcel = self.parcels.model
                parcel.update(tracking="").where(parcel.order == self.id).execute()
            if self.state == "lapsed":
                self._enter("cancelled", at)
            super().erase(names, mark, at)

    def can_be_corrected(self, at: datetime) -> bool:
        """Whether its parcel may still be there to be addressed."""
        in_the_house = self.stage in IN_THE_HOUSE and not self._refund_asked()
        return self.state in (*HOLDING, "card_held") or in_the_house

    def correct(self, parts: dict[str, str], at: datetime) -> None:
        """Send it to this name and address, which have been checked; the country stays.

        Raises `Refused` where it is too late.
        """
        with database.atomic():
            self.lock()
            if not self.can_be_corrected(at):
                raise Refused("This order is no longer here to be addressed anew.")
            if all(getattr(self, name) == value for name, value in parts.items()):
                return
            type(self).update(parts).where(type(self).id == self.id).execute()
            self.note("corrected", at)
