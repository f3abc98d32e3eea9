"""The shops that are measured: made once, in build/bench, and kept for the next run."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from storefront import setup as set_up
from storefront.config import Settings, read_settings
from storefront.db import database, open_database
from storefront.generate import generate, generate_testimonials
from storefront.models import Product, Rating, Variant
from tests.bench.table import ROOT
from tests.bench.wire import Answer
from tests.journey import item

FOLDER = ROOT / "build" / "bench"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
SAID = 3  # testimonials: as many as a product's page shows
ENOUGH = 5  # in stock, of what is put into a cart

Send = Callable[..., Answer]  # send(path, method, headers, body)


def made(size: int, folder: Path = FOLDER) -> Settings:
    """A shop with so many generated products."""
    return _made(folder / str(size), size, demo=False)


def demo(folder: Path = FOLDER) -> Settings:
    """A shop with the demo's catalogue; of one thing in it something is said."""
    settings = _made(folder / "demo", 0, demo=True)
    with database.connection_context():
        product = goods()[0].product
        if not Rating.select().where(Rating.product == product, Rating.count > 0).exists():
            generate_testimonials(SAID, datetime.now(UTC), [product])
    return settings


def _made(instance: Path, size: int, demo: bool) -> Settings:
    """Its settings; its database is open in this process until `leave`."""
    environ = {"STOREFRONT_INSTANCE": str(instance), "STOREFRONT_LIMITS": "off"}
    settings = set_up.make_files(read_settings(environ), "USD", lambda _: None)
    database.initialize(open_database(settings.database_url))
    moment = datetime.now(UTC)
    with database.connection_context():
        set_up.upgrade_schema(settings, moment, lambda _: None)
        set_up.open_shop(settings, moment, demo, lambda _: None)
        missing = size - Product.select().count()
        if size and missing > 0:
            print(f"making {missing} products in {instance}", file=sys.stderr)
            generate(missing, "USD", moment)
    return settings


def leave() -> None:
    """Close the database that is open in this process, so that nobody holds it but the servers."""
    if database.obj is not None:
        database.close_all()
        database.initialize(None)


@dataclass(frozen=True)
class Scene:
    """What a visitor of one shop asks for."""

    product: str  # the path of a product that is in stock
    search: str  # a word that finds some
    cart: dict  # the header of a visitor with three lines in the cart
    adding: bytes  # the form that adds one more thing
    said: str  # the path of a product: in the demo's shop, one that something is said of


def goods(wanted: int = 4) -> list[Variant]:
    """Variants in stock, one of each of the newest products; the database is open."""
    found: dict[int, Variant] = {}
    some = Variant.select(Variant, Product).join(Product).where(Variant.stock >= ENOUGH)
    for variant in some.order_by(Product.id.desc(), Variant.id).limit(200):
        if variant.product.buyable:
            found.setdefault(variant.product_id, variant)
    return list(found.values())[:wanted]


def form_for(variant: Variant) -> bytes:
    """What the product page's form sends to put one into the cart."""
    return urlencode(item(variant)).encode()


def scene(send: Send, variants: list[Variant]) -> Scene:
    """Fill a cart with three of the variants; the fourth is what will be added."""
    *lines, more = variants
    cart: Mapping = {}
    for variant in lines:
        answer = send("/cart/items", "POST", {**FORM, **cart}, form_for(variant))
        if answer.status != 303 or not answer.cookies:
            raise RuntimeError(f"nothing can be put into the cart: status {answer.status}")
        cart = {"Cookie": answer.cookies}
    word = more.product.title.split()[1]
    product, said = (f"/products/{one.product.handle}" for one in (more, lines[0]))
    return Scene(product, f"/search?q={word}", cart, form_for(more), said)
