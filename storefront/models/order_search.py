"""Looking for an order by its number and the e-mail address that it was placed with."""

import re
import unicodedata
from datetime import datetime, timedelta

from peewee import TextField

from storefront.db import Moment, Record, database
from storefront.models.guess import Guess, TooMany
from storefront.models.order import ALPHABET, Order
from storefront.models.outbox import OutgoingMail
from storefront.personal import days, personal
from storefront.refusals import Refused

MOST_AN_HOUR = 500  # whoever looks; there are 8 · 10¹⁴ numbers
MOST_A_DAY = 4  # mails about one order that anybody who knows number and address can have us send
AT_ONCE = 200  # that one look answers
BUSY = "Very many people are looking for orders just now. Please try again in a few minutes."
HALF = f"([{ALPHABET}]{{5}})"
NUMBER = re.compile(f"(?<![{ALPHABET}]){HALF}[ -]{{0,3}}{HALF}(?![{ALPHABET}])")
DASHES = re.compile("[\u00ad\u2010-\u2015\u2212]")  # as phones and mail programs write them
LOOKED_FOR = {"clause": "orders", "basis": "contract", "keep": days(1)}


def number_in(typed: str) -> str:
    """The number of an order as it is kept, from how somebody typed it; "" where it is none."""
    found = NUMBER.search(DASHES.sub("-", unicodedata.normalize("NFKC", typed)).upper())
    return f"{found[1]}-{found[2]}" if found else ""


def order_of(number: str, email: str) -> Order | None:
    """The order with that number, where it was placed with that address."""
    if not (number and email.strip()):  # an erased address is nobody's
        return None
    return Order.about(email).where(Order.number == number).first()


def write_seldom(kind: str, order: Order, at: datetime) -> None:
    """A mail to whoever placed the order, of a kind that others could ask for; few each day."""
    lately = OutgoingMail.made_at > at - timedelta(days=1)
    sent = OutgoingMail.select().where(OutgoingMail.order == order, OutgoingMail.kind == kind)
    if sent.where(lately).count() < MOST_A_DAY:
        OutgoingMail.write(kind, order.email, at, order=order)


class OrderSearch(Record):
    """That somebody looks for an order, until the worker has seen to it.

    The same is written whether number and address belong together or not. Only the worker looks
    that up, so nothing of the answer depends on it: neither its words nor how long it takes.
    """

    email = personal(TextField(index=True), why="to send you the link to your order", **LOOKED_FOR)
    number = personal(
        TextField(),
        why="to find the order that you look for",
        words="the order number that you gave",
        **LOOKED_FOR,
    )
    asked_at = Moment()

    since = "asked_at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """What was looked for with that address and is not answered yet."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your looking for an order, {self.asked_at:%-d %B %Y}"

    @classmethod
    def ask(cls, number: str, email: str, at: datetime) -> None:
        """Note what is looked for. Raises `Refused` where too much is, whoever looks."""
        with database.atomic():
            try:
                Guess.note_in_all(at, "orders looked for", MOST_AN_HOUR)
            except TooMany:
                raise Refused(BUSY) from None
            cls.create(email=email.strip().lower(), number=number, asked_at=at)

    @classmethod
    def answer_all(cls, at: datetime) -> int:
        """Mail the link of each order that was found, to its own address; how many were looked at.

        To nobody else anything is mailed: an address that does not fit may be a stranger's.
        """
        waiting = list(cls.select().order_by(cls.id).limit(AT_ONCE))
        for one in waiting:
            with database.atomic():
                gone = one.delete_instance()  # nothing where another worker was first
                order = order_of(one.number, one.email) if gone else None
                if order:
                    write_seldom("order_link", order, at)
        return len(waiting)
