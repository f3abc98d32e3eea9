"""How lists begin at a moment: what staff have pinned there, laid over the list's own order."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from pyroaring import BitMap

from storefront.models import search
from storefront.models.collection import Collection
from storefront.models.period import is_within, next_of
from storefront.models.pin import Pin
from storefront.models.showcase import PRODUCTS


class Pinned(NamedTuple):
    """Products at their places in a list, from 1, by place; and those that come before the rest."""

    placed: tuple[tuple[int, int], ...] = ()
    ahead: BitMap = BitMap()

    def page(
        self, products: BitMap, ranked: list[int] | None, start: int, end: int
    ) -> Sequence[int]:
        """The ids from `start` to before `end` of these products, each of which stands once.

        `ranked` is the list's own order, None for the newest first. What is not among the products
        is passed over; where there are fewer products than a place says, it is the last.
        """
        places = self._places(products)
        rest = products - BitMap(places.values())
        ahead = rest & self.ahead
        runs = [_ordered(part, ranked) for part in (ahead, rest - ahead)]
        passed, ids = start - sum(n < start for n in places), []
        for n in range(start, min(end, len(products))):
            if n in places:
                ids.append(places[n])
                continue
            of_rest = passed >= len(runs[0])
            ids.append(runs[of_rest][passed - len(runs[0]) * of_rest])
            passed += 1
        return ids

    def _places(self, products: BitMap) -> dict[int, int]:
        """The product at each place, from 0: two never share one, none lies behind the end."""
        there = dict.fromkeys(number for _, number in self.placed if number in products)
        wanted = {number: place - 1 for place, number in reversed(self.placed)}
        places, free = [], 0
        for number in there:
            places.append(max(wanted[number], free))
            free = places[-1] + 1
        last = len(products)
        for n in reversed(range(len(places))):
            last = places[n] = min(places[n], last - 1)
        return dict(zip(places, there, strict=True))


class _Newest(Sequence):
    """The products of a bitmap, the newest first, none of which is looked at before it is asked."""

    def __init__(self, products: BitMap) -> None:
        self._products = products

    def __len__(self) -> int:
        return len(self._products)

    def __getitem__(self, n: int) -> int:
        return self._products[len(self._products) - 1 - n]


def _ordered(products: BitMap, ranked: list[int] | None) -> Sequence[int]:
    """The products that are ranked, in that order, and behind them the others, the newest first."""
    ahead = [number for number in ranked if number in products] if ranked else []
    others = _Newest(products - BitMap(ahead) if ahead else products)
    return _Led(ahead, others) if ahead else others


class _Led(Sequence):
    """One sequence behind the other, neither of which is copied."""

    def __init__(self, first: Sequence[int], then: Sequence[int]) -> None:
        self._first, self._then = first, then

    def __len__(self) -> int:
        return len(self._first) + len(self._then)

    def __getitem__(self, n: int) -> int:
        behind = n - len(self._first)
        return self._first[n] if behind < 0 else self._then[behind]


class _Row(NamedTuple):
    """A pin as it is kept in memory: `where` names its list, `facet` the products of a boost."""

    where: str | int
    place: int | None
    product: int | None
    facet: tuple[str, str] | None
    tagged: BitMap
    starts_at: datetime | None
    ends_at: datetime | None


class Pins:
    """What all lists begin with, now and later; to be read anew when the edition has changed."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._rows = list(rows)

    @classmethod
    def read(cls, at: datetime) -> "Pins":
        """All that is not over then; a query, and a few for each tag that there is."""
        ends = Pin.ends_at.is_null() | (Pin.ends_at > at)
        kept = Pin.select(Pin, Collection.slug.alias("slug")).where(ends)
        kept = kept.left_outer_join(Collection, on=(Pin.of_collection == Collection.id))
        tagged = cache(search.tagged)  # many pins may be of one tag
        return cls(_kept(pin, tagged) for pin in kept.order_by(Pin.place, Pin.id).objects())

    def of(self, where: str | int, at: datetime, facet: Callable[[str, str], BitMap]) -> Pinned:
        """How a list begins then: that of `PRODUCTS`, of a collection's number, of `searched(…)`.

        `facet(name, value)` gives the products that have that.
        """
        rows = [r for r in self._rows if r.where == where and is_within(at, r.starts_at, r.ends_at)]
        if not rows:
            return NOTHING
        placed = tuple((row.place, row.product) for row in rows if row.place is not None)
        ahead = BitMap.union(*[row.tagged for row in rows if row.place is None], BitMap())
        for row in rows:
            ahead |= facet(*row.facet) if row.facet else BitMap()
        return Pinned(placed, ahead)

    def next_change(self, at: datetime) -> datetime | None:
        """The next moment at which any list may begin with something else."""
        return next_of(at, [one for row in self._rows for one in (row.starts_at, row.ends_at)])


NOTHING = Pinned()


def searched(words: Iterable[str]) -> str:
    """What names the list of a search for these words, in whatever order they come."""
    return f"search {' '.join(sorted(words))}"


def _kept(pin: Pin, tagged: Callable[[str], list[int]]) -> _Row:
    where = pin.collection_id or (searched(pin.words.split()) if pin.words else PRODUCTS)
    facet = ("type", pin.type) if pin.type else None
    if pin.of_collection_id:
        facet = Collection(slug=pin.slug).facet
    some = BitMap([pin.product_id] if pin.product_id else tagged(pin.tag))
    return _Row(where, pin.place, pin.product_id, facet, some, pin.starts_at, pin.ends_at)
