"""Discount codes: what they take off, for whom, from when until when, and how often."""

import re
from collections.abc import Container
from datetime import datetime, timedelta

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from storefront.db import Moment, Record
from storefront.models.cart import Cart, CartLine
from storefront.models.collection import Collection
from storefront.money import Money, half_up, shares
from storefront.refusals import Refused

PERCENT, AMOUNT, SHIPPING = KINDS = ("percent", "amount", "shipping")
WHOLE = 10_000  # basis points
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}")
UNKNOWN = "We do not know this code. Please look at how it is spelled."
CHANGED = "This code has just changed. If the total is all right, place the order again."


def written(code: str) -> str:
    """A code as it is kept, however somebody has typed it: in capitals, without spaces."""
    return "".join(code.split()).upper()


class Discount(Record):
    """A code that takes something off an order.

    `value` is basis points of a `percent` (1000 is 10 %), minor units of an `amount`, nothing of
    free `shipping`. It holds from `starts_at` to before `until`; `most` orders may have it, and
    with `once` one of each customer. With a `collection` it is taken off what stands in that, and
    the minimum counts that alone. `uses` counts the orders that have it.
    """

    code = TextField(unique=True)
    kind = TextField()
    value = IntegerField(default=0)
    currency = TextField()
    minimum_minor = IntegerField(default=0)
    starts_at = Moment(null=True)
    until = Moment(null=True)
    most = IntegerField(null=True)
    uses = IntegerField(default=0)
    once = BooleanField(default=False)
    collection = ForeignKeyField(Collection, null=True, on_delete="CASCADE")
    made_at = Moment()
    ended_at = Moment(null=True)

    impersonal = ("code", "kind", "currency")

    @classmethod
    def named(cls, code: str) -> "Discount | None":
        """The discount of a code as somebody has typed it."""
        return cls.get_or_none(cls.code == written(code))

    @classmethod
    def in_order(cls) -> "list[Discount]":
        """All codes, the newest first."""
        return list(cls.select().order_by(cls.id.desc()))

    @property
    def minimum(self) -> Money:
        """What the goods have to cost."""
        return Money(self.minimum_minor, self.currency)

    @property
    def percent(self) -> str:
        """Its height in per cent, as it is written: "10", "12.5"."""
        return f"{self.value / 100:.2f}".rstrip("0").rstrip(".")

    @property
    def words(self) -> str:
        """What it gives: "10 % off", "$5.00 off", "free delivery"."""
        if self.kind == SHIPPING:
            return "free delivery"
        return f"{self.percent} % off" if self.kind == PERCENT else f"{self._amount} off"

    @property
    def last_day(self) -> datetime | None:
        """The last moment's day, where it ends by itself."""
        return self.until and self.until - timedelta(microseconds=1)

    @property
    def _amount(self) -> Money:
        return Money(self.value, self.currency)

    def state(self, at: datetime) -> str:
        """ "coming", "running", "used up" or "over"."""
        if self.ended_at or (self.until and at >= self.until):
            return "over"
        if self.most is not None and self.uses >= self.most:
            return "used up"
        return "coming" if self.starts_at and at < self.starts_at else "running"

    def check(self, at: datetime) -> None:
        """Raise `Refused`, in words, where it does not hold at that moment."""
        state = self.state(at)
        if state == "over":
            raise Refused(code=f"The code {self.code} is over.")
        if state == "coming":
            raise Refused(code=f"The code {self.code} holds from {_day(self.starts_at)}.")
        if state == "used up":
            raise Refused(code=f"The code {self.code} has been used as often as it may be.")

    def check_cart(self, cart: Cart) -> None:
        """Raise `Refused`, in words, where it takes nothing off this cart."""
        if cart.currency != self.currency:
            raise Refused(code=UNKNOWN)
        fit = self._fitting(cart)
        if self.collection_id and not any(fit):
            words = f"The code {self.code} is for {self.collection.title}; none of it is here."
            raise Refused(code=words)
        missing = self.minimum_minor - sum(fit)
        if missing > 0:
            more = Money(missing, self.currency)
            of = f" of {self.collection.title}" if self.collection_id else ""
            words = f"The code {self.code} is for orders{of} from {self.minimum}"
            raise Refused(code=f"{words}; yours is {more} short of that.")

    def taken_off(self, cart: Cart) -> list[int]:
        """What it takes off each line of the cart, in minor units; nothing for free shipping.

        A percentage is taken of the sum and rounded half up, an amount is at most the sum; the
        lines have their shares of that by largest remainder.
        """
        fit = self._fitting(cart)
        if self.kind == PERCENT:
            return shares(half_up(sum(fit) * self.value, WHOLE), fit)
        return shares(min(self.value, sum(fit)) if self.kind == AMOUNT else 0, fit)

    def _fitting(self, cart: Cart) -> list[int]:
        """What each line costs, and 0 for those that it is not for."""
        if not self.collection_id:
            return [line.total.minor for line in cart.lines]
        held = self.collection.members()
        return [line.total.minor if _is_of(line, held) else 0 for line in cart.lines]

    def change(self, at: datetime, **facts) -> None:
        """Set these columns, of a new code or an old one, whose code stays; raises `Refused`."""
        if self.ended_at:
            raise Refused(f"The code {self.code} was ended, and stays so. Make another one.")
        for name, value in facts.items():
            setattr(self, name, value)
        if self.made_at is None:
            self._check_code()
            self.made_at = at
        _check(self)
        self.save(only=None if self.id is None else [*facts])

    def _check_code(self) -> None:
        self.code = written(self.code)
        if not CODE.fullmatch(self.code):
            raise Refused(code="A code has 3 to 40 letters from A to Z, digits and hyphens.")
        if Discount.named(self.code):
            raise Refused(
                code=f"There is a code {self.code} already: its row below can be changed."
            )

    def end(self, at: datetime) -> None:
        """From now on nobody gets it. Orders that have it keep it."""
        ended = Discount.update(ended_at=at)
        ended.where(Discount.id == self.id, Discount.ended_at.is_null()).execute()

    def take(self, at: datetime) -> None:
        """Count one more use, in the caller's transaction; raises `Refused` where there is none.

        It is one statement that looks and counts, so that of many at once no two get the last.
        """
        left = Discount.most.is_null() | (Discount.uses < Discount.most)
        begun = Discount.starts_at.is_null() | (Discount.starts_at <= at)
        on = Discount.ended_at.is_null() & (Discount.until.is_null() | (Discount.until > at))
        names = ("kind", "value", "minimum_minor", "once", "collection_id")
        as_read = [getattr(Discount, name) == getattr(self, name) for name in names]
        taken = Discount.update(uses=Discount.uses + 1)
        if taken.where(Discount.id == self.id, left, begun, on, *as_read).execute():
            return
        fresh = Discount.get_or_none(Discount.id == self.id)
        if fresh is None:
            raise Refused(code=UNKNOWN)
        fresh.check(at)
        raise Refused(code=CHANGED)

    def give_back(self) -> None:
        """Count one use less, in the caller's transaction."""
        Discount.update(uses=Discount.uses - 1).where(Discount.id == self.id).execute()


def _is_of(line: CartLine, products: Container[int]) -> bool:
    return line.variant.product.id in products


def _check(discount: Discount) -> None:
    if discount.kind not in KINDS:
        raise Refused(kind="Please choose what the code gives.")
    if discount.kind == PERCENT and not 0 < discount.value <= WHOLE:
        raise Refused(value="Please give a percentage from 0.01 to 100.")
    if discount.kind == AMOUNT and discount.value <= 0:
        raise Refused(value="Please say how much it takes off.")
    if discount.most is not None and discount.most < 1:
        raise Refused(most="Please give a number from 1 up, or leave it empty for any number.")
    if discount.starts_at and discount.until and discount.until <= discount.starts_at:
        raise Refused(until="The last day comes before the first one.")


def _day(moment: datetime) -> str:
    return moment.strftime("%-d %B %Y")
