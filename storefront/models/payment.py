"""Attempts to pay for an order: the offer that was signed, and the receipt that came back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import Moment, Record, database
from storefront.models.order import Order
from storefront.refusals import Refused

MOST_ATTEMPTS = 5
WORTH_REUSING = timedelta(minutes=5)  # an offer with less left than this is made anew


@dataclass(frozen=True)
class SignedOffer:
    """An offer as it is handed out: for which envelope, its text, how long it and the hold last."""

    env_id: str
    text: str
    expires_at: datetime
    hold_until: datetime


class PaymentAttempt(Record):
    """One signed offer for an order. Neither offer nor receipt says anything of the card."""

    order = ForeignKeyField(Order, backref="attempts", on_delete="CASCADE")
    number = IntegerField()
    env_id = TextField(unique=True)
    offer = TextField()
    expires_at = Moment()
    receipt = TextField(null=True)
    received_at = Moment(null=True)
    verdict = TextField(null=True)

    impersonal = ("env_id", "offer", "receipt", "verdict")

    class Meta:
        indexes = ((("order", "number"), True),)

    @classmethod
    def latest(cls, order: Order) -> "PaymentAttempt | None":
        """The last attempt made for an order."""
        return order.attempts.order_by(cls.number.desc()).first()

    @classmethod
    def open(
        cls, order: Order, sign: Callable[[int], SignedOffer], at: datetime
    ) -> "PaymentAttempt":
        """The attempt to pay with now: the last one while its offer is good, else a new one.

        `sign(number)` makes the offer of a new attempt, which is recorded before it is handed
        out, and the stock is held for it. One transaction, with the order locked: two clicks at
        once get the same offer. Raises `Refused` when the order is paid for, after five attempts,
        or when something has sold out since the stock was let go.
        """
        with database.atomic():
            order.lock()
            order.check_unpaid()
            last = cls.latest(order)
            if last and order.state == "awaiting_card" and last.expires_at - at > WORTH_REUSING:
                return last
            number = _next(order, last)
            offer = sign(number)
            order.await_card(offer.hold_until, at)
            return cls.create(
                order=order,
                number=number,
                env_id=offer.env_id,
                offer=offer.text,
                expires_at=offer.expires_at,
            )

    def receive(self, receipt: str, at: datetime) -> bool:
        """Record a verified receipt and hold the order's card; any number of times, one effect."""
        with database.atomic():
            self.order.lock()
            new = PaymentAttempt.update(receipt=receipt, received_at=at).where(
                PaymentAttempt.id == self.id, PaymentAttempt.receipt.is_null()
            )
            # An old receipt, shown again or late, must not revive an order that was declined since.
            judged = PaymentAttempt.get_by_id(self.id).verdict
            return bool(new.execute()) and judged is None and self.order.hold_card(at)

    def judge(self, verdict: str, at: datetime) -> bool:
        """Record what the desk says of this attempt, and move the order; true if it moved.

        Only the newest attempt takes an order from being held; a charge counts whenever it comes.
        The order is locked by the caller.
        """
        undecided = PaymentAttempt.verdict.is_null() | (PaymentAttempt.verdict != "charged")
        PaymentAttempt.update(verdict=verdict).where(
            PaymentAttempt.id == self.id, undecided
        ).execute()
        if verdict == "charged":
            return self.order.charge(at)
        if verdict == "cancelled":
            return self.order.cancel(at)
        newest = PaymentAttempt.latest(self.order)
        return newest.id == self.id and self.order.decline(verdict, at)


def _next(order: Order, last: PaymentAttempt | None) -> int:
    number = last.number + 1 if last else 1
    if number > MOST_ATTEMPTS:
        raise Refused(
            f"Five attempts were made to pay for order {order.number}. "
            "Please write to us, and we will find another way."
        )
    return number
