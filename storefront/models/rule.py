"""Rules by which a collection holds products: conditions that are joined, as SQL and in words."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

from peewee import Expression, fn

from storefront.db import is_sqlite
from storefront.models.product import Product
from storefront.money import Money
from storefront.refusals import Refused

MOST_DAYS = 730
MOST_BEST = 500
MOST_NAMED = 20  # tags, or types, in one rule
NO_CONDITION = "Give it one condition at least. A rule without any would hold everything there is."


@dataclass(frozen=True)
class Rule:
    """Conditions of which a product on sale meets all; one that says nothing is not there.

    A product has one of `tags`, and is of one of `types`. Prices are minor units, both ends
    within, of what its cheapest variant costs. It was made in the last `new_days`; it is among the
    `best_most` that sold best in the last `best_days`.
    """

    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    reduced: bool = False
    new_days: int | None = None
    best_most: int | None = None
    best_days: int | None = None

    @classmethod
    def read(cls, facts: dict) -> "Rule":
        """The rule of which those are the `facts`."""
        known = {field.name for field in fields(cls)}
        told = {name: value for name, value in facts.items() if name in known}
        return cls(**{n: tuple(v) if isinstance(v, list) else v for n, v in told.items()})

    @property
    def facts(self) -> dict:
        """What it says, to be kept as JSON."""
        told = {name: value for name, value in asdict(self).items() if value or value == 0}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in told.items()
            if value is not False
        }

    @property
    def depends_on_time(self) -> bool:
        """Whether what meets it changes by itself."""
        return bool(self.new_days or self.best_most)

    def check(self) -> None:
        """Raise `Refused`, in words, for a rule that nobody can have meant."""
        if not self.facts:
            raise Refused(rule=NO_CONDITION)
        if None not in (self.price_from, self.price_to) and self.price_to < self.price_from:
            raise Refused(price_to="This is less than the price it begins with.")
        for name in ("tags", "types"):
            if len(getattr(self, name)) > MOST_NAMED:
                raise Refused(**{name: f"Please name {MOST_NAMED} at most."})
        if bool(self.best_most) != bool(self.best_days):
            missing = "best_days" if self.best_most else "best_most"
            raise Refused(**{missing: "Best sellers want both: how many, and of how many days."})

    def met(self, at: datetime) -> Expression:
        """The condition on `Product`, but for best sellers: those are ranked, not met alone."""
        found = [Product.status == "active", Product.is_published()]
        if self.types:
            found.append(Product.type.in_(self.types))
        if self.tags:
            found.append(reduce(or_, [_is_tagged(tag) for tag in self.tags]))
        if self.price_from is not None:
            found.append(Product.price_from >= self.price_from)
        if self.price_to is not None:
            found.append(Product.price_from <= self.price_to)
        if self.in_stock:
            found.append(Product.available == True)  # noqa: E712
        if self.reduced:
            found.append(Product.reduced == True)  # noqa: E712
        if self.new_days:
            found.append(Product.made_at >= at - timedelta(days=self.new_days))
        return reduce(and_, found)

    def words(self, currency: str) -> str:
        """The rule as shoppers read it: "jackets or hats, up to $150.00, in stock"."""
        said = [" or ".join(kind.lower() for kind in self.types)]
        said += ["tagged " + " or ".join(self.tags) if self.tags else ""]
        said += [_prices(self.price_from, self.price_to, currency)]
        said += ["in stock" if self.in_stock else "", "reduced" if self.reduced else ""]
        said += [f"made in {_last(self.new_days)}" if self.new_days else ""]
        if self.best_most:
            said.append(f"the {self.best_most} that sold best in {_last(self.best_days)}")
        return ", ".join(filter(None, said))


def _is_tagged(tag: str) -> Expression:
    """Whether the tags, a JSON list of texts, have this one, in capitals or not.

    A quote inside a tag is written with a backslash before it, so that only a whole tag has a
    plain one at either end, after the bracket or the comma and space that `JSONText` writes.
    """
    inside = "instr" if is_sqlite() else "strpos"
    tags, text = fn.LOWER(Product.tags.cast("text")), json.dumps(tag, ensure_ascii=False)
    first, later = (fn.LOWER(f"{before}{text}") for before in ("[", ", "))
    place = getattr(fn, inside)
    return (place(tags, first) == 1) | (place(tags, later) > 0)


def _prices(start: int | None, end: int | None, currency: str) -> str:
    said = "" if start is None else f"from {Money(start, currency)}"
    if end is not None:
        said += f" to {Money(end, currency)}" if said else f"up to {Money(end, currency)}"
    return said


def _last(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"
