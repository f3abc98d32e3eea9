"""What lies outside the database is declared, and backups go when their period is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storefront import personal, places
from storefront import setup as set_up
from storefront.db import is_sqlite
from storefront.jobs import Jobs
from storefront.models import OutgoingMail

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def backups(settings):
    folder = settings.instance / "backups"
    folder.mkdir(exist_ok=True)
    return folder


def test_delivered_mail_is_kept_as_long_as_the_outbox_knows_of_it(settings):
    places.declare_from(settings)
    (mail,) = personal.declared("mail archive")
    assert mail.keep == OutgoingMail.to.personal["keep"]


def test_where_mail_goes_to_a_server_no_archive_is_declared(settings):
    places.declare_from(replace(settings, mail_url="smtp://post.example"))
    assert not personal.declared("mail archive")
    places.declare_from(settings)
    assert personal.declared("mail archive")


def test_backups_past_their_period_go_and_what_is_somebodys_own_stays(settings, backups):
    old = ("20260301-115959.sqlite", "20200101-000000.sql", "before-restore-20260201-000000.sql")
    kept = ("20260301-120000.sqlite", "20260331-000000.sql", "mine.sqlite", "99999999-999999.sql")
    for name in old + kept:
        (backups / name).touch()
    assert places.let_go_of_backups(settings, NOW) == 3
    assert {path.name for path in backups.iterdir()} == set(kept)
    assert places.let_go_of_backups(settings, NOW + timedelta(days=60)) == 2
    assert {path.name for path in backups.iterdir()} == {"mine.sqlite", "99999999-999999.sql"}


def test_the_shops_own_backups_bear_the_name_that_is_looked_for(settings, backups):
    copy = set_up.back_up(settings, NOW, lambda line: None)
    if copy is None:
        pytest.skip("pg_dump is not here")
    assert places.let_go_of_backups(settings, NOW + timedelta(days=30)) == 0
    assert places.let_go_of_backups(settings, NOW + timedelta(days=31)) == 1
    assert not copy.exists()


def test_what_a_restore_puts_aside_bears_it_too(settings, backups, runner, tmp_path):
    if not is_sqlite():
        pytest.skip("a dump needs pg_dump")
    assert runner("backup", tmp_path / "copy").exit_code == 0
    assert runner("restore", tmp_path / "copy").exit_code == 0
    [aside] = backups.iterdir()
    assert places.let_go_of_backups(settings, datetime.now(UTC) + timedelta(days=31)) == 1
    assert not aside.exists()


def test_the_worker_lets_them_go(settings, backups):
    (backups / "20200101-000000.sqlite").touch()
    Jobs(settings).look_after()
    assert list(backups.iterdir()) == []


def test_there_may_be_no_folder_of_backups(settings, backups):
    backups.rmdir()
    assert places.let_go_of_backups(settings, NOW) == 0
