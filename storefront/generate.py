"""Makes large catalogues, to measure how the shop fares with them: `storefront generate-products`.

The same number always makes the same products. They are written in bulk, by the same verbs that
keep facets and search for products that come in otherwise.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime

from storefront.db import database
from storefront.models import Product, Variant, Word, price, search
from storefront.models.facet import Shelving

BATCH = 500
TYPES = (
    "Jackets Shirts Trousers Dresses Hats Bags Socks Sweaters Shorts Scarves Gloves Shoes".split()
)
BRANDS = [
    f"{a} {b}" for a in ("North", "Old", "Far", "High", "Low") for b in ("Mill", "Quay", "Fell")
]
COLOURS = "Moss Navy Sand Black White Rust Slate Olive Burgundy Sky Charcoal Ochre".split()
SIZES = "XS S M L XL XXL".split()
QUALITIES = "light warm packable waterproof merino linen organic quiet windproof quick-dry".split()
NOUNS = (
    "harbor ridge meadow station ferry canyon orchard lantern compass granite willow ember".split()
)


def generate(
    count: int, currency: str, at: datetime, tell: Callable[[int], None] = lambda made: None
) -> None:
    """Add `count` products, in transactions of a few hundred; `tell` hears how many are made."""
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        with database.atomic(), Shelving() as shelving:
            _write(list(_made(numbers, currency, at)), shelving)
        tell(len(numbers))


def _made(numbers: range, currency: str, at: datetime) -> Iterator[tuple[Product, list[Variant]]]:
    for number in numbers:
        draw = random.Random(number)  # noqa: S311 — the same number makes the same product
        product = _product(number, draw, currency, at)
        variants = list(_variants(product, draw))
        for name, value in product.summary(variants).items():
            setattr(product, name, value)
        yield product, variants


def _product(number: int, draw: random.Random, currency: str, at: datetime) -> Product:
    kind, quality = draw.choice(TYPES), draw.choice(QUALITIES)
    noun = draw.choice(NOUNS)
    words = " ".join(draw.choices(QUALITIES + NOUNS, k=24))
    return Product(
        handle=f"generated-{number}",
        title=f"{noun.title()} {quality} {kind.lower().removesuffix('s')} {number}",
        description=f"<p>{words.capitalize()}.</p>",
        vendor=draw.choice(BRANDS),
        type=kind,
        tags=draw.sample(QUALITIES, 3),
        options=["Size", "Colour"],
        currency=currency,
        made_at=at,
        changed_at=at,
    )


def _variants(product: Product, draw: random.Random) -> Iterator[Variant]:
    price = draw.randrange(1500, 32000, 100)
    position = 0
    for size in draw.sample(SIZES, 3):
        for colour in draw.sample(COLOURS, 2):
            position += 1
            yield Variant(
                product=product,
                position=position,
                choice=[size, colour],
                price_minor=price,
                currency=product.currency,
                stock=draw.randrange(0, 9),
                tracked=True,
            )


def _write(made: list[tuple[Product, list[Variant]]], shelving: Shelving) -> None:
    Product.bulk_create([product for product, _ in made], batch_size=100)
    ids = {p.handle: p.id for p in Product.select(Product.id, Product.handle).where(_new(made))}
    words: set[str] = set()
    for product, variants in made:
        product.id = ids[product.handle]
        shelving.put(product, variants)
        for variant in variants:
            variant.product = product
        words.update(search.index(product, variants))
    Product.bulk_update([product for product, _ in made], [Product.facets], batch_size=50)
    Variant.bulk_create([v for _, variants in made for v in variants], batch_size=50)
    price.note_new(ids.values(), made[0][0].made_at)
    Word.learn(words)


def _new(made) -> object:
    return Product.handle.in_([product.handle for product, _ in made])
