"""What an order does once the desk has spoken, or nobody has paid, or it is to be cancelled."""

from datetime import datetime, timedelta

from storefront.db import database
from storefront.models.keeping import HOLDING
from storefront.models.outbox import OutgoingMail
from storefront.refusals import Refused

#: How long things are kept for somebody whose card was declined or could not be used.
ANOTHER_CARD = timedelta(days=1)
PAID = ("charged", "refunded")
#: Verdicts after which another card may be given, and the mail that says so.
ANOTHER = {
    "declined": "order_declined",
    "unopenable": "order_card_again",
    "expired": "order_card_again",
}


class Settling:
    """The verbs of an order that follow the desk's statements, or its silence; mixed into `Order`.

    Each has one effect however often it is said, and none takes an order back: what is charged
    stays charged whatever arrives late.
    """

    def charge(self, at: datetime) -> bool:
        """The card was charged; true the first time.

        Things that were let go meanwhile are taken again where they are left. Where they are gone
        the order is paid for all the same, for staff to settle.
        """
        with database.atomic():
            self.lock()
            if self.state in PAID:
                return False
            if self.state in ("lapsed", "cancelled"):
                self._retake_if_left(at)
            if self.state == "cancelling":
                self.note("too_late_to_cancel", at)
            self._hold_until(None)
            self._enter("charged", at)
            OutgoingMail.write("order_charged", self.email, at, order=self)
        return True

    def decline(self, verdict: str, at: datetime) -> bool:
        """The card was not charged: `declined`, `unopenable` or `expired`; true the first time.

        The things are kept for a day, so that another card can be given.
        """
        with database.atomic():
            self.lock()
            if self.state == "cancelling":
                return self._cancelled(at)
            if self.state not in ("placed", "awaiting_card", "card_held"):
                return False
            self._hold_until(at + ANOTHER_CARD)
            self._enter(verdict, at)
            OutgoingMail.write(ANOTHER[verdict], self.email, at, order=self)
        return True

    def ask_to_cancel(self, at: datetime, role: str = "") -> None:
        """No card is taken for it any more; it is cancelled once the desk cannot charge it.

        Raises `Refused` where it is charged or cancelled already.
        """
        with database.atomic():
            self.lock()
            if self.state in PAID:
                raise Refused(
                    f"Order {self.number} is paid for by now: ask for its money back instead."
                )
            if self.state in ("cancelling", "cancelled"):
                raise Refused(f"Order {self.number} is cancelled already.")
            self._enter("cancelling", at, role=role)

    def cancel(self, at: datetime) -> bool:
        """It is certain that nothing was charged: cancel what was asked to be; true if it was."""
        with database.atomic():
            self.lock()
            return self.state == "cancelling" and self._cancelled(at)

    def _cancelled(self, at: datetime) -> bool:
        if self._has_its_stock():
            self._put_stock_back()
        self._hold_until(None)
        self._enter("cancelled", at)
        OutgoingMail.write("order_cancelled", self.email, at, order=self)
        return True

    def lapse(self, at: datetime) -> bool:
        """Let the stock of an unpaid order go once its hold is over; True when it did."""
        with database.atomic():
            self.lock()
            if self.state not in HOLDING or not self.hold_until or self.hold_until > at:
                return False
            self._put_stock_back()
            self._hold_until(None)
            self._enter("lapsed", at)
        return True

    def give_back(self, refunded_minor: int, at: datetime, **detail) -> None:
        """Money was given back; `refunded_minor` is how much of it so far, all together."""
        with database.atomic():
            self.lock()
            whole = refunded_minor >= self.total_minor
            if whole and self.state == "charged":
                self._enter("refunded", at, **detail)
            else:
                self.note("refunded_part", at, **detail)
            OutgoingMail.write("order_refunded", self.email, at, order=self)

    def _has_its_stock(self) -> bool:
        """Whether the things are set aside: they are let go when it lapses, and may have gone."""
        has, before = True, ""
        for event in self.events.order_by(self.events.model.id):
            if event.what == "code_gone":  # is noted between the two
                continue
            if event.what == "lapsed":
                has = False
            elif before == "lapsed" and event.what in ("awaiting_card", "card_held", "charged"):
                has = True
            before = event.what
        return has

    def _hold_until(self, moment: datetime | None) -> None:
        self.hold_until = moment
        self.save(only=[type(self).hold_until])
