import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from storefront.handoff.envelope import Offer, Receipt, load_private_key, load_public_key
from vault.store import Held, Store, StoreFailed, StoreFull, Superseded


@pytest.fixture
def store(instance):
    folder = instance / "vault"
    store = Store(folder / "store.sqlite", load_private_key(folder / "vault.key"))
    yield store
    store.close()


@pytest.fixture
def put(store, instance, now):
    shop_key = load_public_key(instance / "vault/shop.pub")
    return lambda envelope: store.put(envelope, envelope.verified_offer(shop_key), now)


def env_id(envelope, instance):
    return Offer.verify(envelope.compact_offer, load_public_key(instance / "vault/shop.pub")).env_id


def rows(store):
    columns = 'env_id, "order", attempt, state, sealed'
    return store.connection.execute(
        f"SELECT {columns} FROM envelopes ORDER BY vault_seq"
    ).fetchall()


def test_the_receipt_tells_what_was_kept(put, make_envelope, instance, now):
    envelope = make_envelope()
    compact, is_new = put(envelope)
    receipt = Receipt.verify(compact, load_public_key(instance / "keys/vault.pub"))
    assert is_new
    assert receipt == Receipt(env_id(envelope, instance), "K7M2-9QXD", envelope.sha256, now, 1)


def test_the_same_envelope_twice_gets_the_same_receipt(put, make_envelope, store):
    envelope = make_envelope()
    first, second = put(envelope), put(envelope)
    assert first == (second[0], True)
    assert second[1] is False
    assert len(rows(store)) == 1


def test_other_bytes_under_the_same_env_id_are_refused_with_the_receipt(put, make_envelope):
    same = "AAAAAAAAAAAAAAAAAAAAAA"
    kept, _ = put(make_envelope(env_id=same))
    with pytest.raises(Held) as refused:
        put(make_envelope(env_id=same))
    assert refused.value.receipt == kept


def test_another_envelope_for_the_same_attempt_is_refused_with_the_receipt(put, make_envelope):
    kept, _ = put(make_envelope(attempt=2))
    with pytest.raises(Held) as refused:
        put(make_envelope(attempt=2))
    assert refused.value.receipt == kept


def test_a_later_attempt_supersedes_the_earlier_and_its_sealed_bytes_are_deleted(
    put, make_envelope, store, instance
):
    first, second, other = make_envelope(), make_envelope(attempt=2), make_envelope("OTHER")
    for envelope in (first, other, second):
        put(envelope)
    states = [
        (order, attempt, state, sealed is None) for _, order, attempt, state, sealed in rows(store)
    ]
    assert states == [
        ("K7M2-9QXD", 1, "superseded", True),
        ("OTHER", 1, "received", False),
        ("K7M2-9QXD", 2, "received", False),
    ]
    for path in (instance / "vault").glob("store.sqlite*"):
        assert first.sealed[:500] not in path.read_bytes(), path
    assert store.receipt(env_id(first, instance)) is None
    assert store.receipt(env_id(second, instance)) is not None


def test_an_older_attempt_that_arrives_late_is_refused(put, make_envelope, store):
    put(make_envelope(attempt=3))
    with pytest.raises(Superseded):
        put(make_envelope(attempt=2))
    assert len(rows(store)) == 1


def test_a_superseded_envelope_that_comes_again_is_refused(put, make_envelope, store):
    first = make_envelope()
    put(first)
    put(make_envelope(attempt=2))
    with pytest.raises(Superseded):
        put(first)
    assert [state for _, _, _, state, _ in rows(store)] == ["superseded", "received"]


def test_with_the_disk_full_there_is_no_receipt_and_nothing_is_kept(
    put, make_envelope, store, instance
):
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    kept = []

    def fill():
        for number in range(20):
            envelope = make_envelope(f"FULL-{number}")
            put(envelope)
            kept.append(envelope)

    with pytest.raises(StoreFull, match="make room"):
        fill()
    assert len(rows(store)) == len(kept) < 20
    assert all(store.receipt(env_id(envelope, instance)) for envelope in kept)
    store.connection.execute("PRAGMA max_page_count = 1000000")
    assert put(make_envelope("FULL-AGAIN"))[1]


def test_when_a_later_attempt_cannot_be_kept_the_earlier_one_stays(put, make_envelope, store):
    put(make_envelope())
    store.connection.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON envelopes WHEN NEW.state = 'superseded'"
        " BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(StoreFailed):
        put(make_envelope(attempt=2))
    assert [(attempt, state) for _, _, attempt, state, _ in rows(store)] == [(1, "received")]


def test_a_database_that_refuses_gives_no_receipt(put, make_envelope, store):
    store.connection.execute("DROP TABLE envelopes")
    with pytest.raises(StoreFailed, match="SQLITE_ERROR"):
        put(make_envelope())


def test_a_database_that_another_process_has_locked_gives_no_receipt(put, make_envelope, store):
    store.connection.execute("PRAGMA busy_timeout = 1")
    path = store.connection.execute("PRAGMA database_list").fetchone()[2]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="BUSY"):
        put(make_envelope())
    other.execute("ROLLBACK")
    other.close()
    assert put(make_envelope())[1]


def test_every_commit_waits_for_the_disk(store):
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_what_was_committed_is_there_without_a_clean_end(put, make_envelope, store, instance, now):
    """A copy of the files as they are, uncheckpointed, is what a crash leaves behind."""
    envelope = make_envelope()
    receipt, _ = put(envelope)
    crashed = instance / "crashed"
    crashed.mkdir()
    for path in (instance / "vault").glob("store.sqlite*"):
        shutil.copy(path, crashed)
    again = Store(crashed / "store.sqlite", load_private_key(instance / "vault/vault.key"))
    assert again.receipt(env_id(envelope, instance)) == receipt
    again.close()


def test_eight_threads_with_one_envelope_keep_it_once(put, make_envelope, store):
    envelope = make_envelope()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: put(envelope), range(8)))
    assert len({receipt for receipt, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert len(rows(store)) == 1


def test_no_sealed_bytes_may_stay_with_a_superseded_row(put, make_envelope, store):
    put(make_envelope())
    with pytest.raises(sqlite3.IntegrityError):
        store.connection.execute("UPDATE envelopes SET state = 'superseded'")


def test_what_has_lain_for_fourteen_days_is_deleted_and_its_receipt_stays_true(
    put, make_envelope, store, now
):
    put(make_envelope(order="OLD22-22222"))
    store.connection.execute("UPDATE envelopes SET stored_at = stored_at - 15 * 86400")
    put(make_envelope(order="NEW33-33333"))
    assert store.expire(now - 14 * 86400) == 1
    assert [(row[1], row[3], row[4] is None) for row in rows(store)] == [
        ("OLD22-22222", "expired", True),
        ("NEW33-33333", "received", False),
    ]
    assert store.expire(now - 14 * 86400) == 0
