"""Resellers: who may show our testimonials, of which products, on which sites, and how it looks."""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from peewee import EXCLUDED, BigIntegerField, DateField, ForeignKeyField, TextField

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.personal import declare

declare(
    "recipient",
    "resellers",
    clause="resellers",
    why="to show your testimonial on their own sites, if you agreed to that: what you wrote and "
    "the name you chose",
    basis="consent",
)

DAYS_KEPT = 400  # of counts
LOOK = {"colour": "#2f4a3c", "size": "medium", "scheme": "auto"}
SIZES = ("small", "medium", "large")
SCHEMES = ("auto", "light", "dark")


class Reseller(Record):
    """A firm that shows our testimonials on its sites.

    `key` stands in the addresses of its widget. `origins` are scheme://host[:port], in lower case.
    `products` are ids; none of them means all. `look` has colour (#rrggbb), size and scheme.
    """

    name = TextField()
    key = TextField(unique=True)
    origins = JSONText(default=list)
    products = JSONText(default=list)
    look = JSONText(default=dict)
    made_at = Moment()
    changed_at = Moment()
    revoked_at = Moment(null=True)

    impersonal = ("name", "key", "origins", "products", "look")
    secret = ("key",)

    @classmethod
    def behind(cls, key: str) -> "Reseller | None":
        """Whose widget has that key, unless it was revoked."""
        return cls.get_or_none(cls.key == key, cls.revoked_at.is_null())

    @classmethod
    def add_one(cls, facts: dict, at: datetime) -> "Reseller":
        """A new one with a key of its own; `facts` are name, origins, products and look."""
        return cls.create(**facts, key=new_key(), made_at=at, changed_at=at)

    def change(self, facts: dict, at: datetime) -> None:
        """Its name, origins, products and look; all from now on."""
        Reseller.update(**facts, changed_at=at).where(Reseller.id == self.id).execute()

    def change_key(self, at: datetime) -> None:
        """Another key: what has the old one shows nothing any more. One that was revoked is not
        so any longer."""
        new = {"key": new_key(), "revoked_at": None, "changed_at": at}
        Reseller.update(new).where(Reseller.id == self.id).execute()

    def revoke(self, at: datetime) -> None:
        """Nothing is shown any more; once more changes nothing."""
        mine = (Reseller.id == self.id) & Reseller.revoked_at.is_null()
        Reseller.update(revoked_at=at, changed_at=at).where(mine).execute()

    def remove(self) -> None:
        """It is forgotten, with its counts."""
        with database.atomic():
            list(locked(Reseller.select(Reseller.id).where(Reseller.id == self.id)))
            Reseller.delete().where(Reseller.id == self.id).execute()


class WidgetViews(Record):
    """How often a reseller's widget was asked for on a day, in UTC; of nobody in particular."""

    reseller = ForeignKeyField(Reseller, backref="views", on_delete="CASCADE")
    day = DateField()
    views = BigIntegerField(default=0)

    class Meta:
        indexes = ((("reseller", "day"), True),)

    @classmethod
    def add_up(cls, more: Counter, at: datetime) -> None:
        """Add so many for each key to the day of `at`; keys that nobody has are passed over."""
        known = Reseller.select(Reseller.id, Reseller.key).where(Reseller.key.in_(list(more)))
        rows = [
            {"reseller": number, "day": at.date(), "views": more[key]}
            for number, key in known.order_by(Reseller.id).tuples()
        ]
        if rows:
            cls.insert_many(rows).on_conflict(
                conflict_target=[cls.reseller, cls.day],
                update={cls.views: cls.views + EXCLUDED.views},
            ).execute()

    @classmethod
    def of_days(cls, reseller: Reseller, days: Iterable[date]) -> list[tuple[date, int]]:
        """The views of each of these days, in their order; one query."""
        days = list(days)
        rows = cls.select(cls.day, cls.views).where(cls.reseller == reseller, cls.day.in_(days))
        found = dict(rows.tuples())
        return [(day, found.get(day, 0)) for day in days]

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete counts of days long past; how many."""
        return cls.delete().where(cls.day < at.date() - timedelta(days=DAYS_KEPT)).execute()


def new_key() -> str:
    """A key that nobody guesses, safe in an address."""
    return secrets.token_urlsafe(16)
