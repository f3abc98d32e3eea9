"""Collections: products put together under a name, in an order somebody chose."""

import hashlib
from datetime import datetime

from peewee import (
    JOIN,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    TextField,
    fn,
)
from pyroaring import BitMap

from storefront.db import Moment, Record, database, locked
from storefront.models.collection_rule import CollectionRule
from storefront.models.facet import FacetValue, Shelving
from storefront.models.period import state_of
from storefront.models.product import Product
from storefront.models.still_there import still_there
from storefront.refusals import Refused

TAKEN = "Another collection has this handle."
OVERTAKEN = (
    "Somebody else has saved this collection since you opened it, so nothing was changed yet. What "
    "you typed is still here; save again to keep yours."
)


class Collection(Record):
    """A named choice of products with a page of its own at `/collections/<slug>`.

    It is shown from `shown_from` to before `shown_until`, of which either may be left open. What
    is chosen by hand are its items; while its rule is on, it holds what meets that instead, and
    the items wait. `sort` is the order in which lists show it: `hand`, `new`, `sold` …
    """

    slug = TextField(unique=True)
    title = TextField()
    words = TextField(default="")
    position = IntegerField(default=0)
    sort = TextField(default="hand")
    shown_from = Moment(null=True)
    shown_until = Moment(null=True)

    impersonal = ("slug", "title", "words", "sort")

    @classmethod
    def with_rules(cls, *more):
        """Collections, each with its rule as `ruling`; `more` is what else is joined, and read."""
        on = CollectionRule.collection == cls.id
        rows = cls.select(cls, CollectionRule, *more)
        return rows.join(CollectionRule, JOIN.LEFT_OUTER, on=on, attr="ruling").switch(cls)

    def why(self, currency: str) -> str:
        """Why it shows what it does, for shoppers; of one that was read `with_rules`."""
        ruling = getattr(self, "ruling", None)
        if ruling and ruling.is_on:
            return f"Chosen by rule: {ruling.rule.words(currency)}."
        return "Chosen by us by hand."

    def ranking(self) -> list[int]:
        """The ids of those that come first in its own order, before all others."""
        ruling = getattr(self, "ruling", None)
        return ruling.ranked if self.sort == "sold" and ruling else self.product_ids()

    def members(self) -> BitMap:
        """The ids of all it holds, by hand or by rule; one query."""
        return FacetValue.held(self.facet)

    @classmethod
    def in_order(cls) -> list["Collection"]:
        """All collections as the shop shows them."""
        return list(cls.select().order_by(cls.position, cls.id))

    def state(self, at: datetime) -> str:
        """ "running", "coming" or "over": it is shown while it runs."""
        return state_of(at, self.shown_from, self.shown_until)

    @property
    def facet(self) -> tuple[str, str]:
        """The facet that its products have."""
        return (f"collection:{self.slug}", "in")

    def hold(self, handles: list[str]) -> None:
        """Have it hold these products, in this order, and no others; unknown handles are passed."""
        found = {p.handle: p for p in Product.select().where(Product.handle.in_(handles))}
        with database.atomic(), Shelving() as shelving:
            before = [item.product for item in self.items]
            CollectionItem.delete().where(CollectionItem.collection == self).execute()
            products = [found[handle] for handle in handles if handle in found]
            for position, product in enumerate(products):
                CollectionItem.create(collection=self, product=product, position=position)
            self._mark(shelving, products, before)

    def _mark(self, shelving: Shelving, products: list[Product], before: list[Product]) -> None:
        """Note what was chosen by hand, unless that waits while a rule is on."""
        if not CollectionRule.holds(self):
            shelving.mark(self.facet, products, before)

    @classmethod
    def make(cls, title: str, slug: str, words: str, **dates: datetime | None) -> "Collection":
        """A new one without products, behind the others. Raises `Refused`.

        `dates` are `shown_from` and `shown_until`.
        """
        _check_dates(dates)
        last = cls.select(fn.MAX(cls.position)).scalar()
        try:
            with database.atomic():
                place = 0 if last is None else last + 1
                FormerSlug.let_go(slug)
                return cls.create(title=title, slug=slug, words=words, position=place, **dates)
        except IntegrityError:
            raise Refused(slug=TAKEN) from None

    @classmethod
    def find(cls, number: int) -> "Collection":
        """The collection of that number, held until the caller's commit; raises `Refused`."""
        return still_there(cls, number, "This collection was removed meanwhile.")

    @property
    def version(self) -> str:
        """A short text that tells its words from any others."""
        dates = (str(self.shown_from), str(self.shown_until))
        facts = "\n".join((self.slug, self.title, self.words, *dates))
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @classmethod
    def edit(cls, number: int, seen: str, facts: dict) -> "Collection":
        """Change `slug`, `title`, `words`, dates; `seen` is the `version` that was edited.

        Raises `Refused`, with nothing changed.
        """
        _check_dates(facts)
        try:
            with database.atomic(), Shelving() as shelving:
                held = cls.find(number)
                same = all(getattr(held, name) == value for name, value in facts.items())
                if not same and seen != held.version:
                    raise Refused(OVERTAKEN)
                held._move_to(facts.get("slug", held.slug), shelving)
                cls.update(facts).where(cls.id == number).execute()
        except IntegrityError:
            raise Refused(slug=TAKEN) from None
        return cls.get_by_id(number)

    def _move_to(self, slug: str, shelving: Shelving) -> None:
        if slug != self.slug:
            FormerSlug.let_go(slug)
            FormerSlug.create(slug=self.slug, collection=self)
            shelving.move(self.facet, Collection(slug=slug).facet)

    @classmethod
    def take_in(cls, number: int, product: int) -> None:
        """Have it hold one more product, at the end. Raises `Refused` where either is gone."""
        with database.atomic(), Shelving() as shelving:
            held = cls.find(number)
            found = Product.get_or_none(Product.id == product)
            if found is None:
                raise Refused("This product is not there any more.")
            if held._item(product) is None:
                last = held.items.select(fn.MAX(CollectionItem.position)).scalar()
                place = 0 if last is None else last + 1
                CollectionItem.create(collection=held, product=product, position=place)
                held._mark(shelving, [found], [])

    def _item(self, product: int) -> "CollectionItem | None":
        return self.items.where(CollectionItem.product == product).first()

    @classmethod
    def let_go(cls, number: int, product: int) -> None:
        """Have it hold a product no longer; those behind move up."""
        with database.atomic(), Shelving() as shelving:
            held = cls.find(number)
            if item := held._item(product):
                item.delete_instance()
                held._shift(item.position + 1, None, -1)
                held._mark(shelving, [], [Product(id=product)])

    def _shift(self, start: int, end: int | None, by: int) -> None:
        """Move the items at these places, the last among them, by so many."""
        here = (CollectionItem.collection == self) & (CollectionItem.position >= start)
        if end is not None:
            here &= CollectionItem.position <= end
        CollectionItem.update(position=CollectionItem.position + by).where(here).execute()

    @classmethod
    def move(cls, number: int, product: int, place: int) -> None:
        """Move a product to a place, from 0; those between make room. Raises `Refused`."""
        with database.atomic():
            held = cls.find(number)
            item = held._item(product)
            if item is None:
                raise Refused("This product was taken out of the collection meanwhile.")
            last = held.items.select(fn.MAX(CollectionItem.position)).scalar()
            before, place = item.position, min(max(place, 0), last)
            if place < before:
                held._shift(place, before - 1, 1)
            elif place > before:
                held._shift(before + 1, place, -1)
            CollectionItem.update(position=place).where(CollectionItem.id == item.id).execute()

    @classmethod
    def arrange(cls, number: int, by: int) -> None:
        """Move a collection up (-1) or down (1) among the others."""
        with database.atomic():
            every = list(locked(cls.select().order_by(cls.id)))
            every.sort(key=lambda each: (each.position, each.id))
            at = next((n for n, each in enumerate(every) if each.id == number), None)
            if at is None:
                raise Refused("This collection was removed meanwhile.")
            every.insert(min(max(at + by, 0), len(every) - 1), every.pop(at))
            for place, each in enumerate(every):
                cls.update(position=place).where(cls.id == each.id).execute()

    @classmethod
    def remove(cls, number: int) -> None:
        """Take a collection away; its products stay."""
        with database.atomic(), Shelving() as shelving:
            held = cls.find(number)
            shelving.move(held.facet, None)  # before its rule: all lock in this order
            held.delete_instance()

    def product_ids(self) -> list[int]:
        """The ids of what was chosen for it by hand, in that order; one query."""
        items = self.items.select(CollectionItem.product).order_by(CollectionItem.position)
        return [row[0] for row in items.tuples()]


def _check_dates(facts: dict) -> None:
    start, end = facts.get("shown_from"), facts.get("shown_until")
    if start and end and end <= start:
        raise Refused(shown_until="It ends before it begins. Please look at both moments.")


class CollectionItem(Record):
    """A product's place in a collection."""

    collection = ForeignKeyField(Collection, backref="items", on_delete="CASCADE")
    product = ForeignKeyField(Product, backref="collected", on_delete="CASCADE")
    position = IntegerField(default=0)

    class Meta:
        indexes = ((("collection", "product"), True), (("collection", "position"), False))


class FormerSlug(Record):
    """A slug that a collection used to have: it leads on to where the collection is now."""

    slug = TextField(unique=True)
    collection = ForeignKeyField(Collection, backref="former", on_delete="CASCADE")

    impersonal = ("slug",)

    @classmethod
    def leads_to(cls, slug: str) -> Collection | None:
        """The collection that used to have this slug."""
        found = cls.select(cls, Collection).join(Collection).where(cls.slug == slug).first()
        return found and found.collection

    @classmethod
    def let_go(cls, slug: str) -> None:
        """It leads nowhere any more, because some collection has that slug now."""
        cls.delete().where(cls.slug == slug).execute()


class Redirect(Record):
    """A handle that a product used to have: it leads on to the product's page."""

    handle = TextField(unique=True)
    product = ForeignKeyField(Product, backref="redirects", on_delete="CASCADE")

    impersonal = ("handle",)

    @classmethod
    def leads_to(cls, handle: str) -> Product | None:
        """The product that used to have this handle."""
        found = cls.select(cls, Product).join(Product).where(cls.handle == handle).first()
        return found and found.product

    @classmethod
    def rename(cls, product: Product, handle: str) -> None:
        """Give the product another handle; the old one leads on to it from now on."""
        with database.atomic():
            cls.delete().where(cls.handle == handle).execute()
            cls.create(handle=product.handle, product=product)
            product.handle = handle
            product.save(only=[Product.handle])
