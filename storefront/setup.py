"""Makes or upgrades an instance: folders, secrets, keys, schema, what a new shop starts with."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
from storefront.refusals import Refused

MIGRATIONS = ROOT / "storefront" / "migrations"
STARTER_POLICY = ROOT / "storefront" / "starter" / "policy.md"
DEMO_CATALOGUE = ROOT / "storefront" / "demo" / "catalogue.csv"

Tell = Callable[[str], None]


def make_files(settings: Settings, currency: str | None, tell: Tell) -> Settings:
    """Folders, settings, secrets and keys, each where it is missing. Gives the settings anew.

    `currency` is for a new shop; None leaves the one there is. Raises `Refused` for another one.
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
        raise Refused(
            f"This shop sells in {settings.currency}, and its prices stay as they are. For a shop "
            f"in {currency}, name another folder in STOREFRONT_INSTANCE."
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
