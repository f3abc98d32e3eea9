"""`import-products` and `export-products`, as a shell runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storefront.db import database
from storefront.exchange import commands
from storefront.models import Product, Variant
from tests.exchange.reading import HEAD


@pytest.fixture
def storefront(settings):
    """Run the command; gives exit code, standard output and standard error."""
    environ = {**os.environ, "STOREFRONT_INSTANCE": str(settings.instance)}
    environ["DATABASE_URL"] = settings.database_url

    def run(*arguments) -> tuple[int, str, str]:
        program = Path(sys.executable).with_name("storefront")
        done = subprocess.run(
            [program, *map(str, arguments)],
            env=environ,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "anything.txt"
    path.write_text(f"{HEAD}\n1,simple,mug,Mug,1,12.00\n2,booking,b,B,1,3\n")
    return path


def test_a_woocommerce_file_is_brought_in_and_what_was_skipped_said(storefront, catalogue):
    code, said, complained = storefront("import-products", catalogue)
    assert (code, said) == (0, "products=1 variants=1 images=0 skipped=1\n")
    assert complained == "line 3: skip, its type, 'booking', is not sold here\n"
    assert Product.select().where(Product.handle == "mug").exists()


def test_a_dry_run_lists_everything_and_writes_nothing(storefront, catalogue):
    skip = "line 3: skip, its type, 'booking', is not sold here\n"
    summary = "products=1 variants=1 images=0 skipped=1\n"
    code, said, complained = storefront("import-products", catalogue, "--dry-run")
    assert (code, complained) == (0, "")
    assert said == f"line 2: make mug, 1 variant\n{skip}{summary}"
    assert not Product.select().where(Product.handle == "mug").exists()
    storefront("import-products", catalogue)
    _, said, _ = storefront("import-products", catalogue, "--dry-run")
    assert said == f"line 2: same mug, 1 variant\n{skip}{summary}"


def test_a_refusal_names_line_and_reason_and_writes_nothing(storefront, catalogue):
    with catalogue.open("a") as file:
        file.write("3,simple,cup,Cup,1,free\n")
    before = Product.select().count()
    code, said, complained = storefront("import-products", catalogue)
    assert (code, said) == (1, "")
    assert complained.startswith("line 4: Regular price is 'free'; ")
    assert complained.count("\n") == 1
    assert Product.select().count() == before


@pytest.mark.parametrize("format", ["shopify", "woocommerce"])
def test_an_export_says_how_many_and_standard_output_has_the_file_alone(
    storefront, tmp_path, format
):
    count, variants = Product.select().count(), Variant.select().count()
    summary = f"products={count} variants={variants} images=0 left_out=0\n"
    path = tmp_path / "out.csv"
    code, said, complained = storefront("export-products", "--format", format, path)
    assert (code, said, complained) == (0, summary, "")
    code, said, complained = storefront("export-products", "--format", format, "-")
    assert (code, complained) == (0, summary)
    assert said.encode() == path.read_bytes()
    assert not list(tmp_path.glob("*.new"))


def test_an_export_that_fails_leaves_the_file_that_was_there(
    settings, tmp_path, clock, monkeypatch
):
    path = tmp_path / "out.csv"
    path.write_text("before")

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(commands.shopify_write, "write", fail)
    with pytest.raises(OSError, match="disk is full"):
        commands.give_out(str(path), "shopify", "USD", clock())
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.glob("out*")] == ["out.csv"]


def test_an_export_reads_a_batch_at_a_time(settings, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(commands.goods, "BATCH", 7)
    said = []
    execute = type(database.obj).execute_sql

    def noted(self, sql, *rest, **options):
        said.append(sql)
        return execute(self, sql, *rest, **options)

    monkeypatch.setattr(type(database.obj), "execute_sql", noted)
    written = commands.give_out(str(tmp_path / "out.csv"), "shopify", "USD", clock())
    assert written.products == Product.select().count()
    assert all("LIMIT" in sql or " IN (" in sql for sql in said[:-1])
    assert not any("OFFSET" in sql for sql in said)


def test_many_warnings_are_counted_rather_than_kept(monkeypatch, capsys):
    monkeypatch.setattr(commands, "MOST_WARNINGS", 2)
    warnings = commands._Warnings()
    for n in range(5):
        warnings.add(str(n))
    warnings.say()
    assert capsys.readouterr().err == "0\n1\nand 3 more\n"
