"""What was posted cannot be changed unseen: neither rows, nor their order, nor the triggers."""

from datetime import timedelta

import pytest

from storefront import archive, chain, policy
from storefront.db import database, is_sqlite
from storefront.models import Order, PolicyNotice, PolicyVersion
from storefront.refusals import Refused
from tests.models.placing import cart_of, place

WORDS = {"role": "editor", "changes": "Said better."}


@pytest.fixture
def key(settings):
    return policy.read_key(settings.keys)


@pytest.fixture
def three(key, clock):
    """Three posted versions."""
    for text in ("Two. {covers: orders}", "Three. {covers: orders}"):
        policy.publish(text, key, **WORDS, in_force_at=clock(), at=clock())
        clock.forward(minutes=1)
    return list(PolicyVersion.select().order_by(PolicyVersion.number))


class without_triggers:
    """Takes the triggers away and puts them back as they were, as somebody clever would."""

    def __enter__(self) -> None:
        self.made = list(_triggers())
        for name, _ in self.made:
            database.execute_sql(
                f"DROP TRIGGER {name}{'' if is_sqlite() else ' ON policy_version'}"
            )

    def __exit__(self, *_) -> None:
        for _, sql in self.made:
            database.execute_sql(sql)


def _triggers():
    if is_sqlite():
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    else:
        asked = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        )
    return database.execute_sql(asked, ("policy_version",)).fetchall()


def sql(statement: str, *values) -> None:
    database.execute_sql(statement.replace("?", database.param), values)


def test_what_was_posted_as_it_should_be_is_found_good(three, key, runner):
    assert chain.troubles(key) == []
    assert chain.remarks(key) == []
    result = runner("verify-policy")
    assert result.exit_code == 0
    assert result.output == (
        f"3 versions are as they were posted; the digest of the last is {three[-1].digest}\n"
    )


TAMPERINGS = {
    "text": (
        "UPDATE policy_version SET text = 'We sell all.' WHERE number = 2",
        "version 2 is not",
    ),
    "covers": ("UPDATE policy_version SET covers = '[]' WHERE number = 3", "version 3 is not"),
    "a row of the middle": (
        "DELETE FROM policy_version WHERE number = 2",
        "version 3 stands where version 2 should: versions are missing",
    ),
    "the last row": (
        "DELETE FROM policy_version WHERE number = 3",
        "version 3 was posted and is not in the database",
    ),
    "all rows": ("DELETE FROM policy_version", "version 1 was posted and is not in the database"),
    "another number": (
        "UPDATE policy_version SET number = 7 WHERE number = 3",
        "version 7 stands where version 3 should",
    ),
    "a date": (
        "UPDATE policy_version SET posted_at = '2001-01-01 00:00:00' WHERE number = 3",
        "version 3 says that it was posted before version 2",
    ),
    "another date": (
        "UPDATE policy_version SET in_force_at = '2001-01-01 00:00:00' WHERE number = 3",
        "version 3 says that it comes into force before version 2",
    ),
    "a row that nobody posted": (
        "INSERT INTO policy_version (number, text, covers, changes, posted_by, posted_at, "
        "in_force_at, previous, signature, digest) SELECT 4, text, covers, changes, posted_by, "
        "posted_at, in_force_at, digest, signature, 'new' FROM policy_version WHERE number = 3",
        "version 4 is not what was signed",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_shows_though_the_triggers_were_put_back(three, runner, what):
    statement, words = TAMPERINGS[what]
    with without_triggers():
        sql(statement)
    result = runner("verify-policy")
    assert result.exit_code == 1
    assert words in str(result.exception)
    assert "trigger" not in str(result.exception)


def test_a_version_signed_anew_shows_by_those_after_it_and_by_its_note(three, key):
    """Even with the key, which lies on the same machine."""
    version = three[1]
    version.text = "We sell everything."
    archive.sign(version, key.private)
    with without_triggers():
        version.save()
    found = chain.troubles(key)
    assert "version 3 does not continue the version before it: one of them was replaced" in found
    assert "version 2 in the database is another one than its note says" in found


def test_each_trigger_that_is_missing_changed_or_too_many_is_named(three, key):
    names = [name for name, _ in _triggers()]
    assert len(names) == 6
    for name in names:
        with database.atomic() as transaction:
            on = "" if is_sqlite() else " ON policy_version"
            sql(f"DROP TRIGGER {name}{on}")
            [trouble] = chain.troubles(key)
            assert trouble.startswith(f"the trigger {name} is missing")
            made = f"CREATE TRIGGER {name} AFTER INSERT ON policy_version "
            sql(
                f"{made} BEGIN SELECT 1; END"
                if is_sqlite()
                else f"{made}EXECUTE FUNCTION note_edition()"
            )
            assert len(chain.troubles(key)) == (
                1 if name != "edition_policy_version_insert" else 1 if is_sqlite() else 0
            )
            transaction.rollback()
    more = "CREATE TRIGGER more AFTER INSERT ON policy_version "
    sql(f"{more} BEGIN SELECT 1; END" if is_sqlite() else f"{more}EXECUTE FUNCTION note_edition()")
    assert chain.troubles(key) == [
        "there is a trigger more on posted versions that this program did not make"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE policy_version DISABLE TRIGGER policy_version_never_changed",
        "CREATE OR REPLACE FUNCTION policy_version_is_final() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
        "CREATE RULE quiet AS ON DELETE TO policy_version DO INSTEAD NOTHING",
    ],
)
def test_ways_past_a_trigger_that_leave_its_name_show(three, key, statement):
    if is_sqlite():
        pytest.skip("SQLite has no functions or rules, and no way to switch a trigger off")
    sql(statement)
    assert chain.troubles(key) != []


def test_a_note_that_was_changed_shows(three, key):
    path = key.archive.folder / "2.note"
    path.write_text(path.read_text().replace("Two", "Too"))
    assert chain.troubles(key) == [f"the note {path} is not what this shop signed"]


def test_a_posting_that_was_cut_short_before_its_note_is_mended_by_the_next(three, key, clock):
    (key.archive.folder / "3.note").unlink()
    assert chain.troubles(key) == []
    [said] = chain.remarks(key)
    assert said.startswith("version 3 has no note")
    policy.publish("Four. {covers: orders}", key, **WORDS, in_force_at=clock(), at=clock())
    assert chain.remarks(key) == []
    assert key.archive.numbers() == [1, 2, 3, 4]


# An older backup


@pytest.fixture
def older(three):
    """The database as it was before the last version was posted."""
    with without_triggers():
        sql("DELETE FROM policy_version WHERE number = 3")
    return three


def test_over_an_older_backup_nothing_is_posted_until_the_versions_are_back(
    older, key, clock, runner
):
    with pytest.raises(Refused, match="has posted version 3, and its database ends with 2"):
        policy.publish("Other.", key, **WORDS, in_force_at=clock(), at=clock())
    result = runner("verify-policy", "--bring-back")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("version 3 is back\n3 versions are as they were posted")
    last = PolicyVersion.last()
    assert {n: v for n, v in last.__data__.items() if n not in ("id", "text")} == {
        n: v for n, v in older[-1].__data__.items() if n not in ("id", "text")
    }
    assert PolicyNotice.get(PolicyNotice.version == last).done_at, "nobody is told of it again"
    policy.publish("Other.", key, **WORDS, in_force_at=clock(), at=clock())
    assert chain.troubles(key) == []


def test_a_note_that_does_not_continue_the_rows_is_not_brought_back(older, key):
    (key.archive.folder / "3.note").write_bytes((key.archive.folder / "2.note").read_bytes())
    with pytest.raises(Refused, match="version 3 does not continue what is there"):
        chain.bring_back(key)
    (key.archive.folder / "3.note").rename(key.archive.folder / "4.note")
    with pytest.raises(Refused, match="version 4 does not continue"):
        chain.bring_back(key)
    assert PolicyVersion.last().number == 2


def test_a_new_database_for_a_shop_that_has_posted_gets_its_versions_back(
    three, key, plenty, clock
):
    from storefront.setup import _have_a_policy

    with without_triggers():
        sql("DELETE FROM policy_version")
    assert _have_a_policy(key, clock()) == "policy versions brought back from their notes: 3"
    assert [
        version.digest for version in PolicyVersion.select().order_by(PolicyVersion.number)
    ] == [version.digest for version in three]
    place(cart_of((plenty, 1)), clock())
    assert Order.get().policy.number == 3


def test_posting_by_day_keeps_versions_in_the_order_of_their_dates(three, key, clock):
    day = timedelta(days=1)
    policy.publish("Four.", key, **WORDS, in_force_at=clock() + day, at=clock())
    with pytest.raises(Refused, match="Version 4 is posted already and comes into force on"):
        policy.publish("Five.", key, **WORDS, in_force_at=clock(), at=clock())
    policy.publish("Five.", key, **WORDS, in_force_at=clock() + day, at=clock())
    assert PolicyVersion.in_force(clock() + day).number == 5
