"""Resellers: who may show our testimonials, of which products, on which sites, and how it looks."""

import hashlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from peewee import EXCLUDED, BigIntegerField, DateField, ForeignKeyField, TextField, fn

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.origins import origins
from storefront.models.plain_text import one_line
from storefront.models.product import Product
from storefront.personal import declare
from storefront.refusals import Refused

declare(
    "recipient",
    "resellers",
    clause="resellers",
    why="to show your testimonial on their own sites, if you agreed to that: what is shown of it "
    "here, and your e-mail address only where you show that",
    basis="consent",
)

DAYS_KEPT = 400  # of counts
LOOK = {"colour": "#2f4a3c", "size": "medium", "scheme": "auto"}
SIZES = ("small", "medium", "large")
SCHEMES = ("auto", "light", "dark")
COLOUR = re.compile(r"#[0-9a-f]{6}")
LONGEST_NAME = 120  # characters
MOST_PRODUCTS = 50
GONE = "This reseller was removed meanwhile."
OVERTAKEN = (
    "Somebody else has saved this reseller since you opened it, so nothing was changed yet. What "
    "you typed is still here; save again to keep yours."
)


class Reseller(Record):
    """A firm that shows our testimonials on its sites.

    `key` stands in the addresses of its widget. `origins` are scheme://host[:port], in lower case.
    `products` are ids; none of them means all. `look` has colour (#rrggbb), size and scheme.
    Where `revoked_at` is set nothing is shown; a new key sets it back.
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
        # PostgreSQL knows no NUL, and an address may hold anything.
        return None if "\0" in key else cls.get_or_none(cls.key == key, cls.revoked_at.is_null())

    @classmethod
    def in_order(cls):
        """All of them, by name."""
        return cls.select().order_by(fn.LOWER(cls.name), cls.id)

    @property
    def version(self) -> str:
        """A short text that tells its facts from any others."""
        facts = json.dumps([self.name, self.origins, self.look], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def chosen(self) -> list[Product]:
        """The products that it may show, in the order they were chosen; one query.

        None of them where it may show all, or where all of them are gone.
        """
        found = {each.id: each for each in Product.select().where(Product.id.in_(self.products))}
        return [found[number] for number in self.products if number in found]

    @classmethod
    def add_one(cls, facts: dict, at: datetime) -> "Reseller":
        """A new one with a key of its own; `facts` are name, origins, products and look.

        Raises `Refused`, as all that changes one does, with a sentence for each field.
        """
        checked = {"products": [], **_checked({"name": "", "origins": [], "look": {}} | facts)}
        return cls.create(**checked, key=new_key(), made_at=at, changed_at=at)

    def change(self, facts: dict, at: datetime, seen: str | None = None) -> None:
        """Its name, origins, products or look, from now on.

        `seen` is the `version` that somebody has edited; None where nobody has looked at one.
        """
        checked = _checked(facts)
        with database.atomic():
            fresh = self._fresh()
            same = all(getattr(fresh, name) == value for name, value in checked.items())
            if not same and seen not in (None, fresh.version):
                raise Refused(OVERTAKEN)
            self._write(checked, at)

    def take_in(self, product: int, at: datetime) -> None:
        """Have it show one more product, instead of all if it is the first."""
        with database.atomic():
            fresh = self._fresh()
            if product not in fresh.products:
                self._write(_checked({"products": [*fresh.products, product]}), at)

    def leave_out(self, product: int, at: datetime) -> None:
        """Have it show a product no longer; after the last of them it shows all."""
        with database.atomic():
            left = [each.id for each in self._fresh().chosen() if each.id != product]
            self._write({"products": left}, at)

    def change_key(self, at: datetime, seen: str | None = None) -> None:
        """Another key: what has the old one shows nothing any more. One that was revoked is not
        so any longer.

        `seen` is the key that is to be changed: who asks twice by mistake changes it once.
        """
        with database.atomic():
            fresh = self._fresh()
            if seen in (None, fresh.key):
                self._write({"key": new_key(), "revoked_at": None}, at)

    def revoke(self, at: datetime) -> None:
        """Nothing is shown any more; once more changes nothing."""
        with database.atomic():
            if self._fresh().revoked_at is None:
                self._write({"revoked_at": at}, at)

    def remove(self) -> None:
        """It is forgotten, with its counts."""
        with database.atomic():
            list(locked(Reseller.select(Reseller.id).where(Reseller.id == self.id)))
            Reseller.delete().where(Reseller.id == self.id).execute()

    def _fresh(self) -> "Reseller":
        """The row as it is, which nobody else changes until the end of the transaction."""
        found = locked(Reseller.select().where(Reseller.id == self.id)).first()
        if found is None:
            raise Refused(GONE)
        return found

    def _write(self, facts: dict, at: datetime) -> None:
        Reseller.update(**facts, changed_at=at).where(Reseller.id == self.id).execute()


def _checked(facts: dict) -> dict:
    """The facts as they are kept; raises `Refused` for all that is wrong with any."""
    kept, problems = {}, {}
    for name, value in facts.items():
        try:
            kept[name] = CHECKS[name](value)
        except Refused as refusal:
            problems |= refusal.problems
    if problems:
        raise Refused(**problems)
    return kept


def _name(text: str) -> str:
    tidy = one_line(text)
    if not tidy:
        raise Refused(name="Please write the name of the firm.")
    if len(tidy) > LONGEST_NAME:
        raise Refused(name=f"Please keep this to {LONGEST_NAME} characters.")
    return tidy


def _origins(lines: list[str]) -> list[str]:
    found = origins(lines)
    if not found:
        raise Refused(origins="Please write at least one site, such as https://firm.example.")
    return found


def _products(numbers: list[int]) -> list[int]:
    numbers = list(dict.fromkeys(numbers))
    if len(numbers) > MOST_PRODUCTS:
        raise Refused(products=f"Please keep this to {MOST_PRODUCTS} products, or show all.")
    found = {row[0] for row in Product.select(Product.id).where(Product.id.in_(numbers)).tuples()}
    if set(numbers[-1:]) - found:
        raise Refused(products="This product is not there any more.")
    return [number for number in numbers if number in found]


def _look(look: dict) -> dict:
    kept = {name: look.get(name, LOOK[name]) for name in LOOK}
    kept["colour"] = kept["colour"].strip().lower()
    problems = {}
    if not COLOUR.fullmatch(kept["colour"]):
        problems["colour"] = "Write the colour as # and six digits or letters: #2f4a3c."
    if kept["size"] not in SIZES:
        problems["size"] = "Please choose one of the sizes."
    if kept["scheme"] not in SCHEMES:
        problems["scheme"] = "Please choose one of these."
    if problems:
        raise Refused(**problems)
    return kept


CHECKS = {"name": _name, "origins": _origins, "products": _products, "look": _look}


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
    def since(cls, day: date, resellers: Iterable[Reseller]) -> dict[int, int]:
        """The views of each of these from a day on, by its id; one query."""
        ids = [each.id for each in resellers]
        rows = cls.select(cls.reseller, fn.SUM(cls.views)).where(cls.reseller.in_(ids))
        counted = rows.where(cls.day >= day).group_by(cls.reseller).tuples()
        return {number: int(count) for number, count in counted}

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete counts of days long past; how many."""
        return cls.delete().where(cls.day < at.date() - timedelta(days=DAYS_KEPT)).execute()


def new_key() -> str:
    """A key that nobody guesses, safe in an address."""
    return secrets.token_urlsafe(16)
