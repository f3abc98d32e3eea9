"""Backups: made while the shop runs, checked before they are put back; what was there is kept."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from storefront import backups, programs
from storefront.commands import cli
from storefront.db import database, is_sqlite, open_database
from storefront.models import Order, Product
from tests.models.placing import cart_of, place


@pytest.fixture
def copy(runner, tmp_path):
    """A backup, made by the command."""
    path = tmp_path / "copy.backup"
    told = runner("backup", path)
    assert told.output == f"backup {path}\n", told.output
    return path


def backups_in(settings) -> list:
    return sorted((settings.instance / "backups").iterdir())


def test_a_backup_is_a_private_file_of_one_state(plenty, clock, copy):
    assert copy.stat().st_mode & 0o777 == 0o600
    if is_sqlite():
        with closing(sqlite3.connect(copy)) as looked:
            assert looked.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert [path.name for path in copy.parent.glob("copy*")] == ["copy.backup"]


def test_without_a_name_it_goes_to_the_folder_of_backups(runner, settings):
    assert runner("backup").exit_code == 0
    [path] = backups_in(settings)
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_file_is_written_over(runner, copy):
    before = copy.read_bytes()
    told = runner("backup", copy)
    assert "is there already" in str(told.exception)
    assert copy.read_bytes() == before


def test_a_backup_brings_back_what_it_held_and_what_was_there_is_kept(
    runner, copy, settings, plenty, clock
):
    order = place(cart_of((plenty, 1)), clock())
    told = runner("restore", copy)
    assert told.exit_code == 0, told.output
    assert Order.select().count() == 0
    assert Product.select().exists()
    [aside] = [path for path in backups_in(settings) if path.name.startswith("before-restore")]
    assert str(aside) in told.output
    assert aside.stat().st_mode & 0o777 == 0o600
    assert order.number.encode() in aside.read_bytes()
    assert runner("restore", aside).exit_code == 0
    assert Order.get().number == order.number


def test_a_database_that_is_damaged_or_gone_is_no_obstacle(runner, copy, settings):
    if not is_sqlite():
        pytest.skip("this is about SQLite's file")
    path = settings.instance / "shop.sqlite"
    database.close_all()
    for broken in (b"not a database at all" * 999, None):
        path.unlink()
        if broken:
            path.write_bytes(broken)
        result = CliRunner().invoke(cli, ["restore", str(copy)])
        assert result.exit_code == 0, result.output
    database.initialize(open_database(settings.database_url))
    database.connect()
    assert Product.select().exists()


def test_half_a_copy_is_not_left_behind(settings, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "_copy_sqlite", lambda *_: 1 / 0)
    monkeypatch.setattr(backups, "_dump_postgresql", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backups.back_up(settings, clock(), print, to=tmp_path / "copy")
    assert list(tmp_path.glob("copy*")) == []


def test_nothing_is_restored_while_the_shop_runs(runner, copy, settings, plenty, clock):
    place(cart_of((plenty, 1)), clock())
    with programs.alone(settings.instance):
        told = runner("restore", copy)
    assert "is running already" in str(told.exception)
    assert Order.select().count() == 1


def test_nothing_is_restored_under_a_program_that_was_started_by_itself(
    runner, copy, settings, plenty, clock
):
    place(cart_of((plenty, 1)), clock())
    other = open_database(settings.database_url)
    other.connect()
    other.execute_sql("SELECT 1")
    told = runner("restore", copy)
    other.close_all()
    assert "has the database open" in str(told.exception)
    assert Order.select().count() == 1


def damaged(copy, how: str) -> None:
    whole = copy.read_bytes()
    if how == "half":
        copy.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        copy.write_bytes(b"")
    elif how == "text":
        copy.write_text("a letter to a friend\n" * 99)
    else:
        copy.unlink()


@pytest.mark.parametrize("how", ["half", "empty", "text", "missing"])
def test_a_file_that_is_no_whole_backup_is_refused_and_nothing_changed(
    runner, copy, settings, plenty, clock, how
):
    place(cart_of((plenty, 1)), clock())
    damaged(copy, how)
    told = runner("restore", copy)
    assert told.exit_code == 1
    assert str(copy) in str(told.exception)
    assert Order.select().count() == 1
    assert backups_in(settings) == []


def test_a_backup_of_a_newer_program_is_refused(runner, settings, tmp_path):
    name = "('9999_flying', CURRENT_TIMESTAMP)"
    database.execute_sql(f"INSERT INTO schema_migration (name, applied) VALUES {name}")
    path = tmp_path / "newer"
    runner("backup", path)
    told = runner("restore", path)
    assert "newer version of this program (9999_flying" in str(told.exception)


def test_a_backup_of_an_older_program_is_brought_up_to_date(runner, settings, tmp_path):
    if not is_sqlite():
        pytest.skip("the same code brings either up to date")
    path = tmp_path / "older"
    runner("backup", path)
    with closing(sqlite3.connect(path)) as older:
        older.executescript(
            "DROP TABLE rights_request; DROP TABLE upkeep; DROP INDEX order_whose;"
            'ALTER TABLE "order" DROP COLUMN whose;'
            "DELETE FROM schema_migration WHERE name = '0010_rights'"
        )
    told = runner("restore", path)
    assert told.exit_code == 0, told.output
    assert "schema 0010_rights" in told.output
    assert "whose" in [column.name for column in database.get_columns("order")]
