"""The rules of collections as they are kept, and the products that meet them now."""

from collections.abc import Collection as Several
from datetime import datetime

from peewee import BooleanField, DeferredForeignKey, ForeignKeyField
from pyroaring import BitMap

from storefront.db import JSONText, Moment, Record
from storefront.models.product import Product
from storefront.models.rule import Rule

FEW = 500  # ids that are named one by one in a query


class CollectionRule(Record):
    """What a collection holds by itself, while it `is_on`; it is kept while it is not.

    `ranked` are ids of products, those that sold best first, where the rule or the collection's
    order asks for it. `first` pictures the collection. Days are counted back from `settled_at`,
    when the worker last looked.
    """

    collection = DeferredForeignKey("Collection", backref="rules", unique=True, on_delete="CASCADE")
    is_on = BooleanField(default=False)
    facts = JSONText(default=dict)
    ranked = JSONText(default=list)
    first = ForeignKeyField(Product, null=True, backref="pictures_rules", on_delete="SET NULL")
    settled_at = Moment()

    impersonal = ("facts", "ranked")

    @property
    def rule(self) -> Rule:
        """The conditions."""
        return Rule.read(self.facts)

    @classmethod
    def in_force(cls) -> "list[CollectionRule]":
        """Those that are on, with their collections; one query."""
        collection = cls.collection.rel_model
        rows = cls.select(cls, collection).join(collection).where(cls.is_on == True)  # noqa: E712
        return list(rows.order_by(cls.id))

    @classmethod
    def of(cls, collection) -> "CollectionRule | None":
        """That of a collection, if it ever had one."""
        return cls.get_or_none(cls.collection == collection)

    @classmethod
    def holds(cls, collection) -> bool:
        """Whether a collection holds what its rule says, and not what was chosen by hand."""
        on = (cls.collection == collection) & (cls.is_on == True)  # noqa: E712
        return cls.select().where(on).exists()

    @property
    def is_ranked(self) -> bool:
        """Whether one product that meets it may have another leave: only so many best do."""
        return bool(self.rule.best_most)

    def fitting(self, among: Several[int] | None = None) -> BitMap:
        """The ids of products that meet it now; of these alone, but for one that ranks them."""
        return fitting(self.rule, self.ranked, self.settled_at, among)

    def pictured_by(self, held: BitMap) -> int | None:
        """The product that pictures what it holds: the one that sold best, or the newest."""
        best = next((number for number in self.ranked if number in held), None)
        return best or (held.max() if held else None)


def fitting(
    rule: Rule, ranked: list[int], at: datetime, among: Several[int] | None = None
) -> BitMap:
    """The ids of products that meet a rule then, of those or of all; one query, of ids alone."""
    rows = Product.select(Product.id).where(rule.met(at))
    if rule.best_most:
        found = {row[0] for row in rows.where(Product.id.in_(ranked)).tuples()}
        return BitMap([number for number in ranked if number in found][: rule.best_most])
    if among is None:
        return BitMap(row[0] for row in rows.tuples().iterator())
    if len(among) <= FEW:
        rows = rows.where(Product.id.in_(list(among)))
    else:
        rows = rows.where(Product.id.between(min(among), max(among)))
    return BitMap(row[0] for row in rows.tuples().iterator()) & BitMap(among)
