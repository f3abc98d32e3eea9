import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import (
    BadManifest,
    Manifest,
    ManifestFile,
    NoEpoch,
)
from tests.desks import desk_keys
from vault import keys

DAY, WEEK = 86400, 7 * 86400


@pytest.fixture
def root(instance):
    return desk_keys(instance).signer("root")


def test_a_manifest_that_the_root_signed_is_read_back(manifest, root):
    assert Manifest.read(manifest.sign(root), root.public_key()) == manifest


def test_a_manifest_of_another_root_is_refused(manifest, root):
    with pytest.raises(BadManifest, match="signature"):
        Manifest.read(manifest.sign(Ed25519PrivateKey.generate()), root.public_key())


def test_a_lower_number_than_the_last_seen_is_refused(manifest, root):
    assert Manifest.read(manifest.sign(root), root.public_key(), last_seen=1)
    with pytest.raises(BadManifest, match="number 2 was seen before"):
        Manifest.read(manifest.sign(root), root.public_key(), last_seen=2)


def test_every_epoch_has_a_key_for_both_suites(manifest):
    for epoch in manifest.epochs:
        assert epoch.suites == ("mlkem768-x25519", "x25519")
        assert {name: len(key) for name, key in epoch.public_keys.items()} == {
            "mlkem768-x25519": 1216,
            "x25519": 32,
        }


def test_key_ids_tell_nothing_about_their_order(manifest):
    kids = [epoch.kid for epoch in manifest.epochs]
    assert len(set(kids)) == len(kids)
    assert all(len(bytes.fromhex(kid)) == 8 for kid in kids)


@pytest.mark.parametrize(
    "change",
    [
        {"suites": ("x25519",)},
        {"suites": ("x25519", "mlkem768-x25519", "other")},
        {"public_keys": {"x25519": b"short", "mlkem768-x25519": bytes(1216)}},
        {"public_keys": {}},
        {"kid": "no/slash/here"},
        {"not_before": 2**50},
        {"destroy_after": 0},
        {"not_after": "later"},
    ],
)
def test_a_manifest_with_a_broken_epoch_is_refused_even_if_signed(manifest, root, change):
    broken = dataclasses.replace(manifest.epochs[0], **change)
    signed = Manifest(2, (broken,)).sign(root)
    with pytest.raises(BadManifest):
        Manifest.read(signed, root.public_key())


def test_a_manifest_with_one_key_id_twice_is_refused(manifest, root):
    signed = Manifest(2, manifest.epochs[:1] * 2).sign(root)
    with pytest.raises(BadManifest, match="twice"):
        Manifest.read(signed, root.public_key())


@pytest.mark.parametrize("change", [{"v": 2}, {"seq": 0}, {"epochs": ()}])
def test_a_manifest_with_what_none_may_have_is_refused(manifest, root, change):
    signed = dataclasses.replace(manifest, **change).sign(root)
    with pytest.raises(BadManifest):
        Manifest.read(signed, root.public_key())


def test_the_epoch_that_began_last_is_the_one_to_seal_to(manifest):
    first, second = manifest.epochs[:2]
    assert manifest.epoch_at(second.not_before - 1) == first
    assert manifest.epoch_at(second.not_before) == second
    assert first.is_open(second.not_before + DAY - 1)
    assert not first.is_open(second.not_before + DAY)


def test_before_the_first_epoch_and_after_the_last_there_is_none(manifest):
    for moment in (manifest.epochs[0].not_before - 1, manifest.epochs[-1].not_after):
        with pytest.raises(NoEpoch, match="vault init"):
            manifest.epoch_at(moment)


def test_an_unknown_key_id_is_no_epoch(manifest):
    assert manifest.epoch(manifest.epochs[1].kid) == manifest.epochs[1]
    with pytest.raises(NoEpoch):
        manifest.epoch("0123456789abcdef")


@pytest.fixture
def kept(instance, root):
    return ManifestFile(instance / "payment/manifest", root.public_key())


def test_a_new_manifest_is_used_as_soon_as_it_is_there(kept, instance, now):
    assert kept.current().seq == 1
    keys.init(instance, now + WEEK)
    assert kept.current().seq == 2


def test_an_old_manifest_put_back_is_refused_also_after_a_restart(kept, instance, root, now):
    old = kept.path.read_bytes()
    keys.init(instance, now + WEEK)
    newest = kept.path.read_bytes()
    assert kept.current().seq == 2
    kept.path.write_bytes(old)
    for file in (kept, ManifestFile(kept.path, root.public_key()), kept):
        with pytest.raises(BadManifest, match="put an old one back"):
            file.current()
    kept.path.write_bytes(newest)
    assert kept.current().seq == 2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff"])
def test_a_manifest_that_turns_bad_is_not_used_any_more(kept, content):
    kept.current()
    kept.path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(BadManifest):
            kept.current()


def test_a_manifest_that_is_missing_says_what_to_do(kept):
    kept.path.unlink()
    with pytest.raises(BadManifest, match="run `vault init`"):
        kept.current()


def test_a_damaged_memory_of_the_last_number_is_an_error(kept, root):
    kept.seen_path.write_text("many")
    with pytest.raises(BadManifest, match="damaged"):
        ManifestFile(kept.path, root.public_key())
