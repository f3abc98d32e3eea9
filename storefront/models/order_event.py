"""The history of an order, event by event."""

from peewee import DeferredForeignKey, TextField

from storefront.db import JSONText, Moment, Record
from storefront.money import Money


class OrderEvent(Record):
    """Something that happened to an order, and when.

    `role` is the part of the desk that did it, "" where nobody there did. `detail` may say which
    `lines` (how many of each, by id), which `parcel`, how much money (`amount_minor`).
    """

    order = DeferredForeignKey("Order", backref="events", on_delete="CASCADE")
    what = TextField()
    at = Moment()
    role = TextField(default="")
    detail = JSONText(default=dict)

    impersonal = ("what", "role", "detail")

    @property
    def quantities(self) -> dict[int, int]:
        """How many of which lines it was about, by their ids."""
        return {int(line): count for line, count in self.detail.get("lines", {}).items()}

    def amount(self, currency: str) -> Money:
        """How much money it was about."""
        return Money(self.detail.get("amount_minor", 0), currency)
