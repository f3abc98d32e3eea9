"""What staff change of a product, each change in one transaction with all that follows from it.

Summary, shelves, search and the history of prices are kept as an import keeps them. Variants are
locked before their product, as orders do it. Whoever changes something says which version of it
they saw: nobody writes over what they have not seen.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, count

from peewee import IntegrityError

from storefront.db import Record, database, locked
from storefront.models import price
from storefront.models.collection import Redirect
from storefront.models.product import Product, Variant
from storefront.models.shelved import apply, save, settle
from storefront.refusals import Refused

STATUSES = ("draft", "active", "unlisted", "archived")
FACTS = ("title", "handle", "description", "vendor", "type", "category", "tags", "status")
FACTS += ("published", "seo_title", "seo_description")
OF_VARIANT = ("choice", "sku", "barcode", "price_minor", "compare_at_minor", "cost_minor", "grams")
OF_VARIANT += ("tracked", "oversell", "needs_shipping", "taxable", "low_at")
MOST_VARIANTS = 2000
HANDLE = re.compile(r"[^\W_A-Z]+(-[^\W_A-Z]+)*")

NO_PRODUCT = "This product is not there any more."
NO_VARIANT = "This variant was removed meanwhile."
SAME_CHOICE = "There is a variant with this choice already. Change one of its values."


class Overtaken(Refused):
    """Somebody has saved the record since it was read; `now` is as it stands."""

    def __init__(self, now: Record) -> None:
        self.now = now
        super().__init__(
            "Somebody else has saved this since you opened it, so nothing was changed yet. What "
            "you typed is still here. Look at what differs, then save again to keep yours."
        )


def version(record: Record) -> str:
    """A short text that tells what the desk shows of a product or variant from anything else."""
    names = FACTS if isinstance(record, Product) else OF_VARIANT
    facts = json.dumps([getattr(record, name) for name in names])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _check_version(record: Record, seen: str, facts: dict) -> None:
    """What is kept already may come again, as from a button that was pressed twice."""
    same = all(getattr(record, name) == value for name, value in facts.items())
    if not same and seen != version(record):
        raise Overtaken(record)


@contextmanager
def changing(number: int, at: datetime) -> Iterator[tuple[Product, list[Variant]]]:
    """The product of that number and its variants in order, to be changed by whoever holds them.

    Leaving the block saves both, and what is kept for lists. Raises `Refused` where it is gone.
    """
    with database.atomic():
        theirs = Variant.select().where(Variant.product == number)
        list(locked(theirs.order_by(Variant.id)))
        product = locked(Product.select().where(Product.id == number)).first()
        if product is None:
            raise Refused(NO_PRODUCT)
        # Once more: who was before us may have added one.
        variants = list(theirs.order_by(Variant.position, Variant.id))
        yield product, variants
        _write(product, variants, at)


def _write(product: Product, variants: list[Variant], at: datetime) -> None:
    for place, variant in enumerate(variants):
        apply(variant, {"position": place})
    known = [variant for variant in variants if variant.id]
    price.note(known, at)
    for variant in variants:
        save(variant) if variant.id else variant.save()
    if len(known) < len(variants):
        price.note_new([product.id], at)
    product.changed_at = at
    settle(product, variants)


def make(title: str, price_minor: int, currency: str, at: datetime) -> Product:
    """A new product in one form, as a draft. Raises `Refused`."""
    with database.atomic():
        handle = free_handle(title)
        Redirect.delete().where(Redirect.handle == handle).execute()
        product = Product.create(
            title=title, handle=handle, status="draft", currency=currency, made_at=at, changed_at=at
        )
        with changing(product.id, at) as (product, variants):
            variants.append(Variant(product=product, price_minor=price_minor, currency=currency))
    return product


def free_handle(title: str) -> str:
    """A handle made out of a title, that no product has."""
    plain = unicodedata.normalize("NFKD", title).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = "-".join(re.findall(r"[^\W_A-Z]+", plain))[:80].strip("-") or "product"
    numbers = (f"{words}-{n}" for n in count(2))
    return next(each for each in chain([words], numbers) if not _is_taken(each))


def _is_taken(handle: str) -> bool:
    return Product.select().where(Product.handle == handle).exists()


def edit(number: int, seen: str, facts: dict, at: datetime) -> Product:
    """Change what a product says of itself: the columns in FACTS, by name.

    `seen` is the `version` that was edited. Its old handle leads on to it. Raises `Refused`.
    """
    try:
        with changing(number, at) as (product, _):
            _check_version(product, seen, facts)
            if facts["handle"] != product.handle:
                _check_handle(facts["handle"])
                Redirect.rename(product, facts["handle"])
            apply(product, facts)
    except IntegrityError:  # another took it at the same moment
        raise Refused(handle=TAKEN) from None
    return product


TAKEN = "Another product has this handle. Choose another, or change that product's first."


def _check_handle(handle: str) -> None:
    if not HANDLE.fullmatch(handle) or len(handle) > 200:
        raise Refused(
            handle="Write it in small letters and digits, with single hyphens between the words: "
            "linen-shirt."
        )
    if _is_taken(handle):
        raise Refused(handle=TAKEN)


# Variants


def add_variant(number: int, facts: dict, at: datetime) -> Variant:
    """One more variant, at the end; `facts` are the columns in OF_VARIANT, by name."""
    with changing(number, at) as (product, variants):
        if len(variants) >= MOST_VARIANTS:
            raise Refused(f"A product has {MOST_VARIANTS:,} variants at most.")
        _check_choice(product, variants, facts["choice"])
        stock = 0 if facts["tracked"] else None
        variant = Variant(product=product, currency=product.currency, stock=stock, **facts)
        variants.append(variant)
    return variant


def edit_variant(number: int, variant: int, seen: str, facts: dict, at: datetime) -> Variant:
    """Change a variant; `seen` is the `version` that was edited. Raises `Refused`."""
    with changing(number, at) as (product, variants):
        mine = _of(variants, variant)
        _check_version(mine, seen, facts)
        others = [each for each in variants if each is not mine]
        if facts["choice"] != mine.choice:
            _check_choice(product, others, facts["choice"])
        if facts["tracked"] and mine.stock is None:
            mine.stock = 0  # nothing is there until somebody counts
        apply(mine, facts)
    return mine


def _check_choice(product: Product, others: Iterable[Variant], choice: list[str]) -> None:
    missing = {f"choice{n}": "Please give a value." for n, one in enumerate(choice, 1) if not one}
    if missing:
        raise Refused(**missing)
    if len(choice) != len(product.options):
        raise Refused("The options of this product have changed meanwhile. Look at them again.")
    if any(each.choice == choice for each in others):
        raise Refused(SAME_CHOICE if choice else NEEDS_OPTION)


NEEDS_OPTION = "Add an option first, such as Size: variants differ by it."


def reprice(number: int, variant: int, was: int, minor: int, at: datetime) -> Variant:
    """Give a variant another price; `was` is the one that was seen. Raises `Refused`."""
    with changing(number, at) as (_, variants):
        mine = _of(variants, variant)
        if was != mine.price_minor != minor:
            raise Refused(
                price=f"Somebody has made this {mine.price} meanwhile. Save again to keep yours."
            )
        mine.price_minor = minor
    return mine


def remove_variant(number: int, variant: int, at: datetime) -> None:
    """Take a variant away. Orders keep what they say of it, and carts let go of it."""
    with changing(number, at) as (_, variants):
        mine = _of(variants, variant)
        if len(variants) == 1:
            raise Refused(
                "This is the only variant, and a product needs one. Archive the product instead."
            )
        variants.remove(mine)
        mine.delete_instance()


def move_variant(number: int, variant: int, by: int, at: datetime) -> None:
    """Move a variant up (-1) or down (1) among the others; at the end it stays."""
    with changing(number, at) as (_, variants):
        mine = _of(variants, variant)
        place = variants.index(mine)
        other = min(max(place + by, 0), len(variants) - 1)
        variants.insert(other, variants.pop(place))


def _of(variants: list[Variant], number: int) -> Variant:
    for variant in variants:
        if variant.id == number:
            return variant
    raise Refused(NO_VARIANT)
