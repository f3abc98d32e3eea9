"""The shelves in memory: which products have which facet, for counting and narrowing listings.

Each process keeps the bitmaps and, at each request, asks for those that changed since: one query,
which as a rule gives none, and which edition is out. A change that was committed counts at the next
request, everywhere.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from peewee import JOIN, fn
from pyroaring import BitMap

from storefront.models.edition import Edition
from storefront.models.facet import Facet, FacetValue
from storefront.prepared import Prepared

ALL = ("all", "all")
REMEMBERED = 500  # narrowings

T = TypeVar("T")


def _changed(version):
    """The edition that is out, in one row at least; in each a value that changed since."""
    sums = fn.COUNT(Edition.id).alias("n"), fn.COALESCE(fn.SUM(Edition.number), 0).alias("s")
    out = Edition.select(*sums).alias("out")
    columns = (FacetValue.name, FacetValue.value, FacetValue.products, FacetValue.version)
    return (
        out.select_from(out.c.n, out.c.s, *columns)
        .join(FacetValue, JOIN.LEFT_OUTER, on=(FacetValue.version > version))
        .order_by(FacetValue.version)
    )


_CHANGED = Prepared(_changed)


@dataclass(frozen=True)
class Choice:
    """One value of a facet as it is offered: how many products it would leave, if it is chosen."""

    value: str
    count: int
    chosen: bool


@dataclass(eq=False)
class Narrowed:
    """What a listing comes down to: the products, and each facet's choices with true counts."""

    products: BitMap
    choices: dict[str, list[Choice]] = field(default_factory=dict)


class Shelf:
    """The bitmaps of all facets, kept up to date by version."""

    def __init__(self) -> None:
        self.version = -1
        self.edition: tuple = ()
        self._kept: dict[str, tuple] = {}
        self._narrowed: dict[tuple, Narrowed] = {}
        self._values: dict[str, dict[str, BitMap]] = {}
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Take in what changed since the last call; one query."""
        with self._lock:
            for *edition, name, value, products, version in _CHANGED.rows(self.version):
                self.edition = tuple(edition)
                if version is None:
                    break
                self._values.setdefault(name, {})[value] = BitMap.deserialize(bytes(products))
                self._narrowed.clear()
                self.version = version

    def kept(self, name: str, read: Callable[[], T]) -> T:
        """What `read()` gives, kept under that name until another edition is out."""
        edition, kept = self.edition, self._kept.get(name)
        if kept is None or kept[0] != edition:
            kept = self._kept[name] = (edition, read())
        return kept[1]

    def of(self, name: str, value: str) -> BitMap:
        """The products that have that value; none for a facet nobody knows."""
        return self._values.get(name, {}).get(value, BitMap())

    def knows(self, name: str, value: str | None = None) -> bool:
        """Whether there is such a facet, or such a value of it."""
        return name in self._values and (value is None or value in self._values[name])

    def narrow(self, within: BitMap | Facet, chosen: dict[str, tuple[str, ...]]) -> Narrowed:
        """The products of `within`, or of a facet's value, that have what was chosen.

        Values of one facet widen, facets narrow each other. The choices of each facet are counted
        without that facet's own choice, so that choosing one does not hide the others. What a
        facet comes down to is remembered until something on the shelves changes.
        """
        if isinstance(within, BitMap):
            return self._narrow(within, chosen)
        asked = (within, *chosen.items())
        with self._lock:
            if asked not in self._narrowed:
                if len(self._narrowed) >= REMEMBERED:
                    self._narrowed.clear()
                self._narrowed[asked] = self._narrow(self.of(*within), chosen)
            return self._narrowed[asked]

    def _narrow(self, within: BitMap, chosen: dict[str, tuple[str, ...]]) -> Narrowed:
        everything = within & self.of(*ALL)
        wanted = {name: self._any_of(name, values) for name, values in chosen.items() if values}
        products = everything.intersection(*wanted.values()) if wanted else everything
        narrowed = Narrowed(products)
        for name in self.facets():
            others = [bitmap for other, bitmap in wanted.items() if other != name]
            base = everything.intersection(*others) if others else everything
            narrowed.choices[name] = list(self._counted(name, base, chosen.get(name, ())))
        return narrowed

    def _any_of(self, name: str, values: Iterable[str]) -> BitMap:
        return BitMap.union(*[self.of(name, value) for value in values])

    def _counted(self, name: str, base: BitMap, chosen: Iterable[str]):
        for value, bitmap in self._values.get(name, {}).items():
            count = base.intersection_cardinality(bitmap)
            if count or value in chosen:
                yield Choice(value, count, value in chosen)

    def facets(self) -> list[str]:
        """The names of all facets that a shopper may choose from."""
        hidden = ("all",)
        names = [n for n in self._values if n not in hidden and not n.startswith("collection:")]
        return sorted(names)
