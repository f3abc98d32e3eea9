"""Makes or upgrades an instance: folders, secrets, keys, schema, what a new shop starts with."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from playhouse.migrations import Runner

from storefront import (
    chain,
    cookies,  # noqa: F401 — the starter policy speaks of what is declared there
    policy,
    signing,
    trails,  # noqa: F401 — and there
)
from storefront.backups import Tell, back_up
from storefront.config import (
    ROOT,
    SHOP_DEFAULTS,
    Settings,
    make_secrets,
    read_again,
    write_private,
)
from storefront.db import database
from storefront.erasures import Erasures
from storefront.exchange import shopify
from storefront.exchange.load import load
from storefront.jobs import Jobs
from storefront.models import (
    Collection,
    FacetValue,
    Page,
    PolicyVersion,
    Product,
    ShippingRate,
    ShippingZone,
    TaxRate,
    Variant,
    Word,
    search,
)
from storefront.models.facet import Shelving
from storefront.money import decimals
from storefront.refusals import Refused

MIGRATIONS = ROOT / "storefront" / "migrations"
STARTER_POLICY = ROOT / "storefront" / "starter" / "policy.md"
DEMO = ROOT / "storefront" / "demo"
DEMO_CATALOGUE = DEMO / "catalogue.csv"
DEMO_COLLECTIONS = DEMO / "collections.json"
DEMO_DECIMALS = 2  # of the prices in its catalogue
STARTER_PAGES = DEMO / "pages"
BATCH = 500  # products read at once


def make_files(settings: Settings, currency: str | None, tell: Tell) -> Settings:
    """Folders, settings, secrets and keys, each where it is missing. Gives the settings anew.

    `currency` is for a new shop, USD if None; a shop that is there keeps its own, and says so.
    """
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.instance.chmod(0o700)  # it may have come with the checkout
    for folder in ("media", "backups"):
        (settings.instance / folder).mkdir(mode=0o700, exist_ok=True)
    written = settings.instance / "settings.json"
    if not written.exists():
        chosen = {"currency": currency or SHOP_DEFAULTS["currency"]}
        write_private(written, json.dumps(SHOP_DEFAULTS | chosen, indent=2) + "\n")
        tell(f"settings are in {written}")
    elif currency not in (None, settings.currency):
        tell(
            f"This shop sells in {settings.currency} and stays with it: the currency is set once. "
            f"For a shop in {currency}, name another folder in STOREFRONT_INSTANCE."
        )
    make_secrets(settings)
    policy.make_key(settings.keys, write_private)
    Erasures(settings).make_key()
    signing.make_key(settings.keys, write_private)
    make_vault_keys(settings)
    return read_again(settings)


def make_vault_keys(settings: Settings) -> None:
    """Have the vault make the keys of all three programs, and epochs ahead, where any are missing.

    The vault is a program of its own, which the shop never imports.
    """
    command = [sys.executable, "-m", "vault", "init", "--instance", str(settings.instance)]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        raise Refused("The vault could not make its keys; what it said stands above.")


def upgrade_schema(settings: Settings, at: datetime, tell: Tell) -> list[str]:
    """Apply the migrations that are pending, after a backup where there is something to lose."""
    runner = Runner(database.obj, str(MIGRATIONS))
    pending = [migration.name for migration in runner.status() if not migration.applied]
    if pending and database.get_tables():
        back_up(settings, at, tell, may_go_without=True)
    for name in runner.up() if pending else ():
        tell(f"schema {name}")
    Jobs(settings).huey.storage.create_tables()
    return pending


def open_shop(settings: Settings, at: datetime, demo: bool, tell: Tell) -> None:
    """What a new shop starts with, each where it is missing: delivery, tax, policy, pages, a demo.

    All of it or nothing; `tell` hears of it once it is kept.
    """
    done: list[str] = []
    with database.atomic():
        if not ShippingZone.select().exists():
            _deliver_everywhere(settings.currency)
        if not TaxRate.select().exists():
            TaxRate.create(name="No tax", basis_points=0)
        if PolicyVersion.last() is None:
            done.append(_have_a_policy(policy.read_key(settings.keys), at))
        if not Page.select().exists():
            done.append(f"starter pages posted: {_post_starter_pages(at)}")
        if demo and not Product.select().exists():
            done.append(_load_demo(settings.currency, at))
        if count := shelve_all():
            done.append(f"{count} products can be searched and narrowed down")
    for line in done:
        tell(line)


def _deliver_everywhere(currency: str) -> None:
    zone = ShippingZone.create(name="Everywhere")
    ShippingRate.create(
        zone=zone,
        name="Standard delivery",
        promise="5 to 10 working days",
        price_minor=0,
        currency=currency,
    )


def _have_a_policy(key: policy.PolicyKey, at: datetime) -> str:
    """The versions this shop has posted before, if its database is new; else the starter policy."""
    if brought := chain.bring_back(key):
        return f"policy versions brought back from their notes: {len(brought)}"
    text = STARTER_POLICY.read_text(encoding="utf-8")
    words = {"role": "editor", "changes": "The first version."}
    policy.publish(text, key, **words, in_force_at=at, at=at)
    return "starter policy posted"


def _post_starter_pages(at: datetime) -> str:
    texts = sorted(STARTER_PAGES.glob("*.md"))
    return ", ".join(Page.put(path.stem, path.read_text("utf-8"), at).slug for path in texts)


def _load_demo(currency: str, at: datetime) -> str:
    """Gives the sentence to tell: what was loaded, or why nothing was."""
    if decimals(currency) != DEMO_DECIMALS:
        return (
            f"The demo's prices are written with {DEMO_DECIMALS} decimals and {currency} has "
            f"{decimals(currency)}, so the demo was not loaded and the shelves are empty."
        )
    report = load(shopify.read(DEMO_CATALOGUE, DEMO_DECIMALS), currency, at)
    shelve_all()  # before the collections, which are shelves too
    for position, told in enumerate(json.loads(DEMO_COLLECTIONS.read_text("utf-8"))):
        if Collection.get_or_none(Collection.slug == told["slug"]) is None:
            texts = {name: told[name] for name in ("slug", "title", "words")}
            Collection.create(position=position, **texts).hold(told["handles"])
    return f"demo catalogue {report.summary}"


def shelve_all() -> int:
    """Give products that were there before facets and search (migration 0002) both; how many.

    Runs once: where any facet is known, whoever writes a product keeps its facets, too.
    """
    if FacetValue.select().exists():
        return 0
    count = 0
    with database.atomic(), Shelving() as shelving:
        for products in _in_batches(Product.on_sale()):
            words: set[str] = set()
            for product, variants in _with_variants(products):
                product.facets = []
                shelving.put(product, variants)
                product.save(only=[Product.facets])
                words.update(search.index(product, variants))
            Word.learn(words)
            count += len(products)
    return count


def _in_batches(products) -> Iterator[list[Product]]:
    last = 0
    while batch := list(products.where(Product.id > last).order_by(Product.id).limit(BATCH)):
        yield batch
        last = batch[-1].id


def _with_variants(products: list[Product]) -> Iterator[tuple[Product, list[Variant]]]:
    of = defaultdict(list)
    rows = Variant.select().where(Variant.product.in_(products))
    for variant in rows.order_by(Variant.position, Variant.id):
        of[variant.product_id].append(variant)
    for product in products:
        yield product, of[product.id]
