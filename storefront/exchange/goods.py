"""The shop's products for a writer: in the order of their making, a batch at a time."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from storefront.models import Picture, Product, Variant
from storefront.models.picture import FROM_FOLDER

BATCH = 200


@dataclass(frozen=True)
class Good:
    """A product with its variants and pictures in the merchant's order."""

    product: Product
    variants: list[Variant]
    pictures: list[Picture]

    def picture_of(self, variant: Variant) -> str:
        """Where the picture is that a variant shows, or ""."""
        named = variant.extra.get("picture")
        for picture in self.pictures:
            if picture.source == named or (not named and picture.variant_id == variant.id):
                return picture.source
        return ""


@dataclass
class Written:
    """What a writer wrote, in counts; `left_out` are products that the format cannot say."""

    products: int = 0
    variants: int = 0
    pictures: int = 0
    left_out: int = 0

    @property
    def summary(self) -> str:
        """The one line an export ends with."""
        return (
            f"products={self.products} variants={self.variants} "
            f"images={self.pictures} left_out={self.left_out}"
        )

    def note(self, good: Good) -> None:
        """Count one product."""
        self.products += 1
        self.variants += len(good.variants)
        self.pictures += len(good.pictures)


@dataclass
class Kept:
    """What all products keep of one format: the columns' names, and how many attributes at most."""

    of_products: dict[str, None] = field(default_factory=dict)
    of_variants: dict[str, None] = field(default_factory=dict)
    attributes: int = 0


def every() -> Iterator[Good]:
    """All products; three queries a batch, however many there are."""
    for products in _batches(Product.select()):
        ids = [product.id for product in products]
        variants = _by_product(Variant, ids)
        pictures = _by_product(Picture, ids)
        for product in products:
            linked = [p for p in pictures[product.id] if _is_from_a_file(p)]
            yield Good(product, variants[product.id], linked)


def kept_of(format: str) -> Kept:
    """What is kept of a format, which a header must have room for. Reads every product once."""
    kept = Kept()
    for products in _batches(Product.select(Product.id, Product.extra, Product.options)):
        for product in products:
            cells = product.extra.get(format, {})
            kept.of_products |= dict.fromkeys(cells)
            attributes = len(cells.get("attributes", ())) + len(product.options)
            kept.attributes = max(kept.attributes, attributes)
    for variants in _batches(Variant.select(Variant.id, Variant.extra), Variant):
        for variant in variants:
            kept.of_variants |= dict.fromkeys(variant.extra.get(format, {}))
    return kept


def _batches(query, record=Product) -> Iterator[list]:
    last = 0
    while batch := list(query.where(record.id > last).order_by(record.id).limit(BATCH)):
        yield batch
        last = batch[-1].id


def _by_product(record, ids: list[int]) -> dict[int, list]:
    found = defaultdict(list)
    rows = record.select().where(record.product.in_(ids))
    for row in rows.order_by(record.position, record.id):
        found[row.product_id].append(row)
    return found


def _is_from_a_file(picture: Picture) -> bool:
    return bool(picture.source) and not picture.source.startswith(FROM_FOLDER)
