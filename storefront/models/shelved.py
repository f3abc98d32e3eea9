"""What is kept with a product so that lists and searches need not look further, kept true.

Whoever writes products, an import or the desk, sets facts with `apply`, gives the product its
summary, its shelves and its words here, and saves what is different.
"""

from storefront.db import Record
from storefront.models import search
from storefront.models.facet import Shelving
from storefront.models.product import Product, Variant
from storefront.models.vocabulary import Word


def apply(record: Record, facts: dict) -> list[str]:
    """Set what differs; the names of that."""
    different = [name for name, value in facts.items() if getattr(record, name) != value]
    for name in different:
        setattr(record, name, facts[name])
    return different


def save(record: Record, but: str = "") -> None:
    """Save what was set since it was read, if anything, leaving one column out."""
    changed = [column for column in record.dirty_fields if column.name != but]
    if changed:
        record.save(only=changed)


def settle(product: Product, variants: list[Variant]) -> None:
    """Bring one product, whose variants are written, up to date in all lists, and save it."""
    apply(product, product.summary(variants))
    with Shelving() as shelving:
        shelving.put(product, variants)
        save(product)
    Word.learn(search.index(product, variants))
