"""What machines read of a product: schema.org's ProductGroup with an Offer for each variant."""

import html as entities
import re
from urllib.parse import quote, urlencode

from storefront.models import Product, Rating, Testimonial, Variant
from storefront.money import decimals

AVAILABILITY = {True: "https://schema.org/InStock", False: "https://schema.org/OutOfStock"}
# schema.org's names for what varies; other options are not named.
VARIES = {"size": "size", "color": "color", "colour": "color", "material": "material"}


def amount(minor: int, currency: str) -> str:
    """A price as machines write it: digits with a point, without the currency."""
    places = decimals(currency)
    return f"{minor / 10**places:.{places}f}"


def picture_of(product: Product, origin: str) -> str:
    """The absolute address of a product's picture: its photograph, or what is drawn for it."""
    card = product.card_picture
    if not card:
        return f"{origin}/pictures/{quote(product.handle)}.svg"
    name = f"{card['digest'][:2]}/{card['digest'][2:]}-{max(card['widths'])}"
    return f"{origin}/media/pictures/{name}.webp"


def address_of(product: Product, variant: Variant | None, origin: str) -> str:
    """The absolute address of a product, or of one of its variants."""
    address = f"{origin}/products/{quote(product.handle)}"
    if variant is None or not variant.choice:
        return address
    chosen = {f"option{n + 1}": value for n, value in enumerate(variant.choice)}
    return f"{address}?{urlencode(chosen)}"


def product_group(product: Product, variants: list[Variant], origin: str) -> dict:
    """A product as https://schema.org/ProductGroup (a plain Product where it has one form)."""
    facts = {
        "@context": "https://schema.org",
        "name": product.title,
        "description": plain(product.description)[:5000],
        "url": address_of(product, None, origin),
        "image": picture_of(product, origin),
    }
    if product.vendor:
        facts["brand"] = {"@type": "Brand", "name": product.vendor}
    if len(variants) == 1:
        return facts | {"@type": "Product"} | _sold(product, variants[0], origin)
    named = [VARIES[name.lower()] for name in product.options if name.lower() in VARIES]
    return facts | {
        "@type": "ProductGroup",
        "productGroupID": product.handle,
        "variesBy": [f"https://schema.org/{name}" for name in named],
        "hasVariant": [_variant(product, variant, origin) for variant in variants],
    }


def breadcrumbs(*steps: tuple[str, str], origin: str) -> dict:
    """The way to a page as https://schema.org/BreadcrumbList: names with paths, its own last.

    The last needs no path: it is where it stands.
    """
    listed = []
    for n, (name, path) in enumerate(steps):
        item = {"@type": "ListItem", "position": n + 1, "name": name}
        listed.append(item | ({"item": origin + path} if path else {}))
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": listed,
    }


def crumbs_of(product: Product, origin: str) -> dict:
    """The same of a product: all of them, those of its type, itself."""
    kind = (product.type, f"/products?{urlencode({'type': product.type})}")
    steps = [("Products", "/products"), *([kind] if product.type else []), (product.title, "")]
    return breadcrumbs(*steps, origin=origin)


def _variant(product: Product, variant: Variant, origin: str) -> dict:
    options = zip(product.options, variant.choice, strict=False)
    varied = {VARIES[name.lower()]: value for name, value in options if name.lower() in VARIES}
    name = f"{product.title}, {variant.name}"
    return {"@type": "Product", "name": name} | varied | _sold(product, variant, origin)


def _sold(product: Product, variant: Variant, origin: str) -> dict:
    facts = {"sku": variant.sku} if variant.sku else {}
    if variant.barcode.isdigit() and len(variant.barcode) in (8, 12, 13, 14):
        facts["gtin"] = variant.barcode
    return facts | {
        "offers": {
            "@type": "Offer",
            "url": address_of(product, variant, origin),
            "price": amount(variant.price_minor, variant.currency),
            "priceCurrency": variant.currency,
            "availability": AVAILABILITY[variant.left != 0],
        }
    }


def rated_product(
    product: Product, rating: Rating, testimonials: list[Testimonial], origin: str
) -> dict:
    """A product as the list of its testimonials has it: what it is called, and what is said."""
    facts = {"@context": "https://schema.org", "@type": "Product", "name": product.title}
    facts |= {"url": address_of(product, None, origin), "image": picture_of(product, origin)}
    return facts | said_of(rating, testimonials)


def said_of(rating: Rating | None, testimonials: list[Testimonial], *, begun: bool = False) -> dict:
    """What a page shows of testimonials: the average of all, and those that stand on it.

    Ratings go from 1 to 5, which is what schema.org takes them for where nothing else is said.
    With `begun` the page has the beginnings of long ones.
    """
    facts = {}
    if rating and rating.average is not None:
        facts["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": rating.average,
            "ratingCount": rating.rated,
            "reviewCount": rating.count,
        }
    if testimonials:
        facts["review"] = [
            _review(one, one.beginning if begun else one.words) for one in testimonials
        ]
    return facts


def _review(testimonial: Testimonial, words: str) -> dict:
    facts = {
        "@type": "Review",
        "author": {"@type": "Person", "name": testimonial.name},
        "datePublished": testimonial.written_at.date().isoformat(),
        "reviewBody": words,
    }
    if testimonial.stars:
        facts["reviewRating"] = {"@type": "Rating", "ratingValue": testimonial.stars}
    return facts


def plain(html: str) -> str:
    """The words of an HTML text, without its markup."""
    return " ".join(entities.unescape(re.sub(r"<[^>]*>", " ", html)).split())
