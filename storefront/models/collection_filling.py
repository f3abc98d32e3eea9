"""What staff and the hour change of collections by rule, each with all that follows from it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from storefront.db import database
from storefront.models.collection import OVERTAKEN, Collection
from storefront.models.collection_rule import CollectionRule
from storefront.models.facet import Shelving
from storefront.models.product import Product
from storefront.models.rule import Rule
from storefront.models.sales import BoughtTogether, ranking
from storefront.refusals import Refused

SORTS = {
    "hand": "by hand: as arranged below, then the newest",
    "new": "newest first",
    "sold": "best selling first",
    "price": "lowest price first",
    "price-down": "highest price first",
    "title": "by name",
}
SOLD_DAYS = 90  # that are counted for the order, where no rule says how many


@dataclass(frozen=True)
class Filling:
    """How a collection comes by its products, and the order in which it shows them."""

    by_rule: bool
    rule: Rule
    sort: str

    @classmethod
    def of(cls, held: Collection) -> "Filling":
        """As it is kept; one query."""
        ruled = CollectionRule.of(held)
        return cls(bool(ruled and ruled.is_on), ruled.rule if ruled else Rule(), held.sort)

    @property
    def version(self) -> str:
        """A short text that tells it from any other."""
        facts = json.dumps([self.by_rule, self.rule.facts, self.sort])
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @property
    def ranked_days(self) -> int:
        """Over how many days it wants to know what sold best; 0 where it does not."""
        return self.rule.best_days or (SOLD_DAYS if self.sort == "sold" else 0)

    def check(self) -> None:
        """Raise `Refused`, in words. A rule that is only kept may be empty."""
        if self.sort not in SORTS:
            raise Refused(sort="Please choose an order.")
        if self.by_rule or self.rule.facts:
            self.rule.check()


def refill(number: int, seen: str, filling: Filling, at: datetime) -> int:
    """Have a collection come by its products in another way; how many it holds by rule.

    `seen` is the `version` that was edited. Whichever of rule and hand it does not go by
    is kept, for the day it does again. Raises `Refused`, with nothing changed.
    """
    filling.check()
    ranked = ranking(filling.ranked_days, at) if filling.ranked_days else []
    with database.atomic(), Shelving() as shelving:
        held = Collection.find(number)
        now = Filling.of(held)
        if now != filling and seen != now.version:
            raise Refused(OVERTAKEN)
        shelving.hold()
        ruled = CollectionRule.of(held) or CollectionRule(collection=held)
        was_on, ruled.is_on, ruled.facts = ruled.is_on, filling.by_rule, filling.rule.facts
        ruled.ranked, ruled.settled_at, ruled.collection = ranked, at, held
        ruled.save()
        Collection.update(sort=filling.sort).where(Collection.id == number).execute()
        return _fill(shelving, ruled, was_on)


def _fill(shelving: Shelving, ruled: CollectionRule, was_on: bool) -> int:
    held = ruled.collection
    if ruled.is_on:
        return shelving.follow(ruled)
    by_hand = [Product(id=number) for number in held.product_ids()]
    if was_on:
        shelving.mark(held.facet, by_hand, [Product(id=number) for number in held.members()])
    return len(by_hand)


@dataclass(frozen=True)
class Preset:
    """A list that many shops want, to be made with one click."""

    slug: str
    title: str
    words: str
    filling: Filling

    def make(self, at: datetime) -> Collection:
        """The collection; raises `Refused` where its handle is taken."""
        with database.atomic():
            made = Collection.make(self.title, self.slug, self.words)
            refill(made.id, Filling.of(made).version, self.filling, at)
        return made


PRESETS = (
    Preset(
        "best-sellers",
        "Best sellers",
        "What was bought most in the last month.",
        Filling(True, Rule(best_most=24, best_days=30), "sold"),
    ),
    Preset(
        "new-in",
        "New",
        "What came in during the last month.",
        Filling(True, Rule(new_days=30), "new"),
    ),
    Preset(
        "on-sale",
        "On sale",
        "What costs less than it did, as long as it is here.",
        Filling(True, Rule(reduced=True, in_stock=True), "new"),
    ),
)


def presets() -> list[Preset]:
    """Those of which the shop has no collection yet; one query."""
    slugs = [preset.slug for preset in PRESETS]
    there = {one.slug for one in Collection.select().where(Collection.slug.in_(slugs))}
    return [preset for preset in PRESETS if preset.slug not in there]


def keep_up(at: datetime) -> None:
    """Bring what depends on orders and on the time up to date; the worker does, each hour.

    What is counted is read before anything is written; each collection is written for itself.
    """
    BoughtTogether.count_anew(at)
    ranked: dict[int, list[int]] = {}
    for held in list(Collection.select()):
        filling = Filling.of(held)
        days = filling.ranked_days
        if days and days not in ranked:
            ranked[days] = ranking(days, at)
        if days or (filling.by_rule and filling.rule.depends_on_time):
            _settle(held.id, filling, ranked.get(days, []), at)


def _settle(number: int, filling: Filling, ranked: list[int], at: datetime) -> None:
    with database.atomic(), Shelving() as shelving:
        shelving.hold()
        held = Collection.get_or_none(Collection.id == number)
        if held is None or Filling.of(held) != filling:
            return  # somebody has just changed it, which settled it, too
        ruled = CollectionRule.of(held)
        changed = [CollectionRule.settled_at]
        changed += [CollectionRule.ranked] if ruled.ranked != ranked else []
        ruled.ranked, ruled.settled_at, ruled.collection = ranked, at, held
        ruled.save(only=changed)  # pages are drawn anew where the ranking is written
        if ruled.is_on:
            shelving.follow(ruled)
