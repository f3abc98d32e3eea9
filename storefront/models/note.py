"""What staff write about an order for each other. Whom it is about may read it, too."""

from datetime import datetime

from peewee import ForeignKeyField, TextField

from storefront.db import Moment, Record, database
from storefront.models.message import LONGEST
from storefront.models.order import Order
from storefront.models.plain_text import tidied
from storefront.personal import days, personal
from storefront.refusals import Refused

MOST = 50  # of one order
NOBODY = (
    "The e-mail address of this order is erased. What is written about it now would be found by "
    "nobody who asks what we hold."
)


class Note(Record):
    """One note about an order; `role` is the part of the desk that wrote it."""

    order = ForeignKeyField(Order, backref="notes", on_delete="CASCADE")
    role = TextField()
    text = personal(
        TextField(),
        clause="orders",
        why="so that whoever goes on with your order knows what there is to know",
        basis="contract",
        keep=days(730),
        words="what we noted",
    )
    at = Moment()

    impersonal = ("role",)
    since = "at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """The notes about orders placed with that address."""
        return cls.select().where(cls.order.in_(Order.about(email).select(Order.id)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Our note of {self.at:%-d %B %Y} about order {self.order.number}"

    def needed(self, at: datetime):
        """As long as its order is."""
        return self.order.needed(at)

    @classmethod
    def of_order(cls, order: Order) -> "list[Note]":
        """All of them, the oldest first; one query."""
        return list(cls.select().where(cls.order == order).order_by(cls.id))

    @classmethod
    def write(cls, order: Order, text: str, role: str, at: datetime) -> "Note":
        """Add a note; the same words again, right after, are one note.

        Raises `Refused`, with nothing kept, where the words cannot be or there are too many.
        """
        text = tidied(text, LONGEST)
        with database.atomic():
            order.lock()
            if not order.email:
                raise Refused(NOBODY)
            notes = cls.of_order(order)
            if notes and notes[-1].text == text:
                return notes[-1]
            if len(notes) >= MOST:
                raise Refused(f"An order has at most {MOST} notes. Remove one that is done with.")
            return cls.create(order=order, role=role, text=text, at=at)

    @classmethod
    def remove(cls, order: Order, number: int) -> None:
        """Take a note of this order away; one that is gone already is no trouble."""
        cls.delete().where(cls.order == order, cls.id == number).execute()
