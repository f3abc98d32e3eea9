"""Makes large catalogues and many testimonials, to measure how the shop fares with them:
`storefront generate-products`, `storefront generate-testimonials`.

The same number always makes the same products. They are written in bulk, by the same verbs that
keep facets and search for products that come in otherwise.
"""

import json
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from storefront.db import database
from storefront.models import (
    PolicyVersion,
    Product,
    Rating,
    Testimonial,
    Variant,
    Word,
    price,
    search,
)
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


SENTENCES = (
    "It kept me dry. The zip is stiff. I would buy it again. Runs a size large. Packs into its own "
    "pocket. The colour is warmer than the picture. Two winters, and no thread has come loose. "
    "My sister has taken it. Dries overnight on a chair. Not for heavy rain"
).split(". ")
NAMES = "Ann Bob Cy Dora Eli Fay Gus Hana Ivo June Kit Lena".split()


def generate_testimonials(count: int, at: datetime, products: Sequence[Product]) -> None:
    """Add `count` testimonials that are shown, of these products in turn, the last one at `at`.

    Some have pictures, of which there are no files. Raises ValueError where there is no product.
    """
    if not products:
        raise ValueError("testimonials are about products")
    with database.atomic():
        policy = PolicyVersion.last().id
        # The oldest first, as they come in otherwise: the newest has the highest number.
        numbers = reversed(range(count))
        _write_testimonials(
            _testimonial(n, at, products[n % len(products)].id, policy) for n in numbers
        )
        for product in products[:count]:
            Rating.recount(Testimonial, product.id)


def _write_testimonials(made: Iterator[dict]) -> None:
    """One statement for all: `insert_many` writes SQL as long as the rows."""
    fields = [field for field in Testimonial._meta.sorted_fields if field.name != "id"]
    same = {f.name: f.db_value(f.default) for f in fields if not callable(f.default)}
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    places = ", ".join([database.param] * len(fields))
    sql = f'INSERT INTO "testimonial" ({columns}) VALUES ({places})'  # noqa: S608 — ours
    rows = ([(same | one)[field.name] for field in fields] for one in made)
    database.cursor().executemany(sql, rows)


def _testimonial(number: int, at: datetime, product: int, policy: int) -> dict:
    """What is not as in any testimonial, as the database holds it."""
    draw = random.Random(number)  # noqa: S311 — the same number says the same
    moment = (at - timedelta(minutes=number)).astimezone(UTC).replace(tzinfo=None)
    digest = f"{draw.getrandbits(128):032x}"
    picture = {"digest": digest, "width": 800, "height": 600, "widths": [400, 800]}
    pictured = draw.random() < 0.1
    moments = ("written_at", "made_at", "changed_at", "confirmed_at", "decided_at")
    return dict.fromkeys(moments, moment) | {
        "product": product,
        "policy": policy,
        "resellers_policy": policy if draw.random() < 0.75 else None,
        "key": secrets.token_hex(16),
        "state": "approved",
        "stars": draw.choice((5, 5, 5, 4, 4, 3, 2, 1, None)),
        "words": ". ".join(draw.sample(SENTENCES, draw.randrange(2, 9))) + ".",
        "name": draw.choice(NAMES),
        "email": f"author{number}@example.com",
        "shows_email": draw.random() < 0.1,
        "mailbox": f"generated {number}",
        "pictures": json.dumps([picture] if pictured else []),
        "pictured": pictured,
        "bought": draw.random() < 0.5,
        "helpful": draw.randrange(40),
    }
