"""Shops with few testimonials and with many; for the measure of the widget."""

from datetime import UTC, datetime
from pathlib import Path

from storefront.config import Settings
from storefront.db import database
from storefront.generate import generate_testimonials
from storefront.models import Product, Reseller, Testimonial
from storefront.models.reseller import LOOK
from tests.bench import shops

PRODUCTS = 100
REVIEWED = 50  # of these, the same in every shop
NEWEST = 20  # of the first product, and the last to come: so the same ones are drawn in every shop
SITE = "https://reseller.example"


def made(count: int, folder: Path = shops.FOLDER) -> tuple[Settings, dict[str, str]]:
    """A shop with so many testimonials; its settings, and the keys of its resellers: of all
    products, of those that are written about, of one. Its database is open until `shops.leave`."""
    settings = shops.made(PRODUCTS, folder / f"testimonials-{count}")
    with database.connection_context():
        at = datetime.now(UTC)
        products = list(Product.select().order_by(Product.id).limit(REVIEWED))
        if not Testimonial.select().exists():
            generate_testimonials(count - NEWEST, at, products)
            generate_testimonials(NEWEST, at, products[:1])
            database.execute_sql("ANALYZE")
        return settings, _keys([product.id for product in products], at)


def _keys(products: list[int], at: datetime) -> dict[str, str]:
    found = {each.name: each.key for each in Reseller.select()}
    for name, chosen in {"all": [], "fifty": products, "one": products[:1]}.items():
        if name not in found:
            facts = {"name": name, "origins": [SITE], "products": chosen, "look": LOOK}
            found[name] = Reseller.add_one(facts, at).key
    return found
