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


def frame_of(one: Reseller, asked: str = "") -> str:
    """The path of its frame."""
    return f"/widget/{one.key}/testimonials{asked}"


def policy_of(answer) -> dict[str, str]:
    """The content policy of an answer, by directive."""
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


def another(shirt: Product) -> Product:
    """A product that is not this one."""
    return Product.select().where(Product.id != shirt.id).order_by(Product.id).first()
