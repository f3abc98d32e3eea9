"""The shelves in memory: which products have which facet, for counting and narrowing listings.

Each process keeps the bitmaps and, at each request, asks for those that changed since: one query,
which as a rule gives nothing. A change that was committed counts at the next request, everywhere.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyroaring import BitMap

from storefront.models.facet import FacetValue

ALL = ("all", "all")


@dataclass(frozen=True)
class Choice:
    """One value of a facet as it is offered: how many products it would leave, if it is chosen."""

    value: str
    count: int
    chosen: bool


@dataclass
class Narrowed:
    """What a listing comes down to: the products, and each facet's choices with true counts."""

    products: BitMap
    choices: dict[str, list[Choice]] = field(default_factory=dict)


class Shelf:
    """The bitmaps of all facets, kept up to date by version."""

    def __init__(self) -> None:
        self._seen = -1
        self._values: dict[str, dict[str, BitMap]] = {}
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Take in what changed since the last call; one query."""
        with self._lock:
            changed = FacetValue.select().where(FacetValue.version > self._seen)
            for row in changed.order_by(FacetValue.version):
                values = self._values.setdefault(row.name, {})
                values[row.value] = row.bitmap
                self._seen = row.version

    def of(self, name: str, value: str) -> BitMap:
        """The products that have that value; none for a facet nobody knows."""
        return self._values.get(name, {}).get(value, BitMap())

    def knows(self, name: str, value: str | None = None) -> bool:
        """Whether there is such a facet, or such a value of it."""
        return name in self._values and (value is None or value in self._values[name])

    def narrow(
        self, within: BitMap | None, chosen: dict[str, list[str]], offered: Iterable[str]
    ) -> Narrowed:
        """The products of `within` (None for all on sale) that have what was chosen.

        Values of one facet widen, facets narrow each other. The choices of each `offered` facet
        are counted without that facet's own choice, so that choosing one does not hide the others.
        """
        everything = self.of(*ALL) if within is None else within & self.of(*ALL)
        wanted = {name: self._any_of(name, values) for name, values in chosen.items() if values}
        products = everything.intersection(*wanted.values()) if wanted else everything
        narrowed = Narrowed(products)
        for name in offered:
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
