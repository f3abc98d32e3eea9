import stat
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from cryptography import x509

from storefront.handoff.envelope import (
    HandoffError,
    Manifest,
    load_public_key,
    public_halves,
)
from tests.desks import desk_keys
from vault import keys

DAY, WEEK = 86400, 7 * 86400


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manifest(instance, folder="keys"):
    root = load_public_key(instance / folder / "root.pub")
    return Manifest.read((instance / folder / "manifest").read_text(), root)


def test_every_program_gets_its_keys_and_no_other(instance):
    found = {
        folder: {path.name for path in (instance / folder).iterdir()}
        for folder in ("keys", "payment", "vault", "desk")
    }
    line = {"line.pem", "line.key", "root.pub", "manifest"}
    assert found == {
        "keys": line | {"shop.key", "vault-line.pem", "vault.pub", "desk.pub"},
        "payment": line | {"vault-line.pem", "shop.pub", "vault.pub"},
        "vault": line
        | {"vault.key", "shop-line.pem", "payment-line.pem", "shop.pub"}
        | {"desk-line.pem", "desk.pub"},
        "desk": line
        | {"root.key", "desk.key", "desk.pub", "lock.json", "passphrase", "epochs"}
        | {"shop.pub", "vault.pub", "vault-line.pem"},
    }


def test_nobody_but_the_owner_may_read_a_key(instance):
    for path in (instance / "keys").parent.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_that_others_could_read_is_closed(instance, now):
    (instance / "vault").chmod(0o755)
    keys.init(instance, now)
    assert stat.S_IMODE((instance / "vault").stat().st_mode) == 0o700


def test_a_second_init_changes_nothing(instance, now):
    before = contents(instance)
    assert keys.init(instance, now) == []
    assert contents(instance) == before


def test_inits_at_the_same_time_make_one_set_of_keys(tmp_path):
    now = int(time.time())
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: keys.init(tmp_path, now), range(4)))
    assert sum(map(bool, written)) == 1


def test_epochs_cover_eight_weeks_without_a_gap(instance, now):
    epochs = manifest(instance).epochs
    for moment in range(now, now + 8 * WEEK, DAY):
        assert manifest(instance).epoch_at(moment)
    assert [later.not_before - earlier.not_before for earlier, later in pairwise(epochs)] == [
        WEEK
    ] * (len(epochs) - 1)
    assert all(epoch.not_after - epoch.not_before == WEEK + DAY for epoch in epochs)


def test_a_later_init_adds_epochs_under_a_higher_number_and_keeps_the_old_ones(instance, now):
    before = manifest(instance)
    keys.init(instance, now + 2 * WEEK)
    after = manifest(instance)
    assert after.seq == before.seq + 1
    assert after.epochs[: len(before.epochs)] == before.epochs
    assert after.epoch_at(now + 10 * WEEK - DAY)


def test_epochs_past_their_destruction_leave_the_manifest(instance, now):
    first = manifest(instance).epochs[0]
    keys.init(instance, first.destroy_after)
    assert first.kid not in {epoch.kid for epoch in manifest(instance).epochs}


def test_the_private_halves_at_the_desk_belong_to_the_public_ones(instance):
    for epoch in manifest(instance).epochs:
        assert public_halves(desk_keys(instance).halves(epoch.kid)) == dict(epoch.public_keys)


def test_a_lost_manifest_is_copied_from_the_other_folders(instance, now):
    (instance / "payment/manifest").unlink()
    assert keys.init(instance, now) == ["payment/manifest"]
    assert manifest(instance, "payment") == manifest(instance)


def test_a_damaged_manifest_is_named(instance, now):
    (instance / "vault/manifest").write_text("nonsense")
    with pytest.raises(HandoffError, match="vault/manifest is damaged"):
        keys.init(instance, now)


@pytest.mark.parametrize(
    "lost", ["desk/root.key", "keys/shop.key", "vault/vault.key", "payment/line.key"]
)
def test_a_lost_private_key_is_never_replaced_behind_its_public_half(instance, now, lost):
    (instance / lost).unlink()
    with pytest.raises(keys.KeyMissing, match=f"{lost} is missing"):
        keys.init(instance, now)
    assert not (instance / lost).exists()


def test_a_certificate_that_runs_out_is_renewed_with_its_key_and_pinned_anew(instance, now):
    private = (instance / "vault/line.key").read_bytes()
    old = (instance / "vault/line.pem").read_bytes()
    keys.init(instance, now + 660 * DAY)
    assert (instance / "vault/line.pem").read_bytes() == old
    keys.init(instance, now + 680 * DAY)
    new = (instance / "vault/line.pem").read_bytes()
    assert new != old
    assert (instance / "vault/line.key").read_bytes() == private
    for pin in ("keys/vault-line.pem", "payment/vault-line.pem"):
        assert (instance / pin).read_bytes() == new
    renewed = x509.load_pem_x509_certificate(new)
    assert renewed.not_valid_after_utc.timestamp() > now + 1400 * DAY


def test_a_certificate_made_before_a_crash_could_pin_it_is_pinned_by_the_next_init(instance, now):
    (instance / "vault/shop-line.pem").unlink()
    assert keys.init(instance, now) == ["vault/shop-line.pem"]
