import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import canonical, read_canonical
from vault import keys
from vault.intake import Vault

HOUR, WEEK = 3600, 7 * 86400


@pytest.fixture
def clock(now):
    return [now]


@pytest.fixture
def vault(instance, clock):
    vault = Vault(instance / "vault", lambda: clock[0])
    yield vault
    vault.close()


def kept(vault):
    return vault.store.connection.execute("SELECT count(*) FROM envelopes").fetchone()[0]


def test_an_envelope_is_kept_once_and_answered_twice(vault, make_envelope):
    raw = make_envelope().to_bytes()
    first, second = vault.put(raw), vault.put(raw)
    assert (first.status, second.status) == (201, 200)
    assert first.members == second.members


def test_a_held_envelope_keeps_its_receipt_after_the_offer_has_run_out(vault, make_envelope, clock):
    raw = make_envelope().to_bytes()
    receipt = vault.put(raw).members
    clock[0] += HOUR
    assert vault.put(raw) == (200, receipt)


def refused(vault, raw, status, reason):
    assert vault.put(raw) == (status, {"reason": reason})
    assert kept(vault) == 0


def test_an_envelope_past_4_kib_is_refused(vault, make_envelope):
    envelope = dataclasses.replace(make_envelope(), sealed=bytes(4096))
    refused(vault, envelope.to_bytes(), 400, "malformed")


@pytest.mark.parametrize("name", ["v", "kid", "suite", "offer", "offer_sig", "sealed"])
def test_an_envelope_that_lacks_a_member_is_refused(vault, make_envelope, name):
    members = read_canonical(make_envelope().to_bytes())
    del members[name]
    refused(vault, canonical(members), 400, "malformed")


@pytest.mark.parametrize("name", ["cvv", "note", "zz"])
def test_an_envelope_with_a_member_too_many_is_refused(vault, make_envelope, name):
    members = read_canonical(make_envelope().to_bytes()) | {name: "123"}
    refused(vault, canonical(members), 400, "malformed")


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b"[" * 4000, b'{"v":1}', b"1e9"])
def test_garbage_is_refused(vault, raw):
    refused(vault, raw, 400, "malformed")


def test_an_offer_that_another_key_signed_is_refused(vault, make_envelope):
    envelope = make_envelope(signed_by=Ed25519PrivateKey.generate())
    refused(vault, envelope.to_bytes(), 403, "offer-not-ours")


def test_an_offer_that_was_changed_is_refused(vault, make_envelope):
    envelope = make_envelope()
    dearer = envelope.offer.replace(b'"amount_minor":1999', b'"amount_minor":9999')
    changed = dataclasses.replace(envelope, offer=dearer)
    refused(vault, changed.to_bytes(), 403, "offer-not-ours")


def test_an_offer_that_has_run_out_is_refused(vault, make_envelope, now):
    refused(vault, make_envelope(issued=now - 1801).to_bytes(), 410, "offer-expired")


def test_an_envelope_under_another_key_than_the_offers_is_refused(vault, make_envelope):
    envelope = dataclasses.replace(make_envelope(), kid="0123456789abcdef")
    refused(vault, envelope.to_bytes(), 422, "not-as-offered")


def test_an_envelope_in_a_suite_that_was_not_offered_is_refused(vault, make_envelope):
    envelope = make_envelope(suites=("x25519",))
    refused(vault, envelope.to_bytes(), 422, "not-as-offered")


def test_an_envelope_in_a_suite_that_the_epoch_lacks_is_refused(vault, make_envelope):
    envelope = dataclasses.replace(make_envelope(suites=("rot13",)), suite="rot13")
    refused(vault, envelope.to_bytes(), 422, "not-as-offered")


def test_an_unknown_key_is_refused(vault, make_envelope):
    refused(vault, make_envelope(kid="0123456789abcdef").to_bytes(), 422, "unknown-key")


def test_a_key_past_its_time_is_refused(vault, make_envelope, now, clock):
    clock[0] = now + 2 * WEEK
    refused(vault, make_envelope(issued=clock[0]).to_bytes(), 410, "key-expired")


def test_under_a_rolled_back_manifest_nothing_is_kept(vault, make_envelope, instance, now):
    path = instance / "vault/manifest"
    old = path.read_bytes()
    keys.init(instance, now + WEEK)
    assert vault.put(make_envelope().to_bytes()).status == 201
    path.write_bytes(old)
    answer = vault.put(make_envelope("OTHER").to_bytes())
    assert answer == (503, {"reason": "manifest-unusable"})
    assert kept(vault) == 1


def test_a_full_disk_is_said_to_be_full(vault, make_envelope):
    pages = vault.store.connection.execute("PRAGMA page_count").fetchone()[0]
    vault.store.connection.execute(f"PRAGMA max_page_count = {pages}")
    answers = [vault.put(make_envelope(f"N-{number}").to_bytes()) for number in range(20)]
    assert (507, {"reason": "disk-full"}) in answers
    assert kept(vault) == sum(answer.status == 201 for answer in answers)


def test_a_broken_store_answers_neither_puts_nor_receipts(vault, make_envelope):
    vault.store.connection.execute("DROP TABLE envelopes")
    assert vault.put(make_envelope().to_bytes()) == (503, {"reason": "store-failed"})
    assert vault.receipt("A" * 22) == (503, {"reason": "store-failed"})


def test_an_unknown_receipt_is_not_found(vault):
    assert vault.receipt("A" * 22) == (404, {"reason": "unknown"})
