"""Which order has which discount, and the verbs of an order about its code."""

import hashlib
from datetime import datetime

from peewee import ForeignKeyField, TextField

from storefront.db import Moment, Record, database
from storefront.models.discount import UNKNOWN, Discount
from storefront.models.mailbox import mailbox_of
from storefront.models.order import Order
from storefront.personal import days, personal
from storefront.refusals import Refused


class DiscountUse(Record):
    """That an order has a discount, as long as it has it.

    `customer` is a digest of the e-mail address, in a form that two spellings share, for codes
    that each customer may use once; for others nothing is kept.
    """

    discount = ForeignKeyField(Discount, backref="used", on_delete="CASCADE")
    order = ForeignKeyField(Order, backref="discount_uses", unique=True, on_delete="CASCADE")
    used_at = Moment()
    customer = personal(
        TextField(null=True),
        clause="orders",
        why="to see that a discount code is used once by each customer",
        basis="contract",
        keep=days(365),
        words="digest of your e-mail address",
    )

    since = "used_at"

    class Meta:
        indexes = ((("discount", "customer"), True),)

    @classmethod
    def about(cls, email: str):
        """The uses by orders that were placed with that address."""
        return cls.select().where(cls.order.in_(Order.about(email).select(Order.id)))

    @classmethod
    def check(cls, discount: Discount, email: str) -> None:
        """Raise `Refused` where somebody with this address has used the code before."""
        if not (discount.once and email.strip()):
            return
        before = cls.select().where(
            cls.discount == discount, cls.customer == _digest(discount, email)
        )
        if before.exists():
            raise Refused(code=_used(discount))

    @classmethod
    def take(cls, discount: Discount, order: Order, at: datetime) -> None:
        """Have the order use the code, in the caller's transaction; raises `Refused` in words."""
        discount.take(at)
        customer = _digest(discount, order.email) if discount.once and order.email else None
        new = cls.insert(discount=discount, order=order, used_at=at, customer=customer)
        if not new.on_conflict_ignore().as_rowcount().execute():
            raise Refused(code=_used(discount))

    @classmethod
    def take_again(cls, order: Order, at: datetime) -> None:
        """Have an order whose code was given back use it again; raises `Refused` in words."""
        if not order.discount_code:
            return
        discount = Discount.named(order.discount_code)
        try:
            if discount is None:
                raise Refused(code=UNKNOWN)
            cls.take(discount, order, at)
        except Refused as refusal:
            raise Refused(
                f"{refusal.sentence} So this order cannot be paid at its price any more. "
                "Please order again without the code."
            ) from None

    @classmethod
    def give_back(cls, order: Order) -> None:
        """Let others use the code that the order has, in the caller's transaction."""
        for use in cls.select(cls, Discount).join(Discount).where(cls.order == order):
            if cls.delete().where(cls.id == use.id).execute():
                use.discount.give_back()

    @classmethod
    def end(cls, discount: Discount, at: datetime) -> None:
        """Nobody gets the code from now on; who has used it does not matter any more."""
        with database.atomic():
            discount.end(at)
            cls.update(customer=None).where(cls.discount == discount).execute()


def _digest(discount: Discount, email: str) -> str:
    # `ada+two@` used it, and nothing is to say `ada@` to who looks.
    return hashlib.sha256(f"{discount.id} {mailbox_of(email)}".encode()).hexdigest()


def _used(discount: Discount) -> str:
    return f"The code {discount.code} can be used once, and this e-mail address has used it."
