"""What a listing can be narrowed by: for each value of each facet, the products that have it.

The products of a value are a roaring bitmap of product ids, kept when a product is written, so
that counts cost the same however much is on the shelves. Facets are named `type`, `vendor`,
`price`, `stock`, `option:Size` …, `collection:rain-ready`; `all` holds everything on sale.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from peewee import BlobField, IntegerField, TextField
from pyroaring import BitMap

from storefront.db import Record, database, locked
from storefront.models.collection_rule import CollectionRule
from storefront.models.product import Product, Variant
from storefront.money import decimals

IN_STOCK = ("stock", "in stock")
# Upper ends of the price ranges, in whole units of the currency (hundreds of yen or won).
PRICE_ENDS = (25, 50, 100, 150, 250)

Facet = tuple[str, str]


class CatalogueVersion(Record):
    """One row: a number that grows with each change of the shelves, in the order of commits."""

    number = IntegerField(default=0)

    @classmethod
    def advance(cls) -> int:
        """The next number; whoever has it keeps others from changing the shelves until commit."""
        cls.update(number=cls.number + 1).execute()
        return cls.select(cls.number).scalar()


class FacetValue(Record):
    """The products on sale that have one value of one facet."""

    name = TextField()
    value = TextField()
    products = BlobField()
    version = IntegerField(index=True)

    impersonal = ("name", "value", "products")

    class Meta:
        indexes = ((("name", "value"), True),)

    @property
    def bitmap(self) -> BitMap:
        """The products' ids."""
        return BitMap.deserialize(bytes(self.products))

    @classmethod
    def held(cls, facet: Facet) -> BitMap:
        """The ids of the products that have a facet's value."""
        row = cls.get_or_none(cls.name == facet[0], cls.value == facet[1])
        return row.bitmap if row else BitMap()


class Shelving:
    """Gathers how products' facets change in one transaction, and writes each value once.

    Use it as a context inside the transaction: leaving the block writes. Products are saved by
    then, because collections by rule look at what is in the database.
    """

    def __init__(self) -> None:
        self._touched: set[int] = set()
        self._version: int | None = None
        self._added: dict[Facet, set[int]] = defaultdict(set)
        self._removed: dict[Facet, set[int]] = defaultdict(set)

    def __enter__(self) -> "Shelving":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.write()

    def put(self, product: Product, variants: Iterable[Variant]) -> None:
        """Give the product the facets that it has now; the caller saves it before the end."""
        self._move(product, facets_of(product, list(variants)))

    def note_stock(self, product: Product, available: bool) -> None:
        """Note that something of a product is left, or nothing."""
        others = {facet for facet in _known(product) if facet != IN_STOCK}
        on_sale = ("all", "all") in others
        self._move(product, others | {IN_STOCK} if available and on_sale else others)

    def mark(self, facet: Facet, products: Iterable[Product], before: Iterable[Product]) -> None:
        """Have exactly `products` carry a facet that is not derived from them: a collection."""
        now, then = BitMap(p.id for p in products), BitMap(p.id for p in before)
        self._put(facet, now - then, then - now)

    def move(self, facet: Facet, to: Facet | None) -> None:
        """Have what carries a facet carry another instead, or neither; the shelves are held."""
        self.hold()
        carried = FacetValue.held(facet)
        self._put(facet, BitMap(), carried)
        if to:
            self._put(to, carried, BitMap())

    def _put(self, facet: Facet, added: BitMap, removed: BitMap) -> None:
        if added or removed:
            self._added[facet] |= set(added)
            self._removed[facet] |= set(removed)

    def hold(self) -> int:
        """Keep all others from changing the shelves until the commit; the version to be."""
        if self._version is None:
            self._version = CatalogueVersion.advance()
        return self._version

    def _move(self, product: Product, now: set[Facet]) -> None:
        before = _known(product)
        if now != before or product.dirty_fields:  # an import puts what is as it was, too
            self._touched.add(product.id)
        for facet in now - before:
            self._added[facet].add(product.id)
        for facet in before - now:
            self._removed[facet].add(product.id)
        product.facets = sorted(list(facet) for facet in now)

    def write(self) -> None:
        """Write what has changed; nothing else may change the shelves until the commit."""
        if not (self._added or self._removed or self._touched):
            return
        with database.atomic():
            version = self.hold()
            if self._touched:
                for ruled in CollectionRule.in_force():
                    self.follow(ruled, self._touched)
            for facet in sorted(self._added.keys() | self._removed.keys()):
                self._write_one(facet, version)
        for gathered in (self._added, self._removed, self._touched):
            gathered.clear()
        self._version = None  # whoever goes on in this transaction takes the next

    def follow(self, ruled: CollectionRule, among: Iterable[int] | None = None) -> int:
        """Have a collection hold what meets its rule now, of these products or of all; how many.

        The shelves are held, so that two who change them at once do not pass each other by.
        """
        self.hold()
        facet = ruled.collection.facet
        before, fits = FacetValue.held(facet), ruled.fitting(among)
        if among is not None and not ruled.is_ranked:
            fits |= before - BitMap(among)
        self._put(facet, fits - before, before - fits)
        first = ruled.pictured_by(fits)
        if first != ruled.first_id:
            ruled.first = first
            ruled.save(only=[CollectionRule.first])
        return len(fits)

    def _write_one(self, facet: Facet, version: int) -> None:
        name, value = facet
        row = FacetValue.get_or_none(FacetValue.name == name, FacetValue.value == value)
        before = row.bitmap if row else BitMap()
        bitmap = (before | BitMap(self._added[facet])) - BitMap(self._removed[facet])
        if row and bitmap == before:
            return
        row = row or FacetValue(name=name, value=value)
        row.products, row.version = bitmap.serialize(), version
        row.save()


def _known(product: Product) -> set[Facet]:
    return {(name, value) for name, value in product.facets}


def note_availability(ids: Iterable[int]) -> None:
    """Note whether anything is left of these products, once their stock has moved.

    In the caller's transaction. The rows are locked first: of two orders that take the last two
    sizes of a product at once, the second then sees what the first took.
    """
    columns = (Product.id, Product.available, Product.facets)
    rows = Product.select(*columns).where(Product.id.in_(list(ids))).order_by(Product.id)
    with Shelving() as shelving:
        for product in list(locked(rows)):
            buyable = ~Variant.limited() | (Variant.stock > 0)
            available = Variant.select().where(Variant.product == product, buyable).exists()
            if available != product.available:
                product.available = available
                shelving.note_stock(product, available)
                product.save(only=[Product.available, Product.facets])


def facets_of(product: Product, variants: list[Variant]) -> set[Facet]:
    """All facets that a product has; none when it is not on sale."""
    if product.status != "active" or not product.published:
        return set()
    facets = {("all", "all"), ("type", product.type), ("vendor", product.vendor)}
    facets |= {("price", price_range(v.price_minor, v.currency)) for v in variants}
    for n, name in enumerate(product.options):
        facets |= {(f"option:{one_name(name)}", variant.choice[n]) for variant in variants}
    if product.available:
        facets.add(IN_STOCK)
    # A product that comes in one form only says so with an option named Title.
    return {(name, value) for name, value in facets if value and name != "option:Title"}


def one_name(option: str) -> str:
    """The one name for an option that merchants write in several ways: "SIZE ", "size", "Size"."""
    return re.sub(r"\W+", " ", option).strip().capitalize() or option


def price_range(minor: int, currency: str) -> str:
    """The range a price lies in: "0-25" up to "250-", in whole units of the currency."""
    unit = 10 ** decimals(currency) if decimals(currency) else 100
    starts = (0, *PRICE_ENDS)
    for start, end in zip(starts, PRICE_ENDS, strict=False):
        if minor < end * unit:
            return f"{start}-{end}"
    return f"{PRICE_ENDS[-1]}-"
