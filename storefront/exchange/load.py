"""Brings a catalogue into the shop: whole, in one transaction; twice the same changes nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import nh3

from storefront.db import database, is_sqlite
from storefront.exchange.catalogue import ImportedProduct, ImportedVariant
from storefront.models import Picture, Product, Variant

PRODUCT_FACTS = [
    "title",
    "vendor",
    "type",
    "status",
    "published",
    "gift_card",
    "seo_title",
    "seo_description",
    "options",
    "tags",
]
VARIANT_FACTS = [
    "position",
    "sku",
    "barcode",
    "price_minor",
    "compare_at_minor",
    "cost_minor",
    "grams",
    "stock",
    "tracked",
    "oversell",
    "needs_shipping",
    "taxable",
]


# Pictures in a description would be fetched from somebody else's host.
SAFE_TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}


class DryRun(Exception):
    """Raised inside the transaction to undo what was tried."""


@dataclass
class Report:
    """What an import did, or would do, in counts."""

    products: int = 0
    variants: int = 0
    pictures: int = 0
    made: int = 0
    changed: int = 0

    @property
    def summary(self) -> str:
        """The one line an import ends with."""
        return f"products={self.products} variants={self.variants} images={self.pictures} skipped=0"


def load(
    products: Iterable[ImportedProduct],
    currency: str,
    at: datetime,
    *,
    dry: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Report:
    """Write the products in one transaction; a dry run writes nothing.

    `tell` is given a line for each product made or changed. Whatever the reader raises goes
    through, with nothing written.
    """
    report = Report()
    try:
        with database.atomic():
            _keep_orders_waiting()
            for imported in products:
                _receive(imported, currency, at, report, tell)
            if dry:
                raise DryRun
    except DryRun:
        pass
    return report


def _keep_orders_waiting() -> None:
    """Nobody moves stock until the import ends, on PostgreSQL as on SQLite.

    An order locks variants, then products; we go the other way, and each would wait for the other.
    """
    if not is_sqlite():
        database.execute_sql("LOCK TABLE variant IN SHARE ROW EXCLUSIVE MODE")


def _receive(imported: ImportedProduct, currency: str, at: datetime, report: Report, tell) -> None:
    product = Product.get_or_none(Product.handle == imported.handle)
    new = product is None
    if new:
        product = Product(handle=imported.handle, currency=currency, made_at=at, changed_at=at)
    changed = _apply(product, _product_facts(imported))
    if changed:
        product.changed_at = at
        product.save()
    variants, touched = _receive_variants(product, imported.variants, currency)
    pictured = _receive_pictures(product, imported, variants)
    if _apply(product, product.summary(product.in_order())):
        product.save(only=product.dirty_fields)
    report.products += 1
    report.variants += len(imported.variants)
    report.pictures += len(imported.pictures)
    report.made += new
    report.changed += bool(not new and (changed or touched or pictured))
    if new or changed or touched or pictured:
        count = "1 variant" if len(variants) == 1 else f"{len(variants)} variants"
        tell(f"line {imported.line}: {'make' if new else 'change'} {imported.handle}, {count}")


def _product_facts(imported: ImportedProduct) -> dict:
    facts = {name: getattr(imported, name) for name in PRODUCT_FACTS}
    facts |= {"options": list(imported.options), "tags": list(imported.tags)}
    return facts | {"description": nh3.clean(imported.description, tags=SAFE_TAGS)}


def _apply(record, facts: dict) -> bool:
    """Set what differs; whether anything did."""
    different = {name: value for name, value in facts.items() if getattr(record, name) != value}
    for name, value in different.items():
        setattr(record, name, value)
    return bool(different)


def _receive_variants(
    product: Product, imported: Iterable[ImportedVariant], currency: str
) -> tuple[list[Variant], bool]:
    known = {tuple(variant.choice): variant for variant in product.variants}
    variants, touched = [], False
    for position, given in enumerate(imported):
        variant = known.pop(given.choice, None) or Variant(
            product=product, choice=list(given.choice), currency=currency
        )
        facts = {name: getattr(given, name) for name in VARIANT_FACTS if name != "position"}
        if _apply(variant, facts | {"position": position}) or not variant.id:
            variant.save()
            touched = True
        variants.append(variant)
    for gone in known.values():
        gone.delete_instance()
        touched = True
    return variants, touched


def _receive_pictures(product: Product, imported: ImportedProduct, variants: list[Variant]) -> bool:
    shown = {g.picture: v for g, v in zip(imported.variants, variants, strict=True) if g.picture}
    known = {picture.source: picture for picture in product.pictures}
    touched = False
    for position, source, alt in _wanted_pictures(imported):
        picture = known.pop(source, None) or Picture(product=product, source=source)
        facts = {"position": position, "alt": alt, "variant": shown.get(source)}
        if _apply(picture, facts) or not picture.id:
            picture.save()
            touched = True
    for gone in known.values():
        gone.delete_instance()
        touched = True
    return touched


def _wanted_pictures(imported: ImportedProduct) -> Iterator[tuple[int, str, str]]:
    for picture in imported.pictures:
        yield picture.position, picture.source, picture.alt
