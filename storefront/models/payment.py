"""Attempts to pay for an order: the offer that was signed, and the receipt that came back."""

from datetime import datetime

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import Moment, Record, database
from storefront.models.order import Order
from storefront.refusals import Refused

MOST_ATTEMPTS = 5


class PaymentAttempt(Record):
    """One signed offer for an order. Neither offer nor receipt says anything of the card."""

    order = ForeignKeyField(Order, backref="attempts", on_delete="CASCADE")
    number = IntegerField()
    env_id = TextField(unique=True)
    offer = TextField()
    expires_at = Moment()
    receipt = TextField(null=True)
    received_at = Moment(null=True)

    impersonal = ("env_id", "offer", "receipt")

    class Meta:
        indexes = ((("order", "number"), True),)

    @classmethod
    def latest(cls, order: Order) -> "PaymentAttempt | None":
        """The last attempt made for an order."""
        return order.attempts.order_by(cls.number.desc()).first()

    @classmethod
    def next_number(cls, order: Order) -> int:
        """Which attempt the next one is, from 1; raises `Refused` after five."""
        last = cls.latest(order)
        number = last.number + 1 if last else 1
        if number > MOST_ATTEMPTS:
            raise Refused(
                f"Five attempts were made to pay for order {order.number}. "
                "Please write to us, and we will find another way."
            )
        return number

    @classmethod
    def open(
        cls, order: Order, number: int, env_id: str, offer: str, expires_at: datetime
    ) -> "PaymentAttempt":
        """Record the offer before it is handed out."""
        return cls.create(
            order=order, number=number, env_id=env_id, offer=offer, expires_at=expires_at
        )

    def receive(self, receipt: str, at: datetime) -> bool:
        """Record a verified receipt and hold the order's card; any number of times, one effect."""
        with database.atomic():
            PaymentAttempt.update(receipt=receipt, received_at=at).where(
                PaymentAttempt.id == self.id, PaymentAttempt.receipt.is_null()
            ).execute()
            return self.order.hold_card(at)
