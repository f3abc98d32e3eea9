"""What an imported product says, as the columns of the shop's records."""

import re
from collections import Counter
from html import escape

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

# The time that parsing takes grows with the square of the depth: a cell of tags that are opened
# and never closed would hold the database for hours.
DEEPEST = 1000
TAG = re.compile(r"<(/?)([a-z][^\s/>]*)", re.IGNORECASE)
# What has no end of its own, or ends where the next begins.
FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd tr td th thead tbody tfoot option".split()
)


def clean(html: str) -> str:
    """HTML that runs and fetches nothing; what is nested too deeply to be read comes as text."""
    if _depth(html) > DEEPEST:
        return escape(html, quote=False)
    return nh3.clean(html, tags=SAFE_TAGS)


def _depth(html: str) -> int:
    """How many elements are open at most, or a little more."""
    opened, depth, deepest = Counter(), 0, 0
    for end, name in TAG.findall(html):
        name = name.lower()
        if name in FLAT:
            continue
        step = 1 if not end else -min(1, opened[name])
        opened[name] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest


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
