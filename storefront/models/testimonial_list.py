"""Lists of what is shown of testimonials: of one product or of all, ordered, narrowed, in pages.

A page goes on after the last one of the page before (`after`), wherever that has come to stand:
nothing is skipped or counted off, and page 10,000 costs what the first does. For every kind of
list there is an index of what is approved that has it in its order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from urllib.parse import urlencode

from peewee import SQL, Case, Tuple

from storefront.models.product import Product
from storefront.models.rating import STARS, Rating
from storefront.models.testimonial import Testimonial
from storefront.prepared import Prepared, records

PER_PAGE = 10
NEWEST = 3  # on a product's page
ORDERS = {
    "new": "Newest",
    "helpful": "Most helpful",
    "best": "Best rating",
    "lowest": "Lowest rating",
}
# With a rating chosen, all have the same.
SAME = ("best", "lowest")
WALKS = {"best": (*STARS, None), "lowest": (*STARS[::-1], None)}
# Never the address, nor what names its author to us.
SHOWN = [
    getattr(Testimonial, name)
    for name in (
        *("id", "product", "stars", "words", "name", "shows_email", "connection", "pictures"),
        *("bought", "reply", "imported_from", "helpful", "written_at", "replied_at"),
    )
]
OF_PRODUCT = [Product.id, Product.handle, Product.title]
# Written out, so that both databases see that an index of the approved will do.
APPROVED = Testimonial.state == SQL("'approved'")
AFTER = re.compile(r"(?:([0-9]{1,9})_)?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?)_([0-9]{1,18})")


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the one with these values in the list's order."""

    first: int | None  # votes, or stars (0 for none), where the order goes by them
    written_at: datetime  # without a zone, as it is kept
    id: int

    @classmethod
    def read(cls, text: str) -> "Place":
        """What `str()` gave. Raises ValueError for anything else."""
        found = AFTER.fullmatch(text) if text.isascii() else None
        if found is None:
            raise ValueError("no place in a list")
        first, moment, number = found.groups()
        place = cls(first and int(first), datetime.fromisoformat(moment), int(number))
        if place.id >= 2**63 or (place.first or 0) >= 2**31:
            raise ValueError("no place in a list")
        return place

    def fits(self, order: str) -> bool:
        """Whether it can be a place in a list of that order."""
        if order == "new" or self.first is None:
            return order == "new" and self.first is None
        return order == "helpful" or self.first in (0, *STARS)

    def __str__(self) -> str:
        # A moment with its signs: a plain number of that length might be a card's.
        first = "" if self.first is None else f"{self.first}_"
        return f"{first}{self.written_at.isoformat()}_{self.id}"


@dataclass(frozen=True)
class Wanted:
    """What an address asks for: of a product (its id) or of all, in which order, narrowed how."""

    path: str
    product: int | None = None
    order: str = "new"
    stars: int | None = None
    pictured: bool = False
    after: Place | None = None

    @classmethod
    def read(cls, path: str, product: int | None, arguments) -> "Wanted":
        """From a query. Raises ValueError with a sentence for what is no part of such a list."""
        order, after = arguments.get("sort", "new"), arguments.get("after")
        stars = arguments.get("rating", "")
        if order not in ORDERS:
            raise ValueError("Testimonials are not kept in that order.")
        if stars not in ("", *map(str, STARS)):
            raise ValueError("Ratings go from one star to five.")
        try:
            place = Place.read(after) if after else None
        except ValueError:
            raise ValueError("There is no such page of testimonials.") from None
        pictured = arguments.get("pictures", "") not in ("", "0")
        made = cls(path, product, order, int(stars) if stars else None, pictured)
        made = replace(made, order="new") if made.stars and order in SAME else made
        if place and not place.fits(made.order):
            raise ValueError("There is no such page of testimonials.")
        return replace(made, after=place)

    @property
    def is_narrowed(self) -> bool:
        """Whether some are left out."""
        return self.pictured or self.stars is not None

    @property
    def orders(self) -> dict[str, str]:
        """The orders that make a difference here."""
        return {key: name for key, name in ORDERS.items() if not (self.stars and key in SAME)}

    def count(self, rating: Rating) -> int:
        """How many there are of what is asked for, where `rating` is that of all of them."""
        return rating.counted(self.stars, self.pictured)

    def address(self, **changes) -> str:
        """The address of this list with some of it changed; from its beginning unless given."""
        state = replace(self, **{"after": None} | changes)
        pairs = [("sort", state.order)] if state.order != "new" else []
        pairs += [("rating", str(state.stars))] if state.stars else []
        pairs += [("pictures", "1")] if state.pictured else []
        pairs += [("after", str(state.after))] if state.after else []
        return f"{state.path}?{urlencode(pairs)}" if pairs else state.path


@dataclass(frozen=True)
class Page:
    """One page of a list, and the place where the next one begins, if there is more."""

    testimonials: list[Testimonial]
    after: Place | None


def page_of(wanted: Wanted, rating: Rating) -> Page:
    """The page that is asked for. `rating` is that of the product, or of all."""
    rows = _walked(wanted, rating) if wanted.order in WALKS else _listed(wanted)
    found = _read(rows[:PER_PAGE], wanted.product is None)
    more = len(rows) > PER_PAGE
    return Page(found, _place(found[-1], wanted.order) if more else None)


def newest(product: int) -> tuple:
    """The rows of the newest few of a product; `read_rows` makes testimonials of them."""
    return tuple(_query("new", True, None, False, False, NEWEST).rows(product))


def read_rows(rows: tuple) -> list[Testimonial]:
    """The testimonials of rows that `newest` gave."""
    return records(Testimonial, list(rows), SHOWN)


def one(number: int) -> Testimonial | None:
    """One that is shown, with its product; None where it is not, or not any more."""
    found = _read(_ONE.rows(number), True) if number < 2**31 else []
    return found[0] if found else None


def address_of(number: int) -> str:
    """The e-mail address of an author who wishes that it is shown; "" where there is none."""
    asked = Testimonial.select(Testimonial.email).where(
        APPROVED, Testimonial.id == number, Testimonial.shows_email
    )
    return asked.scalar() or ""


def _read(rows: list[tuple], with_products: bool) -> list[Testimonial]:
    found = records(Testimonial, [row[: len(SHOWN)] for row in rows], SHOWN)
    if with_products:
        products = records(Product, [row[len(SHOWN) : -1] for row in rows], OF_PRODUCT)
        for testimonial, product, row in zip(found, products, rows, strict=True):
            testimonial.product, testimonial.has_page = product, bool(row[-1])
    return found


def _place(last: Testimonial, order: str) -> Place:
    first = {"new": None, "helpful": last.helpful}.get(order, last.stars or 0)
    return Place(first, last.written_at.replace(tzinfo=None), last.id)


def _listed(wanted: Wanted) -> list[tuple]:
    """Up to one more than a page holds, which tells whether there is a next one."""
    place, values = wanted.after, []
    values += [] if wanted.product is None else [wanted.product]
    values += [wanted.stars] if wanted.stars else []
    if place:
        values += [place.first] if wanted.order == "helpful" else []
        values += [place.written_at, place.id]
    kind = wanted.stars and "some"
    query = _query(
        wanted.order, wanted.product is not None, kind, wanted.pictured, place is not None
    )
    return query.rows(*values)


def _walked(wanted: Wanted, rating: Rating) -> list[tuple]:
    """By rating: those of one after those of the other, each the newest first.

    Of a rating that nobody gave nothing is read.
    """
    rows: list[tuple] = []
    for stars, place in _steps(wanted, rating):
        kind = "some" if stars else "none"
        values = [] if wanted.product is None else [wanted.product]
        values += [stars] if stars else []
        values += [place.written_at, place.id] if place else []
        query = _query("new", wanted.product is not None, kind, wanted.pictured, place is not None)
        rows += query.rows(*values)
        if len(rows) > PER_PAGE:
            break
    return rows


def _steps(wanted: Wanted, rating: Rating) -> Iterator[tuple[int | None, Place | None]]:
    walk = WALKS[wanted.order]
    begun = walk.index(wanted.after.first or None) if wanted.after else 0
    for stars in walk[begun:]:
        here = wanted.after and stars == (wanted.after.first or None)
        if here or rating.counted(stars or 0, wanted.pictured):
            yield stars, wanted.after if here else None


@cache
def _query(
    order: str, of_product: bool, kind: str | None, pictured: bool, goes_on: bool, most=PER_PAGE + 1
) -> Prepared:
    """The query for a kind of list: for a product (its id), for some or no stars, after a place."""

    def build(*places):
        places, its = iter(places), Testimonial
        query = its.select(*SHOWN) if of_product else _with_product()
        query = query.where(APPROVED, *([its.pictured] if pictured else []))
        columns = [its.written_at, its.id]
        if of_product:
            query = query.where(its.product == next(places))
        if kind:
            query = query.where(its.stars == next(places) if kind == "some" else its.stars >> None)
        columns = [its.helpful, *columns] if order == "helpful" else columns
        if goes_on:
            query = query.where(Tuple(*columns) < Tuple(*[next(places) for _ in columns]))
        # PostgreSQL takes a column that is NULL throughout for one that has an order still.
        columns = [its.stars, *columns] if kind == "none" else columns
        return query.order_by(*[column.desc() for column in columns]).limit(most)

    return Prepared(build)


def _with_product():
    # What is not sold any more may have no page, and is named without a link.
    has_page = Case(None, [(Product.is_reachable(), 1)], 0)
    return Testimonial.select(*SHOWN, *OF_PRODUCT, has_page).join(Product)


_ONE = Prepared(lambda number: _with_product().where(APPROVED, Testimonial.id == number))
