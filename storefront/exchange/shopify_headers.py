"""The headers of a Shopify file: which columns are read, kept, and written, by which names.

What is written are the names that Shopify documents today ("Using CSV files to import and export
products", help.shopify.com), which the tables here call the newer ones.
"""

from collections.abc import Container

# Every column that is read, by the names it goes under: the older, then the newer.
COLUMNS = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "description": ("Body (HTML)", "Description"),
    "vendor": ("Vendor",),
    "category": ("Product Category",),
    "type": ("Type",),
    "tags": ("Tags",),
    "status": ("Status",),
    "published": ("Published", "Published on online store"),
    "gift_card": ("Gift Card",),
    "seo_title": ("SEO Title",),
    "seo_description": ("SEO Description",),
    "option1_name": ("Option1 Name",),
    "option1_value": ("Option1 Value",),
    "option2_name": ("Option2 Name",),
    "option2_value": ("Option2 Value",),
    "option3_name": ("Option3 Name",),
    "option3_value": ("Option3 Value",),
    "sku": ("Variant SKU", "SKU"),
    "barcode": ("Variant Barcode", "Barcode"),
    "price": ("Variant Price", "Price"),
    "compare_at": ("Variant Compare At Price", "Compare-at price"),
    "cost": ("Cost per item",),
    "grams": ("Variant Grams", "Weight value (grams)"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "stock": ("Variant Inventory Qty", "Inventory quantity"),
    "when_sold_out": ("Variant Inventory Policy", "Continue selling when out of stock"),
    "needs_shipping": ("Variant Requires Shipping", "Requires shipping"),
    "taxable": ("Variant Taxable", "Charge tax"),
    "variant_picture": ("Variant Image", "Variant image URL"),
    "picture": ("Image Src", "Product image URL"),
    "picture_position": ("Image Position",),
    "picture_alt": ("Image Alt Text",),
    # What only this shop knows stands in metafields, which Shopify lets everyone name.
    "short": ("Short description (product.metafields.storefront.short_description)",),
    "kind": ("Kind (product.metafields.storefront.kind)",),
    "external_url": ("External URL (product.metafields.storefront.external_url)",),
    "button_text": ("Button text (product.metafields.storefront.button_text)",),
    "whole_tags": ("Tags with commas (product.metafields.storefront.tags)",),
}
FIELDS = {name.casefold(): field for field, names in COLUMNS.items() for name in names}
REQUIRED = ("handle", "title", "price")
OPTIONS = (1, 2, 3)  # a product has three at the most
OWN = ("short", "kind", "external_url", "button_text", "whole_tags")

# The facts that a column tells, where their names differ.
FACTS = {
    "compare_at": "compare_at_minor",
    "cost": "cost_minor",
    "tracker": "tracked",
    "when_sold_out": "oversell",
}
TOLD_BY_COLUMN = (
    *("description", "vendor", "category", "type", "tags", "status", "published", "gift_card"),
    *("seo_title", "seo_description", "sku", "barcode", "compare_at", "cost", "grams", "tracker"),
    *("stock", "when_sold_out", "needs_shipping", "taxable"),
    *("short", "kind", "external_url", "button_text"),
)

# Written in this order; columns that are kept follow.
WRITTEN = {
    "title": "Title",
    "handle": "URL handle",
    "description": "Description",
    "vendor": "Vendor",
    "category": "Product category",
    "type": "Type",
    "tags": "Tags",
    "published": "Published on online store",
    "status": "Status",
    "sku": "SKU",
    "barcode": "Barcode",
    "option1_name": "Option1 name",
    "option1_value": "Option1 value",
    "option2_name": "Option2 name",
    "option2_value": "Option2 value",
    "option3_name": "Option3 name",
    "option3_value": "Option3 value",
    "price": "Price",
    "compare_at": "Compare-at price",
    "cost": "Cost per item",
    "taxable": "Charge tax",
    "tracker": "Inventory tracker",
    "stock": "Inventory quantity",
    "when_sold_out": "Continue selling when out of stock",
    "grams": "Weight value (grams)",
    "needs_shipping": "Requires shipping",
    "picture": "Product image URL",
    "picture_position": "Image position",
    "picture_alt": "Image alt text",
    "variant_picture": "Variant image URL",
    "gift_card": "Gift card",
    "seo_title": "SEO title",
    "seo_description": "SEO description",
}

# Columns that are kept and go by two names, and those that belong to a variant, not its product.
_NEWER = {
    "variant tax code": "Tax code",
    "variant fulfillment service": "Fulfillment service",
    "variant weight unit": "Weight unit for display",
}
_OF_VARIANTS = ("tax code", "fulfillment service", "weight unit for display", "inventory tracker")
_OF_VARIANTS_TOO = ("variant ", "unit price ", "included / ", "price / ", "compare")

# Files people bring by mistake, told by columns that only they have.
OTHERS = (
    ({"sku", "regular price"}, "a WooCommerce product export"),
    ({"sku", "attribute_set_code"}, "a Magento product export"),
    ({"sku", "_type"}, "a Magento product export"),
    ({"handle", "location"}, "a Shopify inventory export"),
    ({"financial status"}, "a Shopify order export"),
    ({"first name", "email"}, "a customer list"),
)


def kept_name(name: str, taken: Container[str] = ()) -> str:
    """The name under which a column is kept: its newer one, numbered where it comes twice."""
    known = _NEWER.get(name.casefold(), name)
    number = 2
    found = known
    while found in taken:
        found, number = f"{known} #{number}", number + 1
    return found


def of_variant(name: str) -> bool:
    """Whether a column that is kept is about a variant, and not about its product."""
    return name.casefold() in _OF_VARIANTS or name.casefold().startswith(_OF_VARIANTS_TOO)
