"""What the desk says, as it was signed, and what the shop told the desk to do."""

from datetime import datetime

from peewee import BigIntegerField, ForeignKeyField, IntegrityError, TextField, fn

from storefront.db import Moment, Record, database
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.models.payment import PaymentAttempt
from storefront.money import Money
from storefront.refusals import Refused


class Contradiction(Exception):
    """The desk has said something else under the same number before."""


class DeskStatement(Record):
    """One verified statement of the desk. `text` is as it was signed; `number` is the vault's
    count of arrivals, 0 while it is not known."""

    order = ForeignKeyField(Order, backref="statements", null=True, on_delete="SET NULL")
    desk_seq = BigIntegerField(unique=True)
    number = BigIntegerField(default=0, index=True)
    outcome = TextField()
    amount_minor = BigIntegerField()
    currency = TextField()
    reference = TextField(default="")
    instruction = BigIntegerField(null=True)
    text = TextField()
    taken_at = Moment()

    impersonal = ("outcome", "currency", "reference", "text")

    @classmethod
    def last_number(cls) -> int:
        """The vault's number of the last statement that was fetched."""
        return cls.select(fn.MAX(cls.number)).scalar() or 0

    @classmethod
    def knows(cls, desk_seq: int) -> bool:
        """Whether a statement with that number was taken in."""
        return cls.select().where(cls.desk_seq == desk_seq).exists()

    @classmethod
    def take(cls, told, text: str, number: int, at: datetime) -> bool:
        """Record a verified statement and move its order, in one transaction; true if it is new.

        `told` is what it says, `text` how it was signed. The same again only learns its `number`.
        Raises `Contradiction` for another one under the same `desk_seq`, with nothing changed.
        """
        try:
            with database.atomic():
                return cls._take(told, text, number, at)
        except IntegrityError:  # another program took it in at the same moment
            return False

    @classmethod
    def _take(cls, told, text, number, at) -> bool:
        attempt = PaymentAttempt.get_or_none(PaymentAttempt.env_id == told.env_id)
        order = attempt.order if attempt and attempt.order.number == told.order else None
        if order:
            order.lock()
        if known := cls.get_or_none(cls.desk_seq == told.desk_seq):
            known._check_same(text, number)
            return False
        cls._record(order, told, text, number, at)
        if order and told.outcome == "refunded":
            asked = DeskInstruction.get_or_none(DeskInstruction.seq == told.instruction)
            line = {"lines": {asked.line_id: 0}} if asked and asked.line_id else {}
            given = {"amount_minor": told.amount_minor} | line
            order.give_back(refunded(order).minor, at, **given)
        elif order:
            asked = (order.total_minor, order.currency)
            if told.outcome == "charged" and (told.amount_minor, told.currency) != asked:
                order.note("odd_amount", at)
            attempt.judge(told.outcome, at)
        return True

    @classmethod
    def _record(cls, order, told, text, number, at) -> None:
        cls.create(
            order=order,
            desk_seq=told.desk_seq,
            number=number,
            outcome=told.outcome,
            amount_minor=told.amount_minor,
            currency=told.currency,
            reference=told.acquirer_reference,
            instruction=told.instruction,
            text=text,
            taken_at=at,
        )

    def _check_same(self, text: str, number: int) -> None:
        if self.text != text:
            raise Contradiction(f"The desk's statement {self.desk_seq} was another one before.")
        if number and number != self.number:
            DeskStatement.update(number=number).where(DeskStatement.id == self.id).execute()

    @classmethod
    def forget_numbers(cls) -> None:
        """The vault counts anew, as after it was restored from a backup: all is fetched again."""
        cls.update(number=0).execute()


def refunded(order: Order) -> Money:
    """How much of an order the desk has given back."""
    given = DeskStatement.select(fn.SUM(DeskStatement.amount_minor)).where(
        DeskStatement.order == order, DeskStatement.outcome == "refunded"
    )
    return Money(int(given.scalar() or 0), order.currency)


def given_back(order: Order) -> dict[int | None, int]:
    """How much of an order the desk has given back, in minor units, by the line it was for."""
    lines = dict(order.instructions.select(DeskInstruction.seq, DeskInstruction.line).tuples())
    given: dict[int | None, int] = {}
    for told in order.statements.where(DeskStatement.outcome == "refunded"):
        line = lines.get(told.instruction)
        given[line] = given.get(line, 0) + told.amount_minor
    return given


class DeskInstruction(Record):
    """Something the desk is to do about an order: `cancel` or `refund`. `seq` never comes twice,
    not even in a shop restored from a backup; `sent_at` is when the vault had it."""

    order = ForeignKeyField(Order, backref="instructions", on_delete="CASCADE")
    line = ForeignKeyField(OrderLine, null=True, on_delete="SET NULL")
    seq = BigIntegerField(unique=True)
    what = TextField()
    amount_minor = BigIntegerField()
    currency = TextField()
    text = TextField()
    made_at = Moment()
    sent_at = Moment(null=True, index=True)

    impersonal = ("what", "currency", "text")

    @classmethod
    def cancel(cls, order: Order, sign, at: datetime, role: str = "") -> "DeskInstruction":
        """Ask for an order to be cancelled; `sign(what, line, amount_minor, seq)` gives the text.

        Raises `Refused` where it is paid for or cancelled already.
        """
        with database.atomic():
            order.ask_to_cancel(at, role)
            return cls._make(order, "cancel", order.total_minor, None, sign, at)

    @classmethod
    def refund(
        cls,
        order: Order,
        amount_minor: int,
        line: OrderLine | None,
        sign,
        at: datetime,
        role: str = "",
    ) -> "DeskInstruction":
        """Ask for so much to be given back. Raises `Refused` for more than is left of it."""
        with database.atomic():
            order.lock()
            if order.state != "charged":
                raise Refused(f"Order {order.number} is not charged, so nothing is refunded.")
            left = cls.refundable(order).minor
            if not 0 < amount_minor <= left:
                raise Refused(f"Of this order {Money(left, order.currency)} can be refunded.")
            what = {"lines": {line.id: 0}} if line else {}
            order.note("refund_asked", at, role, amount_minor=amount_minor, **what)
            return cls._make(order, "refund", amount_minor, line, sign, at)

    @classmethod
    def asked_back(cls, order: Order) -> dict[int | None, int]:
        """How much was asked to be given back, in minor units, by the line it was for."""
        refunds = order.instructions.where(cls.what == "refund")
        rows = refunds.select(cls.line, fn.SUM(cls.amount_minor)).group_by(cls.line)
        return {line: int(minor) for line, minor in rows.tuples()}

    @classmethod
    def refundable(cls, order: Order) -> Money:
        """How much of an order has not been given back, nor asked to be."""
        if order.state != "charged":
            return Money(0, order.currency)
        return Money(order.total_minor - sum(cls.asked_back(order).values()), order.currency)

    @classmethod
    def _make(cls, order, what, amount_minor, line, sign, at) -> "DeskInstruction":
        facts = {"order": order, "line": line, "what": what, "amount_minor": amount_minor}
        facts |= {"currency": order.currency, "made_at": at}
        while True:
            seq = max(int(at.timestamp() * 1000), (cls.select(fn.MAX(cls.seq)).scalar() or 0) + 1)
            text = sign(what, line and line.id, amount_minor, seq)
            try:
                with database.atomic():
                    return cls.create(**facts, seq=seq, text=text)
            except IntegrityError:
                if not cls.select().where(cls.seq == seq).exists():
                    raise  # it was not about the number, which another order has taken meanwhile

    @classmethod
    def unsent(cls):
        """What the vault does not have yet, the oldest first."""
        return cls.select().where(cls.sent_at.is_null()).order_by(cls.seq)

    def sent(self, at: datetime) -> None:
        """The vault has it."""
        DeskInstruction.update(sent_at=at).where(DeskInstruction.id == self.id).execute()
