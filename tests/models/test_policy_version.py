"""Posted versions of the policy: added to, signed and chained, and never changed."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import peewee
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront import policy
from storefront.db import database, is_sqlite
from storefront.models import PolicyVersion
from storefront.refusals import Refused
from tests.models.placing import at_once


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def key(settings):
    return policy.read_key(settings.keys)


@pytest.fixture
def post(key, now):
    """Post a text as the next version, in force at once."""

    def post(
        text: str, changes: str = "Said better.", in_force_at: datetime = now, at: datetime = now
    ):
        return policy.publish(
            text, key, role="editor", changes=changes, in_force_at=in_force_at, at=at
        )

    return post


def test_a_version_is_added_to_the_ones_before(post, key, now):
    first, second = PolicyVersion.last(), post("We ask for little. {covers: orders}", "Shorter.")
    assert (first.number, second.number) == (1, 2)
    assert PolicyVersion.in_force(now) == second
    assert second.previous == first.digest
    assert second.covers == ["orders"]
    for version in PolicyVersion.select():
        assert policy.verify(version, key.public_key()), version.number


def test_the_same_text_again_is_refused(post):
    post("We ask for little.")
    with pytest.raises(Refused, match="same as version 2"):
        post("We ask for little.")
    assert PolicyVersion.select().count() == 2


def test_a_version_posted_for_later_is_in_force_later(post, now):
    before, day = PolicyVersion.last(), timedelta(days=1)
    later = post("We ask for less.", in_force_at=now + day)
    assert PolicyVersion.in_force(now) == before
    assert PolicyVersion.in_force(now + day) == later


def test_a_moment_in_another_zone_is_signed_as_it_will_be_read(post, key, now):
    post("We ask for less.", at=now.astimezone(timezone(timedelta(hours=2))))
    fresh = PolicyVersion.last()
    assert fresh.posted_at == now
    assert policy.verify(fresh, key.public_key())


def test_four_editors_at_once_leave_an_unbroken_chain(post, key):
    outcomes = at_once(4, lambda n: post(f"Version of editor {n}."))
    assert all(isinstance(each, PolicyVersion | Refused) for each in outcomes), outcomes
    versions = list(PolicyVersion.select().order_by(PolicyVersion.number))
    assert [v.number for v in versions] == list(range(1, len(versions) + 1))
    assert len(versions) >= 2
    for before, after in pairwise(versions):
        assert after.previous == before.digest


def test_the_signed_note_says_all_there_is(post, now):
    note = policy.signed_note(post("# A\n\nB. {covers: orders, cookies}\n", 'What\n"changed"'))
    head, text, signature = (
        note.split("\n\n", 1)[0],
        note.split("\n\n", 1)[1],
        note.splitlines()[-1],
    )
    assert head.splitlines()[0] == "policy version 2"
    assert head.splitlines()[1] == f"posted {now.astimezone(UTC).isoformat()} by editor"
    assert "covers orders, cookies" in head.splitlines()
    assert r'changes "What\n\"changed\""' in head.splitlines()
    assert text.startswith("# A\n\nB. {covers: orders, cookies}\n\n")
    assert signature.startswith("— storefront-policy ")


# Never changed

CHANGES = [
    "UPDATE policy_version SET text = 'We sell everything.'",
    "UPDATE policy_version SET number = number",
    "DELETE FROM policy_version",
]
COLUMNS = (
    "id, number, text, covers, changes, posted_by, posted_at, in_force_at, previous, signature, "
    "digest"
)
REPLACE = f"INSERT OR REPLACE INTO policy_version ({COLUMNS}) SELECT {{}} FROM policy_version"
SQLITE_CHANGES = [
    *CHANGES,
    "UPDATE OR REPLACE policy_version SET text = 'We sell everything.'",
    REPLACE.format(COLUMNS.replace(" text", " 'We sell everything.'")),
    REPLACE.format(COLUMNS.replace("id,", "NULL,").replace(" digest", " 'other'")),
    REPLACE.format(COLUMNS.replace("id,", "NULL,").replace(" number", " 77")),
    REPLACE.format(COLUMNS.replace(" number", " 77").replace(" digest", " 'other'")),
    "REPLACE" + REPLACE.removeprefix("INSERT OR REPLACE").format(COLUMNS),
    f"INSERT INTO policy_version ({COLUMNS}) SELECT {COLUMNS} FROM policy_version WHERE 1"
    " ON CONFLICT (id) DO UPDATE SET text = 'We sell everything.'",
]
POSTGRESQL_CHANGES = [
    *CHANGES,
    "TRUNCATE policy_version CASCADE",
    'TRUNCATE "order", policy_version CASCADE',
    f"INSERT INTO policy_version ({COLUMNS}) SELECT {COLUMNS} FROM policy_version"
    " ON CONFLICT (id) DO UPDATE SET text = 'We sell everything.'",
]


@pytest.fixture
def unchanged(post):
    post("We ask for little.")
    before = list(PolicyVersion.select().order_by(PolicyVersion.id).dicts())
    yield
    assert list(PolicyVersion.select().order_by(PolicyVersion.id).dicts()) == before


def test_sql_of_the_shop_cannot_change_what_was_posted(unchanged):
    for sql in SQLITE_CHANGES if is_sqlite() else POSTGRESQL_CHANGES:
        with pytest.raises(peewee.DatabaseError, match="never changed"):
            database.execute_sql(sql)


def test_a_plain_sqlite_shell_cannot_change_it_either(settings, unchanged):
    if not is_sqlite():
        pytest.skip("this is about SQLite's own shell")
    shell = sqlite3.connect(database.database, isolation_level=None)
    try:
        for sql in SQLITE_CHANGES:
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                shell.execute(sql)
    finally:
        shell.close()


TAMPERED = {
    "text": "We sell everything. {covers: orders}",
    "number": 7,
    "covers": ["orders", "everything"],
    "changes": "Nothing.",
    "posted_by": "nobody",
    "posted_at": datetime(2001, 1, 1, tzinfo=UTC),
    "in_force_at": datetime(2001, 1, 1, tzinfo=UTC),
    "previous": "0" * 64,
    "signature": "AAAA",
    "digest": "0" * 64,
}


@pytest.mark.parametrize("column", [*TAMPERED, "signature that is none"])
def test_tampering_past_the_triggers_shows(post, key, column):
    column, value = column.split()[0], TAMPERED.get(column, "é is no base64")
    post("We sell nothing. {covers: orders}")
    drop_triggers()
    PolicyVersion.update({column: value}).where(PolicyVersion.id == PolicyVersion.last()).execute()
    first, tampered = PolicyVersion.select().order_by(PolicyVersion.id)
    assert not policy.verify(tampered, key.public_key())
    assert policy.verify(first, key.public_key())


def drop_triggers() -> None:
    on = "" if is_sqlite() else " ON policy_version"
    names = ["never_UPDATE", "never_DELETE", "never_replaced"]
    for name in names if is_sqlite() else ["never_changed", "never_emptied"]:
        database.execute_sql(f"DROP TRIGGER policy_version_{name}{on}")


def test_a_version_signed_by_another_key_shows(post):
    other = Ed25519PrivateKey.generate().public_key()
    assert not policy.verify(PolicyVersion.last(), other)
