"""Trials: two ways of showing the same, each to half of those who ask, judged by counts.

What is tried is the order that a collection begins with, or one promotion against another. Which
arm a page shows is drawn anew for each request; nobody is put into a group, and what is counted of
an arm is how many visits were shown it and how many of these followed a link of it.
"""

from dataclasses import dataclass
from datetime import datetime

from peewee import ForeignKeyField, IntegrityError, TextField, fn

from storefront.db import Moment, Record, database
from storefront.intervals import difference
from storefront.models.collection import Collection
from storefront.models.promotion import Promotion
from storefront.models.traffic import TrafficDay
from storefront.refusals import Refused

ARMS = ("a", "b")
COUNTED = ("shown", "followed")  # what is counted of an arm, by its name
LEAST = 100  # visits that each arm was shown to, before anything is said of a difference
GONE = "This trial was removed meanwhile."
AT_WORK = "Another trial of it goes on. End that one first."


@dataclass(frozen=True)
class Arm:
    """What came of one arm: to how many visits it was shown, and how many followed a link of it."""

    name: str
    shown: int
    followed: int

    @property
    def rate(self) -> float:
        """The share of those that followed, 0 of none."""
        return self.followed / self.shown if self.shown else 0.0


class Trial(Record):
    """One trial, from `began_at` until it is ended.

    Of a `collection`: arm b begins with `order`, a key of `listing.ORDERS`, arm a with the
    collection's own. Of a `promotion`: arm b shows the one that is `against` it in its place.
    """

    collection = ForeignKeyField(Collection, null=True, index=False, on_delete="CASCADE")
    order = TextField(default="")
    promotion = ForeignKeyField(Promotion, null=True, index=False, on_delete="CASCADE")
    against = ForeignKeyField(
        Promotion, null=True, index=False, backref="rivals", on_delete="CASCADE"
    )
    began_at = Moment()
    ended_at = Moment(null=True)

    impersonal = ("order",)

    @classmethod
    def in_order(cls) -> "list[Trial]":
        """All of them, those that go on first, then the newest; one query."""
        rival = Promotion.alias()
        every = cls.select(cls, Collection, Promotion, rival)
        every = every.left_outer_join(Collection, on=cls.collection).switch(cls)
        every = every.left_outer_join(Promotion, on=cls.promotion).switch(cls)
        every = every.left_outer_join(rival, on=(cls.against == rival.id), attr="against")
        return list(every.order_by(cls.ended_at.is_null().desc(), cls.id.desc()))

    @classmethod
    def of_collection(cls, slug: str) -> Collection | None:
        """The collection at that address with its rule, and the `trial` of its order or None.

        One query.
        """
        on = (cls.collection == Collection.id) & cls.ended_at.is_null()
        found = (
            Collection.with_rules(cls)
            .left_outer_join(cls, on=on, attr="trial")
            .where(Collection.slug == slug)
            .first()
        )
        if found and getattr(found, "trial", None) is None:
            found.trial = None
        return found

    @classmethod
    def begin_of_order(cls, collection: int, order: str, at: datetime) -> "Trial":
        """Try another order of that collection. Raises `Refused`."""
        if Collection.get_or_none(Collection.id == collection) is None:
            raise Refused(collection="This collection was removed meanwhile. Choose another.")
        return cls._begin("collection", collection=collection, order=order, began_at=at)

    @classmethod
    def begin_of_promotion(cls, promotion: int, against: int, at: datetime) -> "Trial":
        """Try one promotion against another that stands in the same places. Raises `Refused`."""
        if promotion == against:
            raise Refused(against="Choose two different promotions.")
        both = Promotion.select().where(Promotion.id.in_((promotion, against)))
        pair = {one.id: one for one in both}
        for name, number in (("promotion", promotion), ("against", against)):
            if number not in pair:
                raise Refused(**{name: "This promotion was removed meanwhile. Choose another."})
            if pair[number].state(at) != "running":
                raise Refused(**{name: "It is not shown now. Choose one that is."})
        if not _places(pair[promotion]) & _places(pair[against]):
            raise Refused(against="The two stand on no page together. Choose one that does.")
        return cls._begin("against", promotion=promotion, against=against, began_at=at)

    @classmethod
    def _begin(cls, name: str, **facts) -> "Trial":
        try:
            with database.atomic():
                busy = [facts[n] for n in ("promotion", "against") if n in facts]
                both = cls.promotion.in_(busy) | cls.against.in_(busy)
                if busy and cls.select().where(both, cls.ended_at.is_null()).exists():
                    raise Refused(**{name: AT_WORK})
                made = cls.create(**facts)
                _forget_counts(made)
                return made
        except IntegrityError:
            raise Refused(**{name: AT_WORK}) from None

    @classmethod
    def end(cls, number: int, at: datetime) -> None:
        """All is shown as without it; what was counted stays. Raises `Refused`."""
        if cls.get_or_none(cls.id == number) is None:
            raise Refused(GONE)
        cls.update(ended_at=at).where(cls.id == number, cls.ended_at.is_null()).execute()

    @classmethod
    def remove(cls, number: int) -> None:
        """Take it away; it ends with that."""
        cls.delete().where(cls.id == number).execute()

    def link_name(self, arm: str) -> str:
        """How the links of an arm are called, and what it is counted by: "trial-3-b"."""
        return link_name(self.id, arm)

    def arms(self) -> tuple[Arm, Arm]:
        """What came of both so far; one query."""
        names = [self.link_name(arm) for arm in ARMS]
        rows = (
            TrafficDay.select(TrafficDay.what, TrafficDay.value, fn.SUM(TrafficDay.count))
            .where(
                TrafficDay.what.in_(COUNTED),
                TrafficDay.day >= self.began_at.date(),
                TrafficDay.value.in_(names),
            )
            .group_by(TrafficDay.what, TrafficDay.value)
        )
        found = {(what, value): int(count) for what, value, count in rows.tuples()}
        made = [Arm(n, found.get(("shown", n), 0), found.get(("followed", n), 0)) for n in names]
        return made[0], made[1]


@dataclass(frozen=True)
class Outcome:
    """How far apart two arms are: b's rate less a's, with its 95 % interval, None for too few."""

    a: Arm
    b: Arm

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The difference, and from where to where it may lie."""
        if min(self.a.shown, self.b.shown) < LEAST:
            return None
        return difference((self.b.followed, self.b.shown), (self.a.followed, self.a.shown))

    @property
    def verdict(self) -> str:
        """ "b", "a", "open" where the interval holds zero, or "early" where there are too few."""
        if self.interval is None:
            return "early"
        _, low, high = self.interval
        return "b" if low > 0 else "a" if high < 0 else "open"


def link_name(number: int, arm: str) -> str:
    """How the links of an arm of the trial with that number are called."""
    return f"trial-{number}-{arm}"


def _forget_counts(trial: Trial) -> None:
    """Begin from nought: SQLite gives the number of a trial that was removed to the next."""
    names = [trial.link_name(arm) for arm in ARMS]
    TrafficDay.delete().where(TrafficDay.what.in_(COUNTED), TrafficDay.value.in_(names)).execute()


def _places(promotion: Promotion) -> set:
    fixed = {name for name in ("on_home", "on_products") if getattr(promotion, name)}
    return fixed | ({promotion.on_collection_id} - {None})


for _name in ("collection", "promotion", "against"):
    _column = getattr(Trial, _name)
    Trial.add_index(
        _column, unique=True, where=Trial.ended_at.is_null(), name=f"trial_running_{_name}"
    )
