"""Writes a handful of imported products with few statements, however many there are in all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from storefront.exchange import facts
from storefront.exchange.catalogue import ImportedProduct
from storefront.exchange.known import Acquaintances
from storefront.models import Picture, Product, Redirect, Variant, price, search, shelved
from storefront.models.facet import Shelving, facets_of
from storefront.models.picture import FROM_FOLDER

ROWS = 500  # that one statement inserts; databases limit how many values it may carry


@dataclass
class Received:
    """One product of a batch: what the file says of it, its records, and what changed in them."""

    imported: ImportedProduct
    product: Product
    is_new: bool
    changes: list[str] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    recounted: int = 0

    def __str__(self) -> str:
        """The line of a dry run: `line 2: change mug, 2 variants (title, price)`."""
        verb = "make" if self.is_new else "change" if self.changes else "same"
        number = len(self.imported.variants)
        line = f"line {self.imported.line}: {verb} {self.product.handle}, "
        line += "1 variant" if number == 1 else f"{number} variants"
        what = ", ".join(dict.fromkeys(map(_in_words, self.changes)))
        return line if self.is_new or not what else f"{line} ({what})"


def _in_words(name: str) -> str:
    special = {"position": "order of variants", "extra": "columns kept", "facets": "shelves"}
    return special.get(name, name.removesuffix("_minor").replace("_", " "))


class Batch:
    """Writes products, batch by batch, in the caller's transaction."""

    def __init__(
        self,
        known: Acquaintances,
        shelving: Shelving,
        currency: str,
        at: datetime,
        keep_stock: bool = False,
    ) -> None:
        self.known, self.shelving = known, shelving
        self.currency, self.at, self.keep_stock = currency, at, keep_stock
        self.new_pictures: list[Picture] = []

    def write(self, items: list[ImportedProduct]) -> list[Received]:
        """Write these products, whose handles all differ; what became of each."""
        self.new_pictures = []
        batch = self._meet(items)
        variants, pictures = _of(Variant, batch), _of(Picture, batch)
        gone = [v for received in batch for v in self._arrange(received, variants)]
        self._write_products(batch)
        self._write_variants(batch, gone)
        self._write_pictures(batch, pictures)
        for received in batch:
            self._shelve(received)
        return batch

    def _meet(self, items: list[ImportedProduct]) -> list[Received]:
        """Each item with its product, the shop's own or a new one."""
        ids = {item.handle: self.known.find(item) for item in items if item.keys}
        wanted = [item.handle for item in items]
        same = Product.handle.in_(wanted) | Product.id.in_([i for i in ids.values() if i])
        found = list(Product.select().where(same))
        by_id, taken = {p.id: p for p in found}, {p.handle: p for p in found}
        batch = []
        for item in items:
            product = by_id.get(ids.get(item.handle)) if item.keys else taken.get(item.handle)
            batch.append(Received(item, product or self._new(item, taken), product is None))
        return batch

    def _new(self, item: ImportedProduct, taken: dict[str, Product]) -> Product:
        handle = free(item.handle, taken) if item.keys else item.handle
        product = Product(
            handle=handle, currency=self.currency, made_at=self.at, changed_at=self.at
        )
        taken[handle] = product
        return product

    def _arrange(self, received: Received, known: dict[int, list[Variant]]) -> list[Variant]:
        """Set what the file says on product and variants; the variants it no longer has."""
        imported, product = received.imported, received.product
        received.changes += shelved.apply(product, facts.of_product(imported, product))
        theirs = {tuple(v.choice): v for v in known[product.id]} if product.id else {}
        for position, given in enumerate(imported.variants):
            variant = theirs.pop(given.choice, None)
            is_new = variant is None
            if is_new:
                variant = Variant(
                    product=product, choice=list(given.choice), currency=self.currency
                )
            told = facts.of_variant(given, position, imported, variant)
            if not is_new:
                self._look_at_stock(received, variant, told)
            changed = shelved.apply(variant, told)
            received.changes += ["new variants"] if is_new else changed
            received.variants.append(variant)
        received.changes += ["variants gone"] if theirs else []
        shelved.apply(product, product.summary(received.variants))
        return list(theirs.values())

    def _look_at_stock(self, received: Received, variant: Variant, told: dict) -> None:
        """Count what would be counted anew, and take it out of what the file tells if wished."""
        if variant.stock is None or told.get("stock", variant.stock) == variant.stock:
            return
        received.recounted += variant.tracked
        if self.keep_stock:
            del told["stock"]

    def _write_products(self, batch: list[Received]) -> None:
        """Insert the new ones, with their facets; take over the handles that led elsewhere."""
        new = [received for received in batch if received.is_new]
        for received in new:
            shelves = facets_of(received.product, received.variants)
            received.product.facets = sorted(list(facet) for facet in shelves)
        products = [received.product for received in new]
        if products:
            handles = [product.handle for product in products]
            Redirect.delete().where(Redirect.handle.in_(handles)).execute()
            Product.bulk_create(products, ROWS // 5)
            rows = Product.select(Product.handle, Product.id).where(Product.handle.in_(handles))
            ids = dict(rows.tuples())
            for product in products:
                product.id = ids[product.handle]

    def _write_variants(self, batch: list[Received], gone: list[Variant]) -> None:
        """Delete, change and insert; the new ones know their ids afterwards."""
        if gone:
            Variant.delete().where(Variant.id.in_([variant.id for variant in gone])).execute()
        every = [variant for received in batch for variant in received.variants]
        new = [variant for variant in every if not variant.id]
        known = [variant for variant in every if variant.id]
        price.note(known, self.at)
        for variant in known:
            shelved.save(variant)
        for variant in new:
            variant.product_id = variant.product.id
        Variant.bulk_create(new, ROWS)
        if new:
            price.note_new({variant.product_id for variant in new}, self.at)
        pictured = {r.product.id for r in batch if r.imported.pictures}
        _find_ids([variant for variant in new if variant.product_id in pictured])

    def _write_pictures(self, batch: list[Received], known: dict[int, list[Picture]]) -> None:
        """As for variants; pictures are known by where they are. Those from a folder stay."""
        touched = set()
        for received in batch:
            if "pictures" not in received.imported.unsaid:
                theirs = known[received.product.id]
                touched |= self._hang(received, {p.source: p for p in theirs})
        Picture.bulk_create(self.new_pictures, ROWS)
        if touched:
            Picture.note_cards(touched)

    def _hang(self, received: Received, known: dict[str, Picture]) -> set[int]:
        """Change a product's pictures and gather the new ones; its id if a card may change."""
        before = list(received.changes)
        pairs = zip(received.imported.variants, received.variants, strict=True)
        shown = {given.picture: variant.id for given, variant in pairs if given.picture}
        for given in received.imported.pictures:
            new = Picture(product_id=received.product.id, source=given.source)
            picture = known.pop(given.source, None) or new
            told = {"position": given.position, "variant_id": shown.get(given.source)}
            told |= {} if given.alt is None else {"alt": given.alt}
            if shelved.apply(picture, told) or not picture.id:
                received.changes.append("pictures")
                if picture.id:
                    picture.save(only=["position", "variant", "alt"])
                else:
                    self.new_pictures.append(picture)
        gone = [p.id for p in known.values() if not p.source.startswith(FROM_FOLDER)]
        if gone:
            Picture.delete().where(Picture.id.in_(gone)).execute()
            received.changes.append("pictures")
        changed = received.changes != before and not received.is_new
        return {received.product.id} if changed else set()

    def _shelve(self, received: Received) -> None:
        """Put the product on its shelves and into the search, and save it where it changed."""
        product, before = received.product, received.product.facets
        if received.is_new:
            product.facets = []
        self.shelving.put(product, received.variants)
        if product.facets != before:
            received.changes.append("facets")
        if received.is_new or received.changes:
            received.words = search.index(product, received.variants)
        if not received.is_new:
            if received.changes:
                product.changed_at = self.at
            shelved.save(product, but="" if product.facets != before else "facets")


def free(handle: str, taken: dict[str, Product]) -> str:
    """The handle, or the first of handle-2, handle-3 … that no product has."""
    for number in count(1):
        tried = handle if number == 1 else f"{handle}-{number}"
        if tried not in taken and (number == 1 or not _exists(tried)):
            return tried
    raise AssertionError("counting does not end")


def _exists(handle: str) -> bool:
    return Product.select().where(Product.handle == handle).exists()


def _of(record, batch: Iterable[Received]) -> dict[int, list]:
    """The records of these products that are in the shop already, by product; one query."""
    found = defaultdict(list)
    ids = [received.product.id for received in batch if not received.is_new]
    for row in record.select().where(record.product.in_(ids)) if ids else ():
        found[row.product_id].append(row)
    return found


def _find_ids(variants: list[Variant]) -> None:
    """Give freshly inserted variants their ids, where the database did not tell."""
    unknown = [variant for variant in variants if not variant.id]
    if unknown:
        rows = Variant.select(Variant.id, Variant.product, Variant.choice)
        ids = {v.product_id for v in unknown}
        found = {
            (v.product_id, tuple(v.choice)): v.id for v in rows.where(Variant.product.in_(ids))
        }
        for variant in unknown:
            variant.id = found[variant.product_id, tuple(variant.choice)]
