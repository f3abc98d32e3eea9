"""What staff put first in a list: a product at a place, or some products ahead of the others."""

import hashlib
from datetime import datetime

from peewee import ForeignKeyField, IntegerField, IntegrityError, TextField

from storefront.db import Moment, Record, database
from storefront.models.collection import Collection
from storefront.models.period import state_of
from storefront.models.product import Product
from storefront.models.search import terms
from storefront.models.still_there import still_there
from storefront.refusals import Refused

LAST_PLACE = 100
MOST = 1000  # of them, over ones too
GONE = "This was removed meanwhile."
OVERTAKEN = (
    "Somebody else has saved this since you opened it, so nothing was changed yet. What you typed "
    "is still here; save again to keep yours."
)


class Pin(Record):
    """What comes first in a list from `starts_at` to before `ends_at`; either may be open.

    The list is that of a `collection`, of a search for `words` (as `terms` writes them), or, with
    neither, of all products. With a `place`, from 1, its `product` stands there. Without one, the
    products of one of `product`, `of_collection`, `type` and `tag` come before all the others, in
    the list's own order, behind those that have a place.
    """

    collection = ForeignKeyField(Collection, null=True, backref="pins", on_delete="CASCADE")
    words = TextField(default="")
    product = ForeignKeyField(Product, null=True, backref="pins", on_delete="CASCADE")
    of_collection = ForeignKeyField(Collection, null=True, backref="leading", on_delete="CASCADE")
    type = TextField(default="")
    tag = TextField(default="")
    place = IntegerField(null=True)
    starts_at = Moment(null=True)
    ends_at = Moment(null=True)

    impersonal = ("words", "type", "tag")

    @classmethod
    def in_order(cls) -> "list[Pin]":
        """All of them with their lists and products: by list, then as they stand; one query."""
        held = Collection.alias()
        every = cls.select(cls, Collection, Product, held)
        every = every.left_outer_join(Collection, on=cls.collection).switch(cls)
        every = every.left_outer_join(Product, on=cls.product).switch(cls)
        every = every.left_outer_join(held, on=(cls.of_collection == held.id))
        return sorted(every, key=lambda one: (one.list, one.place or LAST_PLACE + 1, one.id))

    @classmethod
    def find(cls, number: int) -> "Pin":
        """That of a number, held until the caller's commit; raises `Refused`."""
        return still_there(cls, number, GONE)

    def state(self, at: datetime) -> str:
        """ "running", "coming" or "over"."""
        return state_of(at, self.starts_at, self.ends_at)

    @property
    def list(self) -> str:
        """What its list is called in a sentence."""
        if self.collection_id:
            return self.collection.title
        return f"the search for “{self.words}”" if self.words else "all products"

    @property
    def what(self) -> str:
        """What it puts first, in words."""
        if self.product_id:
            return self.product.title
        if self.of_collection_id:
            return f"What is in {self.of_collection.title}"
        return f"Products of type {self.type}" if self.type else f"Products tagged {self.tag}"

    @property
    def version(self) -> str:
        """A short text that tells what its form says from anything else."""
        kept = sorted((name, str(value)) for name, value in self.__data__.items())
        return hashlib.sha256(repr(kept).encode()).hexdigest()[:16]

    @classmethod
    def make(cls, facts: dict) -> "Pin":
        """A new one; `facts` are all its columns, rows by number. Raises `Refused`."""
        _check(facts)
        try:
            with database.atomic():
                if cls.select().count() >= MOST:
                    raise Refused("There are as many as there can be. Remove some that are over.")
                return cls.create(**facts)
        except IntegrityError:
            raise Refused(of="This was removed meanwhile. Choose another.") from None

    @classmethod
    def edit(cls, number: int, seen: str, facts: dict) -> "Pin":
        """Change `facts`; `seen` is the `version` that was edited. Raises `Refused`."""
        _check(facts)
        try:
            with database.atomic():
                held = cls.find(number)
                same = all(held.__data__[name] == value for name, value in facts.items())
                if not same and seen != held.version:
                    raise Refused(OVERTAKEN)
                cls.update(facts).where(cls.id == number).execute()
        except IntegrityError:
            raise Refused(of="This was removed meanwhile. Choose another.") from None
        return cls.get_by_id(number)

    @classmethod
    def remove(cls, number: int) -> None:
        """Take it away at once; the products stay in the list, in its own order."""
        with database.atomic():
            cls.find(number).delete_instance()


def _check(facts: dict) -> None:
    """Raise `Refused` with a sentence for each fact that cannot be."""
    problems, place = {}, facts["place"]
    if place is not None and not facts["product"]:
        problems["place"] = (
            "Only one product can have a place. Leave this empty: then they all come before the "
            "others."
        )
    elif place is not None and not 1 <= place <= LAST_PLACE:
        problems["place"] = f"Write a number from 1 to {LAST_PLACE}."
    if facts["words"] and facts["words"] != " ".join(terms(facts["words"])):
        problems["words"] = "Give the words as somebody would type them."
    if not any(facts[name] for name in ("product", "of_collection", "type", "tag")):
        problems["of"] = "Say what comes first."
    start, end = facts["starts_at"], facts["ends_at"]
    if start and end and end <= start:
        problems["ends_at"] = "It ends before it begins. Please look at both moments."
    if problems:
        raise Refused(**problems)
