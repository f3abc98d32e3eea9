"""What things have cost, so that a reduction is told from a price that was really asked.

Directive 98/6/EC, Article 6a (put in by Directive (EU) 2019/2161, Article 2): whoever announces a
price reduction says the prior price, which is "the lowest price applied by the trader during a
period of time not shorter than 30 days prior to the application of the price reduction". While a
reduction goes on and deepens, the prior price stays that of before it began (paragraph 5). The
Court of Justice (C-330/23, Aldi Sued, 26 September 2024) holds every figure of a reduction to it.

A variant is reduced while a higher price is struck through beside its own. Its prior price is
worked out once, when that begins, and kept with it: pages ask nothing more.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from peewee import ForeignKeyField, IntegerField, Value, fn

from storefront.db import Moment, Record
from storefront.models.product import Variant
from storefront.money import Money

PERIOD = timedelta(days=30)
ROWS = 500  # that one statement inserts; databases limit how many values it may carry
PRICED = {"price_minor", "compare_at_minor"}


class PriceChange(Record):
    """What a variant costs from a moment on: minor units of its currency."""

    variant = ForeignKeyField(Variant, backref="prices", on_delete="CASCADE")
    price_minor = IntegerField()
    compare_at_minor = IntegerField(null=True)
    at = Moment()

    class Meta:
        indexes = ((("variant", "at"), False),)

    @classmethod
    def newest(cls, variant: Variant, most: int) -> "list[PriceChange]":
        """The last changes of a variant's price, the newest first; one query."""
        rows = cls.select().where(cls.variant == variant)
        return list(rows.order_by(cls.at.desc(), cls.id.desc()).limit(most))

    @classmethod
    def before(cls, variants: Iterable[int], at: datetime) -> dict[int, int]:
        """What these variants (by id) cost at a moment, in minor units; one query.

        Those of which that is not known are left out.
        """
        last = cls.alias()
        newest = last.select(fn.MAX(last.at)).where(last.variant == cls.variant, last.at <= at)
        rows = cls.select(cls.variant, cls.price_minor)
        rows = rows.where(cls.variant.in_(list(variants)), cls.at == newest).order_by(cls.id)
        return dict(rows.tuples())

    def price(self, currency: str) -> Money:
        """The price from then on."""
        return Money(self.price_minor, currency)

    def compare_at(self, currency: str) -> Money | None:
        """The price that was struck through beside it."""
        return None if self.compare_at_minor is None else Money(self.compare_at_minor, currency)


def note(variants: Iterable[Variant], at: datetime) -> None:
    """Note the prices that were set on these variants, before they are saved.

    In the caller's transaction, with the variants locked; it takes one query where prices have
    changed, and one more where a reduction begins. Sets `prior_minor`.
    """
    changed = [v for v in variants if PRICED & {field.name for field in v.dirty_fields}]
    if not changed:
        return
    before = _as_kept(changed)
    begun = [v.id for v in changed if v.reduced and not before[v.id].reduced]
    known = _lowest(begun, at)
    for variant in changed:
        if not variant.reduced:
            variant.prior_minor = None
        elif variant.id in begun:
            variant.prior_minor = min([before[variant.id].price_minor, *known[variant.id]])
    for start in range(0, len(changed), ROWS):
        PriceChange.add(*(_row(v, at) for v in changed[start : start + ROWS]))


def _row(variant: Variant, at: datetime) -> PriceChange:
    prices = {"price_minor": variant.price_minor, "compare_at_minor": variant.compare_at_minor}
    return PriceChange(variant=variant.id, at=at, **prices)


def note_new(products: Iterable[int], at: datetime) -> None:
    """Note the first price of those variants of these products (by id) that have none yet."""
    known = PriceChange.select().where(PriceChange.variant == Variant.id)
    moment = Value(at, converter=PriceChange.at.db_value)
    new = Variant.select(Variant.id, Variant.price_minor, Variant.compare_at_minor, moment)
    new = new.where(Variant.product.in_(list(products)), ~fn.EXISTS(known))
    columns = (PriceChange.variant, PriceChange.price_minor)
    columns += (PriceChange.compare_at_minor, PriceChange.at)
    PriceChange.insert_from(new, columns).execute()


def _as_kept(variants: list[Variant]) -> dict[int, Variant]:
    columns = (Variant.id, Variant.price_minor, Variant.compare_at_minor)
    found = {}
    for start in range(0, len(variants), ROWS):
        ids = [variant.id for variant in variants[start : start + ROWS]]
        found |= {v.id: v for v in Variant.select(*columns).where(Variant.id.in_(ids))}
    return found


def _lowest(ids: list[int], at: datetime) -> dict[int, list[int]]:
    """What these variants cost in the 30 days before a moment, by id: each price once."""
    since, earlier = at - PERIOD, PriceChange.alias()
    # The price with which the period began stood since some time before it.
    first = earlier.select(fn.MAX(earlier.at)).where(
        earlier.variant == PriceChange.variant, earlier.at <= since
    )
    asked = (PriceChange.at > since) | (PriceChange.at == first)
    found = defaultdict(list)
    for start in range(0, len(ids), ROWS):
        some = PriceChange.variant.in_(ids[start : start + ROWS])
        rows = PriceChange.select(PriceChange.variant, PriceChange.price_minor).where(some, asked)
        for variant, price in rows.distinct().tuples():
            found[variant].append(price)
    return found
