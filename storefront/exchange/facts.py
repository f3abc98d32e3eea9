"""What an imported product says, as the columns of the shop's records."""

import nh3

from storefront.exchange.catalogue import ImportedProduct, ImportedVariant
from storefront.models import Product, Variant

PRODUCT_FACTS = (
    *("title", "vendor", "type", "category", "status", "published", "kind", "gift_card"),
    *("seo_title", "seo_description", "external_url", "button_text"),
)
VARIANT_FACTS = (
    *("sku", "barcode", "price_minor", "compare_at_minor", "cost_minor", "grams", "stock"),
    *("tracked", "oversell", "needs_shipping", "taxable"),
)

# Pictures in a description would be fetched from somebody else's host.
SAFE_TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}


def clean(html: str) -> str:
    """HTML that runs and fetches nothing."""
    return nh3.clean(html, tags=SAFE_TAGS)


def of_product(imported: ImportedProduct, product: Product) -> dict:
    """The columns of the product that the file tells something about, by name."""
    facts = {name: getattr(imported, name) for name in PRODUCT_FACTS}
    facts |= {"options": list(imported.options), "tags": list(imported.tags)}
    facts |= {"description": clean(imported.description), "short": clean(imported.short)}
    facts["extra"] = merged(product.extra, imported.format, imported.extra, imported.told)
    return {name: value for name, value in facts.items() if name not in imported.unsaid}


def of_variant(
    given: ImportedVariant, position: int, imported: ImportedProduct, variant: Variant
) -> dict:
    """The columns of a variant that the file tells something about, by name."""
    facts = {name: getattr(given, name) for name in VARIANT_FACTS}
    extra = merged(variant.extra, imported.format, given.extra, imported.told)
    if "pictures" not in imported.unsaid:
        extra.pop("picture", None)
        extra |= {"picture": given.picture} if given.picture else {}
    facts = {name: value for name, value in facts.items() if name not in imported.unsaid}
    return facts | {"position": position, "extra": extra}


def merged(extra: dict, format: str, given: dict, told: frozenset[str]) -> dict:
    """What is kept for a record, with what a file in this format says in the columns it has."""
    kept = {name: cell for name, cell in extra.get(format, {}).items() if name not in told}
    others = {name: cells for name, cells in extra.items() if name != format}
    return others | ({format: kept | given} if kept or given else {})
