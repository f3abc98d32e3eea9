"""Makes or upgrades an instance: folders, secrets, keys, schema, what a new shop starts with."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playhouse.migrations import Runner

from storefront import policy
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
from storefront.models import PolicyVersion, Product, ShippingRate, ShippingZone, TaxRate
from storefront.money import decimals

MIGRATIONS = ROOT / "storefront" / "migrations"
STARTER_POLICY = ROOT / "storefront" / "starter" / "policy.md"
DEMO_CATALOGUE = ROOT / "storefront" / "demo" / "catalogue.csv"

Tell = Callable[[str], None]


def make_files(settings: Settings, currency: str, tell: Tell) -> Settings:
    """Folders, settings, secrets and keys, each where it is missing. Gives the settings anew."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    for folder in ("media", "backups"):
        (settings.instance / folder).mkdir(exist_ok=True)
    written = settings.instance / "settings.json"
    if not written.exists():
        write_private(written, json.dumps(SHOP_DEFAULTS | {"currency": currency}, indent=2) + "\n")
        tell(f"settings are in {written}")
    make_secrets(settings)
    policy.make_key(settings.keys, write_private)
    make_vault_keys(settings)
    return read_again(settings)


def make_vault_keys(settings: Settings) -> None:
    """Have the vault make the keys of all three programs, and epochs ahead, where any are missing.

    The vault is a program of its own, which the shop never imports.
    """
    command = [sys.executable, "-m", "vault", "init", "--instance", str(settings.instance)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


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
    if is_sqlite():
        copy = folder / f"{at:%Y%m%d-%H%M%S}.sqlite"
        _copy_sqlite(Path(database.database), copy)
    else:
        copy = folder / f"{at:%Y%m%d-%H%M%S}.sql"
        if not _dump_postgresql(settings.database_url, copy):
            tell(
                "pg_dump is not installed here, so the database was not backed up before upgrading"
            )
            return None
    copy.chmod(0o600)
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


def _dump_postgresql(url: str, copy: Path) -> bool:
    program = shutil.which("pg_dump")
    if program is None:
        return False
    subprocess.run([program, "--file", str(copy), url], check=True)
    return True


def open_shop(settings: Settings, at: datetime, demo: bool, tell: Tell) -> None:
    """What a new shop starts with, each where it is missing: delivery, tax, policy, a demo."""
    with database.atomic():
        if not ShippingZone.select().exists():
            _deliver_everywhere(settings.currency)
        if not TaxRate.select().exists():
            TaxRate.create(name="No tax", basis_points=0)
        if PolicyVersion.last() is None:
            _post_starter_policy(policy.read_key(settings.keys), at)
            tell("starter policy posted")
        if demo and not Product.select().exists():
            report = load(
                shopify.read(DEMO_CATALOGUE, decimals(settings.currency)), settings.currency, at
            )
            tell(f"demo catalogue {report.summary}")


def _deliver_everywhere(currency: str) -> None:
    zone = ShippingZone.create(name="Everywhere")
    ShippingRate.create(
        zone=zone,
        name="Standard delivery",
        promise="5 to 10 working days",
        price_minor=0,
        currency=currency,
    )


def _post_starter_policy(key: Ed25519PrivateKey, at: datetime) -> None:
    policy.publish(
        STARTER_POLICY.read_text(encoding="utf-8"),
        key,
        role="editor",
        changes="The first version.",
        in_force_at=at,
        at=at,
    )
