"""Makes or upgrades an instance: folders, secrets, keys, schema, what a new shop starts with."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playhouse.migrations import Runner

from storefront import chain, policy
from storefront.config import (
    ROOT,
    SHOP_DEFAULTS,
    Settings,
    make_secrets,
    read_again,
    write_private,
)
from storefront.db import database, is_sqlite
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

Tell = Callable[[str], None]


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
        back_up(settings, at, tell)
    for name in runner.up() if pending else ():
        tell(f"schema {name}")
    Jobs(settings).huey.storage.create_tables()
    return pending


def back_up(settings: Settings, at: datetime, tell: Tell) -> Path | None:
    """Copy the database into instance/backups, readable by the owner alone."""
    folder = settings.instance / "backups"
    if not is_sqlite() and shutil.which("pg_dump") is None:
        tell("pg_dump is not installed here, so the database was not backed up before upgrading")
        return None
    copy = folder / f"{at:%Y%m%d-%H%M%S}.{'sqlite' if is_sqlite() else 'sql'}"
    # Made first, so that at no moment anybody else can read it.
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if is_sqlite():
        _copy_sqlite(Path(database.database), copy)
    else:
        _dump_postgresql(settings.database_url, copy)
    tell(f"backup {copy}")
    return copy


def _copy_sqlite(source: Path, copy: Path) -> None:
    # SQLite's own backup sees one consistent state, whatever is written meanwhile.
    there, here = sqlite3.connect(source), sqlite3.connect(copy)
    try:
        there.backup(here)
    finally:
        there.close()
        here.close()


def _dump_postgresql(url: str, copy: Path) -> None:
    """Raises `Refused` when it fails, so that nothing is upgraded without a backup."""
    # Everybody on a machine can read command lines: the password goes another way.
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=f"{user.partition(':')[0]}@{place}" if user else place).geturl()
    secret = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    command = ["pg_dump", "--file", str(copy), "--dbname", bare]
    if subprocess.run(command, check=False, env=os.environ | secret).returncode:
        copy.unlink()
        raise Refused("pg_dump could not copy the database, so nothing was upgraded.")


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
