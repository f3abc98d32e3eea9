"""Models and migrations say the same, and an upgrade keeps what there was."""

import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from runpy import run_path

import pytest
from playhouse.schema_diff import diff_models

from storefront import backups
from storefront import setup as set_up
from storefront.db import database, is_sqlite
from storefront.models import RECORDS, Order, OutgoingMail, Product, ShippingRate, TaxRate
from storefront.money import Money
from storefront.refusals import Refused
from tests.databases import drop, new_postgresql, using_database
from tests.models.placing import cart_of, place

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
COMING = """
from peewee import *

def up(migrator, db):
    migrator.migrate(migrator.add_column("product", "weight", IntegerField(default=7)))
"""
BROKEN = """
def up(migrator, db):
    db.execute_sql('DELETE FROM outgoing_mail')
    db.execute_sql('ALTER TABLE nothing_of_the_kind ADD COLUMN x INTEGER')
"""


@pytest.fixture
def migrations(tmp_path, monkeypatch):
    """A copy of the migrations, to which a test adds one."""
    folder = shutil.copytree(set_up.MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(set_up, "MIGRATIONS", folder)
    return folder


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((plenty, 1)), clock())


def upgrade(settings) -> list[str]:
    told = []
    set_up.upgrade_schema(settings, NOW, told.append)
    return told


def test_the_migrations_make_what_the_models_say(settings):
    difference = diff_models(database.obj, RECORDS)
    assert not difference, str(difference)


def types_in_the_database() -> dict[str, str]:
    found = {}
    for record in RECORDS:
        table = record._meta.table_name
        for column in database.get_columns(table):
            kind = f"{column.data_type} {'null' if column.null else 'not null'}".lower()
            found[f"{table}.{column.name}"] = kind
    return found


def test_columns_have_the_kinds_that_the_models_say(settings):
    migrated = types_in_the_database()
    with database.atomic() as transaction:
        if is_sqlite():  # whose DROP TABLE would delete, which a trigger refuses
            for name in ("UPDATE", "DELETE", "replaced"):
                database.execute_sql(f"DROP TRIGGER policy_version_never_{name}")
        database.drop_tables(RECORDS, **({} if is_sqlite() else {"cascade": True}))
        database.create_tables(RECORDS)
        assert migrated == types_in_the_database()
        transaction.rollback()


def test_what_refers_to_a_row_goes_or_stays_with_it_as_the_models_say(settings):
    for record in RECORDS:
        said = {
            (field.column_name, field.rel_model._meta.table_name, field.on_delete)
            for field in record._meta.refs
        }
        keys = database.get_foreign_keys(record._meta.table_name)
        assert {(key.column, key.dest_table, key.on_delete) for key in keys} == said, record


def test_with_nothing_to_do_nothing_is_done_and_nothing_backed_up(settings, order):
    assert upgrade(settings) == []
    assert list((settings.instance / "backups").iterdir()) == []


def test_an_upgrade_first_makes_a_backup_for_the_owner_alone(settings, order, migrations):
    (migrations / "0002_weight.py").write_text(COMING)
    copy = settings.instance / "backups" / f"20260301-123015.{'sqlite' if is_sqlite() else 'sql'}"
    assert upgrade(settings) == [f"backup {copy}", "schema 0002_weight"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert "weight" in [column.name for column in database.get_columns("product")]
    assert Order.get() == order
    assert upgrade(settings) == []
    assert order.number in rows_in(copy)


def rows_in(copy) -> str:
    if not is_sqlite():
        return copy.read_text()
    backup = sqlite3.connect(copy)
    try:
        assert backup.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert "weight" not in str(backup.execute("SELECT sql FROM sqlite_master").fetchall())
        return str(backup.execute('SELECT number FROM "order"').fetchall())
    finally:
        backup.close()


def test_a_backup_is_at_no_moment_open_to_others(settings, order, monkeypatch):
    """Whoever makes the copy finds the file there, closed to others already."""
    modes = []

    def look(_, copy):
        modes.append(copy.stat().st_mode & 0o777)

    monkeypatch.setattr(backups, "_copy_sqlite", look)
    monkeypatch.setattr(backups, "_dump_postgresql", look)
    backups.back_up(settings, NOW, lambda line: None)
    assert modes == [0o600]
    assert (settings.instance / "backups").stat().st_mode & 0o777 == 0o700


def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(settings, order, migrations):
    (migrations / "0002_broken.py").write_text(BROKEN)
    with pytest.raises(Exception, match="nothing_of_the_kind"):
        upgrade(settings)
    assert OutgoingMail.select().count() == 1
    assert Product.select().exists()
    (migrations / "0002_broken.py").unlink()
    assert upgrade(settings) == []


def test_no_backup_no_upgrade(settings, order, migrations, tmp_path, monkeypatch):
    if is_sqlite():
        pytest.skip("this is about pg_dump")
    (migrations / "0002_weight.py").write_text(COMING)
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@" > "$0.said"\nexit 1\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="could not copy"):
        upgrade(settings)
    assert "weight" not in [column.name for column in database.get_columns("product")]
    assert list((settings.instance / "backups").iterdir()) == []


def test_no_password_stands_on_a_command_line(tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\nenv > "$0.env"\necho "$@" > "$0.said"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    copy = tmp_path / "copy.sql"
    backups._dump_postgresql("postgresql://ann:s%40crt@db.example:5433/shop?sslmode=require", copy)
    said = (tmp_path / "pg_dump.said").read_text()
    assert (
        said
        == f"--no-owner --file {copy} --dbname postgresql://ann@db.example:5433/shop?sslmode=require\n"
    )
    assert "PGPASSWORD=s@crt\n" in (tmp_path / "pg_dump.env").read_text()


def test_mails_from_before_there_were_states_get_theirs(settings, order):
    OutgoingMail.write("order_charged", order.email, NOW, order=order)
    OutgoingMail.write("order_refunded", order.email, NOW, order=order)
    OutgoingMail.update(sent_at=NOW, claimed_at=NOW).where(OutgoingMail.id == 1).execute()
    OutgoingMail.update(claimed_at=NOW).where(OutgoingMail.id == 2).execute()
    database.execute_sql(run_path(str(set_up.MIGRATIONS / "0014_staff_actions.py"))["STATES"])
    mails = OutgoingMail.select().order_by(OutgoingMail.id)
    assert [mail.state for mail in mails] == ["sent", "doubtful", "waiting"]


def test_a_shop_from_before_bands_and_codes_goes_on_with_its_zones_rates_taxes_and_orders(
    settings, migrations, tmp_path
):
    later = [file for file in migrations.glob("*.py") if file.name > "0013"]
    kept = {file: file.read_text() for file in later}
    for file in later:
        file.unlink()
    with older_shop(settings, tmp_path) as older:
        upgrade(older)
        for table, columns, values in BEFORE:
            marks = ", ".join([database.param] * len(values))
            database.execute_sql(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)
        for file, text in kept.items():
            file.write_text(text)
        upgrade(older)
        (rate,) = ShippingRate.for_country("CH")
        assert (rate.price_at(10**6, 0), rate.price, rate.free_from) == (
            700,
            Money(700, "USD"),
            None,
        )
        tax = TaxRate.for_place("CH", "ZH")
        assert (tax.words, tax.on(Money(100, "USD")).minor, tax.on_shipping) == (
            "8 % MWST",
            8,
            False,
        )
        order = Order.get()
        assert (order.discount_minor, order.discount_code, order.tax_name) == (0, "", "")
        assert [line.paid_minor for line in order.in_order()] == [2000]


BEFORE = (
    ("shipping_zone", "id, name, countries", (1, "Alps", '["CH", "AT"]')),
    (
        "shipping_rate",
        "zone_id, name, promise, price_minor, currency",
        (1, "Post", "soon", 700, "USD"),
    ),
    ("tax_rate", "name, countries, basis_points, included", ("MWST", '["CH"]', 800, False)),
    (
        "policy_version",
        "id, number, text, covers, changes, posted_by, posted_at, in_force_at, previous, "
        "signature, digest",
        (1, 1, "", "[]", "", "editor", "2026-01-01 00:00:00", "2026-01-01 00:00:00", "", "", "d"),
    ),
    (
        "order",
        "id, number, placement, state, currency, subtotal_minor, shipping_minor, tax_minor, "
        "total_minor, shipping_name, placed_at, policy_id, email, name, line1, line2, city, "
        "region, postal_code, country",
        (
            *(1, "N", "p", "charged", "USD", 2000, 700, 160, 2860, "Post", "2026-01-01 00:00:00"),
            *(1, "ann@shop.test", "Ann", "1 Rd", "", "Zug", "", "6300", "CH"),
        ),
    ),
    (
        "order_line",
        "order_id, handle, title, choice, sku, quantity, price_minor, currency",
        (1, "shirt", "Shirt", "", "", 2, 1000, "USD"),
    ),
)


@contextmanager
def older_shop(settings, folder):
    """Settings of a shop with an empty database, which is open in place of the test's own."""
    base = folder / "older.sqlite"
    url = f"sqlite:///{base}" if is_sqlite() else new_postgresql()
    own = database.obj
    try:
        with using_database(url):
            yield replace(settings, database_url=url)
    finally:
        drop(url)
        database.initialize(own)
