"""What a customer and the shop write to each other about an order."""

from dataclasses import dataclass
from datetime import datetime

from peewee import BooleanField, ForeignKeyField, TextField, fn

from storefront.db import Moment, Record, database
from storefront.models.blank_places import refuse_open
from storefront.models.order import Order
from storefront.models.plain_text import tidied
from storefront.personal import days, personal
from storefront.refusals import Refused

LONGEST = 5000  # characters
MOST_UNREAD = 20  # messages of one order that wait for an answer
NOBODY = "The e-mail address of this order is erased, so nobody could be answered."


class Message(Record):
    """One message. `role` is the part of the desk that wrote it, "" where the customer did.

    `read_at` is when the desk had done with it: had answered, or said that no answer is needed.
    What the desk wrote itself never waits. `unconfirmed` came through the contact form: whoever
    wrote it knew the order's number and address, and may not have had its link.
    """

    order = ForeignKeyField(Order, backref="messages", on_delete="CASCADE")
    role = TextField(default="")
    text = personal(
        TextField(),
        clause="orders",
        why="to answer what you ask about your order",
        basis="contract",
        keep=days(730),
        words="what was written",
    )
    at = Moment()
    read_at = Moment(null=True, index=True)
    unconfirmed = BooleanField(default=False)

    impersonal = ("role",)
    since = "at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """The messages about orders placed with that address."""
        return cls.select().where(cls.order.in_(Order.about(email).select(Order.id)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        what = "Our answer" if self.role else "Your message"
        return f"{what} of {self.at:%-d %B %Y} about order {self.order.number}"

    def needed(self, at: datetime):
        """As long as its order is."""
        return self.order.needed(at)

    @classmethod
    def of_order(cls, order: Order) -> "list[Message]":
        """The whole conversation, the oldest first; one query."""
        return list(cls.select().where(cls.order == order).order_by(cls.id))

    @classmethod
    def ask(cls, order: Order, text: str, at: datetime, *, unconfirmed: bool = False) -> "Message":
        """The customer writes. The same words twice at once are one message.

        Raises `Refused`, with nothing kept, where the words cannot be, too many wait already, or
        nobody could be answered.
        """
        text = tidied(text, LONGEST)
        with database.atomic():
            _lock(order)
            waiting = list(cls._unread(order))
            if waiting and waiting[-1].text == text:
                return waiting[-1]
            if len(waiting) >= MOST_UNREAD:
                raise Refused(
                    "We have your messages and answer as soon as we can. Please wait for that "
                    "before you write more."
                )
            return cls.create(order=order, text=text, at=at, unconfirmed=unconfirmed)

    @classmethod
    def answer(cls, order: Order, text: str, up_to: int, role: str, at: datetime) -> "Message":
        """The shop writes, and the customer gets it by mail.

        It answers the messages up to the one of that id: what came since still waits. The same
        words again, with nothing between, are one answer. Raises `Refused` as `ask` does, and where
        the words of a saved answer are not filled in.
        """
        text = tidied(text, LONGEST)
        refuse_open(text)
        with database.atomic():
            _lock(order)
            last = cls.select().where(cls.order == order).order_by(cls.id.desc()).first()
            if last and last.role and last.text == text:
                return last
            cls._read(order, up_to, at)
            answer = cls.create(order=order, role=role, text=text, at=at, read_at=at)
            order.tell("answered", at, role, message=answer.id)
        return answer

    @classmethod
    def settle(cls, order: Order, up_to: int, at: datetime) -> None:
        """The messages up to the one of that id need no answer."""
        with database.atomic():
            cls._read(order, up_to, at)

    @classmethod
    def _unread(cls, order: Order):
        return cls.select().where(cls.order == order, cls.read_at.is_null()).order_by(cls.id)

    @classmethod
    def _read(cls, order: Order, up_to: int, at: datetime) -> None:
        theirs = (cls.order == order) & cls.read_at.is_null() & (cls.id <= up_to)
        cls.update(read_at=at).where(theirs).execute()

    @classmethod
    def waiting(cls, most: int) -> "list[Unanswered]":
        """The orders with messages that wait for an answer, whoever waits longest first."""
        of = cls.order, fn.MIN(cls.id), fn.MAX(cls.id), fn.COUNT(cls.id)
        waits = cls.select(*of).where(cls.read_at.is_null()).group_by(cls.order)
        rows = list(waits.order_by(fn.MIN(cls.id)).limit(most).tuples())
        ends = {number for _, first, last, _ in rows for number in (first, last)}
        found = cls.select(cls, Order).join(Order).where(cls.id.in_(ends))
        messages = {message.id: message for message in found} if ends else {}
        return [
            Unanswered(
                messages[last].order,
                messages[first].at,
                count,
                messages[last].text,
                messages[last].unconfirmed,
            )
            for _, first, last, count in rows
        ]

    @classmethod
    def count_waiting(cls) -> int:
        """How many orders have messages that wait for an answer."""
        return cls.select(cls.order).where(cls.read_at.is_null()).distinct().count()


@dataclass(frozen=True)
class Unanswered:
    """An order whose customer waits for an answer: since when, to how many messages, the words of
    the last, and whether that came through the contact form."""

    order: Order
    since: datetime
    count: int
    last: str
    unconfirmed: bool


def _lock(order: Order) -> None:
    """Others who write about the order wait. Raises `Refused` where its address is erased."""
    order.lock()
    if not order.email:
        raise Refused(NOBODY)
