"""Shops with few testimonials and with many; for the measure of the widget."""

import random
from datetime import UTC, datetime
from pathlib import Path

from storefront.config import Settings
from storefront.db import database
from storefront.models import PolicyVersion, Product, Rating, Reseller, Testimonial
from storefront.models.reseller import LOOK
from tests.bench import shops

PRODUCTS = 100
REVIEWED = 50  # of these, the same in every shop
FIRST = 20  # testimonials are of the first product: as many are drawn where there are few in all
SITE = "https://reseller.example"
BATCH = 500
WORDS = (
    "warm dry light heavy coat seams rain sun path weeks colour sleeves train river again".split()
)
CHARACTERS = 400


def made(count: int, folder: Path = shops.FOLDER) -> tuple[Settings, dict[str, str]]:
    """A shop with so many testimonials; its settings, and the keys of its resellers: of all
    products, of those that are written about, of one. Its database is open until `shops.leave`."""
    settings = shops.made(PRODUCTS, folder / f"testimonials-{count}")
    with database.connection_context():
        at = datetime.now(UTC)
        numbers = [row.id for row in Product.select(Product.id).order_by(Product.id)][:REVIEWED]
        missing = count - Testimonial.select().count()
        if missing > 0:
            write(missing, numbers, at)
        found = {row.name: row.key for row in Reseller.select()}
        for name, products in {"all": [], "fifty": numbers, "one": numbers[:1]}.items():
            if name not in found:
                facts = {"name": name, "origins": [SITE], "products": products, "look": LOOK}
                found[name] = Reseller.add_one(facts, at).key
    return settings, found


def write(count: int, products: list[int], at: datetime) -> None:
    """So many approved testimonials: some of the first product, then of all in turn."""
    draw, policy = random.Random(8), PolicyVersion.last().id  # the same in every shop
    for start in range(0, count, BATCH):
        rows = [_row(draw, products, policy, at) for _ in range(min(BATCH, count - start))]
        for n, row in enumerate(rows, start):
            product = products[n % len(products) if n >= FIRST else 0]
            row |= {"product": product, "key": f"{at.timestamp()}-{n}"}
        with database.atomic():
            Testimonial.insert_many(rows).execute()
    with database.atomic():
        for product in products:
            Rating.recount(Testimonial, product)
    database.execute_sql("ANALYZE")


def _row(draw: random.Random, products: list[int], policy: int, at: datetime) -> dict:
    words = " ".join(draw.choices(WORDS, k=100))[:CHARACTERS]
    facts = {"policy": policy, "resellers_policy": policy, "state": "approved", "words": words}
    facts |= {"stars": draw.randint(1, 5), "name": f"{draw.choice(WORDS).title()}"}
    return facts | dict.fromkeys(("written_at", "made_at", "changed_at"), at)
