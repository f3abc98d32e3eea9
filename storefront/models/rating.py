"""What the approved testimonials of a product come to: how many, and how many of each rating."""

from collections.abc import Iterable

from peewee import Case, ForeignKeyField, IntegerField, fn

from storefront.db import Record, locked
from storefront.models.product import Product

STARS = (5, 4, 3, 2, 1)
COUNTS = ["count", "pictured", *(f"{kind}{n}" for kind in ("stars", "pictured") for n in STARS)]


class Rating(Record):
    """One row for each product that has had testimonials, kept by their verbs; never edited.

    `count` is how many are approved, `stars1` to `stars5` how many of them gave that rating (one
    may give none), `pictured` how many have pictures. It is written whenever anything that is
    shown of a testimonial changes, and by that notes a new edition of the public pages.
    """

    product = ForeignKeyField(Product, unique=True, backref="ratings", on_delete="CASCADE")
    count = IntegerField(default=0)
    stars1 = IntegerField(default=0)
    stars2 = IntegerField(default=0)
    stars3 = IntegerField(default=0)
    stars4 = IntegerField(default=0)
    stars5 = IntegerField(default=0)
    pictured = IntegerField(default=0)
    pictured1 = IntegerField(default=0)
    pictured2 = IntegerField(default=0)
    pictured3 = IntegerField(default=0)
    pictured4 = IntegerField(default=0)
    pictured5 = IntegerField(default=0)

    @property
    def by_stars(self) -> dict[int, int]:
        """How many gave each rating, the best first."""
        return {stars: getattr(self, f"stars{stars}") for stars in STARS}

    def counted(self, stars: int | None, pictured: bool) -> int:
        """How many have that rating (0: none, None: whichever), and pictures if that is asked."""
        kind, every = ("pictured", self.pictured) if pictured else ("stars", self.count)
        if stars is None:
            return every
        by_stars = {one: getattr(self, f"{kind}{one}") for one in STARS}
        return by_stars[stars] if stars else every - sum(by_stars.values())

    @property
    def rated(self) -> int:
        """How many gave a rating at all."""
        return sum(self.by_stars.values())

    @property
    def average(self) -> float | None:
        """The mean of all ratings, to one decimal; None where nobody gave one."""
        total = sum(stars * count for stars, count in self.by_stars.items())
        return round(total / self.rated, 1) if self.rated else None

    @classmethod
    def recount(cls, testimonials: type[Record], product_id: int) -> None:
        """Count anew what is approved for a product, in the caller's transaction.

        `testimonials` is their table. Others who recount the same product wait until its end.
        """
        cls.insert(product=product_id).on_conflict_ignore().execute()
        list(locked(cls.select(cls.id).where(cls.product == product_id)))
        mine = testimonials.product == product_id, testimonials.state == "approved"
        pictured = testimonials.pictured == True  # noqa: E712
        counts = [fn.COUNT(testimonials.id), _count(pictured)]
        rated = [testimonials.stars == stars for stars in STARS]
        counts += [_count(one) for one in rated] + [_count(one & pictured) for one in rated]
        row = testimonials.select(*counts).where(*mine).tuples().get()
        found = dict(zip(COUNTS, row, strict=True))
        cls.update(found).where(cls.product == product_id).execute()

    @classmethod
    def of(cls, product_id: int) -> "Rating":
        """That of a product; one with nothing in it where nobody has said anything yet."""
        return cls.get_or_none(cls.product == product_id) or cls(product=product_id)

    @classmethod
    def of_all(cls) -> "Rating":
        """That of everything together; one query, not saved."""
        return cls._sum(cls.select())

    @classmethod
    def of_products(cls, product_ids: Iterable[int]) -> "Rating":
        """That of these products together; one query, not saved."""
        return cls._sum(cls.select().where(cls.product.in_(list(product_ids))))

    @classmethod
    def _sum(cls, rows) -> "Rating":
        sums = [fn.COALESCE(fn.SUM(getattr(cls, name)), 0) for name in COUNTS]
        found = rows.select(*sums).tuples().get()
        return cls(**{name: int(value) for name, value in zip(COUNTS, found, strict=True)})


def _count(condition):
    return fn.COALESCE(fn.SUM(Case(None, [(condition, 1)], 0)), 0)
