"""What was erased does not come back with a backup, however that comes into its place."""

import shutil
from pathlib import Path

import pytest

from storefront import backups, chain, policy, privacy
from storefront.app import create_app
from storefront.config import NotSetUp
from storefront.db import database, is_sqlite
from storefront.erasures import Erasures
from storefront.models import (
    AccountLink,
    ContestEntry,
    GoneInsider,
    Insider,
    Order,
    PolicyVersion,
    Rating,
    Staff,
    Testimonial,
    Upkeep,
    Waiting,
)
from tests import customers
from tests.issues import readers
from tests.models.test_contest import announced, enter
from tests.models.testimonials import approved
from tests.seeds import ADDRESS, SEEDS, sow, texts
from tests.staff import in_browser, signed_in
from tests.test_rights import HELD, found, rows
from tests.testimonials import path_of

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def order(settings, clock) -> Order:
    return sow(clock())


@pytest.fixture
def backup(order, settings, clock, tmp_path) -> Path:
    """A copy of the database from before the erasure."""
    return backups.back_up(settings, clock(), lambda line: None, to=tmp_path / "copy.backup")


def put_in_place(backup: Path, settings) -> None:
    """Copy a backup over the database, past every command."""
    database.close_all()
    for path in settings.instance.glob("shop.sqlite*"):
        path.unlink()
    shutil.copy(backup, settings.instance / "shop.sqlite")
    database.connect()


def nothing_came_back(settings) -> None:
    left = rows()
    assert {name for name, text in texts().items() if text in left} == HELD - {"order.whose"}
    expected = HELD - {"order.whose"} if is_sqlite() else set()
    assert found(settings, SEEDS) == expected
    assert Upkeep.now().applied == Erasures(settings).last()


def test_a_backup_that_is_restored_is_erased_again_before_the_first_page(
    backup, settings, clock, runner
):
    privacy.erase(ADDRESS, settings, clock())
    told = runner("restore", backup)
    assert told.exit_code == 0, told.output
    assert f"restored {backup}" in told.output
    assert ADDRESS not in told.output
    nothing_came_back(settings)


def test_a_backup_brings_back_no_session_and_no_link_of_those_who_work_here(
    app, settings, clock, runner, tmp_path
):
    staff, secret = Staff.invite("ann@staff.example", ["editor"], clock())
    browser = in_browser(app, staff)
    copy = backups.back_up(settings, clock(), lambda line: None, to=tmp_path / "copy.backup")
    Staff.settle(secret, clock(), password="x", totp="y")
    told = runner("restore", copy)
    assert "look them over with `storefront list-staff`" in told.output
    assert browser.get("/desk").status_code == 303
    assert browser.get(f"/desk/invitations/{secret}").status_code == 410


def test_a_backup_brings_back_no_session_and_no_link_of_customers(
    app, settings, clock, runner, tmp_path
):
    browser = customers.signed_in(app)
    AccountLink.ask(customers.ANN, "browser", lambda number: "secret", clock())
    copy = backups.back_up(settings, clock(), lambda line: None, to=tmp_path / "copy.backup")
    told = runner("restore", copy)
    assert "Customers sign in anew" in told.output
    assert browser.get("/account").status_code == 303
    assert browser.get("/account/sign-in/links/secret").status_code == 404


def test_a_backup_that_is_copied_into_place_by_hand_is_erased_again_before_the_first_page(
    backup, settings, clock
):
    if not is_sqlite():
        pytest.skip("a PostgreSQL database is no file that is copied")
    privacy.erase(ADDRESS, settings, clock())
    put_in_place(backup, settings)
    assert ADDRESS in rows()
    create_app(settings, clock)
    nothing_came_back(settings)


def test_what_its_author_took_back_does_not_come_back_with_a_backup(
    app, settings, clock, runner, shirt, tmp_path
):
    gone, stays = approved(shirt, clock()), approved(shirt, clock(), email="bob@example.com")
    copy = backups.back_up(settings, clock(), lambda line: None, to=tmp_path / "copy.backup")
    assert app.test_client().post(f"{path_of(settings, gone)}/removal").status_code == 303
    assert privacy.catch_up(settings, clock()) == 0, "the database knows of it"
    told = runner("restore", copy)
    assert "1 rows erased again" in told.output
    assert [one.id for one in Testimonial.select()] == [stays.id]
    assert Rating.get().count == 1
    assert gone.key not in (settings.instance / "erasures.log").read_text()


def test_a_wish_or_an_entry_that_was_taken_back_does_not_either(
    app, order, backup, settings, clock, runner
):
    visitor = app.test_client()
    wish, entry = Waiting.get(), ContestEntry.get()
    for row, links, way in (
        (wish, "waiting_links", "/waiting/{}/removal"),
        (entry, "entry_links", "/contests/entries/{}/withdrawal"),
    ):
        link = app.extensions[links].write(row.key)
        assert visitor.post(way.format(link)).status_code == 303
    assert "2 rows erased again" in runner("restore", backup).output
    assert not Waiting.select().exists()
    assert not ContestEntry.select().exists()


def test_an_entry_that_was_made_once_more_and_taken_back_then_does_not_come_back_either(
    app, settings, clock, runner, tmp_path
):
    contest = announced(clock())
    enter(contest, clock()).confirm(clock())
    copy = backups.back_up(settings, clock(), lambda line: None, to=tmp_path / "copy.backup")
    link = app.extensions["entry_links"].write(enter(contest, clock()).key)
    answer = app.test_client().post(f"/contests/entries/{link}/withdrawal")
    assert answer.status_code == 303
    assert "1 rows erased again" in runner("restore", copy).output
    assert not ContestEntry.select().exists()


@pytest.mark.parametrize("way", ["by the link", "by letter"])
def test_who_left_the_insider_update_is_not_brought_back_by_a_backup_nor_by_a_list(
    app, settings, clock, runner, tmp_path, way
):
    readers(2, clock())
    gone = Insider.get()
    copy = backups.back_up(settings, clock(), lambda line: None, to=tmp_path / "copy.backup")
    left_at = clock()
    if way == "by the link":
        link = app.extensions["insider_links"].write(gone.key)
        answer = app.test_client().post(f"/insider/leave/{link}", data=ONE_CLICK)
        assert answer.status_code == 200
    else:
        taken_off = f"/desk/insider/addresses/{gone.id}/removal"
        assert signed_in(app, "editor").post(taken_off).status_code == 303
    clock.forward(days=1)
    assert "1 rows erased again" in runner("restore", copy).output
    assert [one.id for one in Insider.reading()] == [gone.id + 1]
    assert [(one.digest, one.left_at) for one in GoneInsider.select()] == [(gone.mailbox, left_at)]


@pytest.fixture
def posted_since(backup, settings, clock) -> int:
    """The number of a version of the policy that was posted after the backup."""
    clock.forward(days=1)
    key, at = policy.read_key(settings.keys), clock()
    words = {"role": "editor", "changes": "Shorter."}
    text = "We keep orders and no more. {covers: orders}"
    return policy.publish(text, key, **words, in_force_at=at, at=at).number


def test_a_backup_that_is_restored_does_not_bring_an_older_policy_back_into_force(
    backup, posted_since, settings, clock, runner
):
    told = runner("restore", backup)
    assert f"version {posted_since} of the policy is back" in told.output
    assert PolicyVersion.in_force(clock()).number == posted_since
    assert chain.troubles(policy.read_key(settings.keys)) == []


def test_a_copy_put_in_place_by_hand_shows_the_policy_that_is_in_force(
    backup, posted_since, settings, clock, caplog
):
    if not is_sqlite():
        pytest.skip("a PostgreSQL database is no file that is copied")
    put_in_place(backup, settings)
    assert PolicyVersion.last().number < posted_since
    shop = create_app(settings, clock)
    assert "We keep orders and no more." in shop.test_client().get("/privacy").text
    assert f"versions [{posted_since}] are back" in caplog.text


def test_a_note_that_somebody_touched_keeps_neither_the_shop_nor_a_backup_away(
    backup, posted_since, settings, clock, runner, caplog
):
    (settings.instance / "policy" / f"{posted_since}.note").write_text("not ours")
    told = runner("restore", backup)
    assert told.exit_code == 0
    assert "does not continue what is there. `storefront verify-policy` says more" in told.output
    create_app(settings, clock)
    assert "does not continue what is there" in caplog.text


def test_a_shop_that_erased_nobody_looks_no_further_at_its_start(settings, clock):
    assert privacy.catch_up(settings, clock()) == 0
    assert not (settings.instance / "erasures.lock").exists()


def test_an_erasure_that_was_cut_short_is_done_at_the_next_start(
    order, settings, clock, monkeypatch
):
    monkeypatch.setattr(Upkeep, "note", lambda **columns: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        privacy.erase(ADDRESS, settings, clock())
    monkeypatch.undo()
    assert ADDRESS in rows()
    assert privacy.catch_up(settings, clock()) > 0
    assert ADDRESS not in rows()


def test_a_database_from_before_there_were_rights_is_not_served(settings, clock):
    privacy.erase(ADDRESS, settings, clock())
    database.execute_sql("DROP TABLE upkeep")
    with pytest.raises(NotSetUp, match="run `storefront init`"):
        create_app(settings, clock)
