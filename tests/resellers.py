"""Resellers and what their widgets show; for the tests."""

from datetime import datetime

from storefront.models import Product, Reseller, Testimonial
from storefront.models.reseller import LOOK
from tests.models.testimonials import several

SITE = "https://reseller.example"


def reseller(at: datetime, products: tuple[Product, ...] = (), **other) -> Reseller:
    """One with a site of its own, for these products or for all."""
    facts = {
        "name": "Hill & Dale",
        "origins": [SITE],
        "products": [product.id for product in products],
        "look": dict(LOOK),
    }
    return Reseller.add_one(facts | other, at)


def resold(product: Product, at: datetime, count: int = 1, **other) -> list[Testimonial]:
    """So many that everybody sees and resellers may show."""
    return several(product, at, count, **{"for_resellers": True} | other)
