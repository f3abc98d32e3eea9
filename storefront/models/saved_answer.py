"""Answers that staff keep to begin from: a name, and words that may leave places open."""

from datetime import datetime

from peewee import IntegrityError, TextField, fn

from storefront.db import Moment, Record, database, locked
from storefront.greeting import is_like_a_name
from storefront.models.blank_places import filled, refuse_unknown
from storefront.models.order import Order
from storefront.models.parcel import Parcel
from storefront.models.plain_text import one_line, tidied
from storefront.refusals import Refused

LONGEST_NAME = 60  # characters
LONGEST = 4000  # so that there is room for what is put in
MOST = 200
GONE = "This saved answer was removed meanwhile."
OVERTAKEN = (
    "Somebody else has changed this since you opened it, so nothing was saved yet. What you typed "
    "is still here; save again to keep yours."
)


class SavedAnswer(Record):
    """One of them. `text` leaves places open, as `blank_places` says; it is about nobody."""

    name = TextField(unique=True)
    text = TextField()
    changed_at = Moment()

    impersonal = ("name", "text")

    @classmethod
    def in_order(cls) -> "list[SavedAnswer]":
        """All of them by name; one query."""
        return list(cls.select().order_by(fn.LOWER(cls.name), cls.id))

    @classmethod
    def make(cls, name: str, text: str, at: datetime) -> "SavedAnswer":
        """Keep another. Raises `Refused` where its words or its name cannot be."""
        facts = _checked(name, text)
        if cls.select().count() >= MOST:
            raise Refused(f"There are {MOST} saved answers. Remove one that nobody uses.")
        with _name_taken(), database.atomic():
            return cls.create(**facts, changed_at=at)

    @property
    def version(self) -> str:
        """What its form carries, to tell whether it is still as it was."""
        return self.changed_at.isoformat()

    def change(self, name: str, text: str, seen: str, at: datetime) -> None:
        """Keep it under that name, with those words; `seen` is the `version` that was edited.

        Raises `Refused` as `make` does, and where somebody else was faster.
        """
        facts = _checked(name, text)
        mine = SavedAnswer.id == self.id
        with _name_taken(), database.atomic():
            held = locked(SavedAnswer.select().where(mine)).first()
            if held is None:
                raise Refused(GONE)
            if facts != {n: getattr(held, n) for n in facts} and seen != held.version:
                raise Refused(OVERTAKEN)
            SavedAnswer.update(**facts, changed_at=at).where(mine).execute()
        self.__data__.update(facts)

    def remove(self) -> None:
        """Keep it no longer; what was sent with it stays as it was sent."""
        self.delete_instance()

    def about(self, order: Order | None) -> str:
        """Its words for that order, as far as it is known what belongs in the open places."""
        return filled(self.text, _facts_of(order) if order else {})


class _name_taken:
    """Says in words that there is one of that name, where the database says so."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, *_) -> None:
        if kind and issubclass(kind, IntegrityError):
            raise Refused(name="Another saved answer has this name.") from None


def _checked(name: str, text: str) -> dict[str, str]:
    name = one_line(name)
    if not name:
        raise Refused(name="Please give it a name, by which you find it.")
    if len(name) > LONGEST_NAME:
        raise Refused(name=f"Please keep the name to {LONGEST_NAME} characters.")
    text = tidied(text, LONGEST)
    refuse_unknown(text)
    return {"name": name, "text": text}


def _facts_of(order: Order) -> dict[str, str]:
    """What belongs in the open places; "" where there is nothing yet."""
    ways = [parcel.follow for parcel in order.parcels.order_by(Parcel.id)]
    return {
        "order": order.number,
        "name": order.name if is_like_a_name(order.name) else "",
        "tracking": "\n".join(way for way in ways if way),
    }
