"""Making keys on three machines, as docs/operating.md has it, and looking after them."""

import time

import pytest
from click.testing import CliRunner

from storefront.handoff.envelope import ManifestFile, load_public_key
from tests.desks import desk_keys
from vault import epochs, keys
from vault.commands import main
from vault.desk_keys import DeskKeys
from vault.pins import fingerprints

PASSPHRASE = "tavern otter plume seven"
DAY, WEEK = 86400, 7 * 86400


@pytest.fixture
def vault():
    """Runs a step as a person does; what is typed goes in through a pipe."""

    def run(machine, *arguments, typed="", code=0):
        argv = [*map(str, arguments), "--instance", str(machine)]
        result = CliRunner().invoke(main, argv, input=typed)
        assert result.exit_code == code, result.output
        return result.output

    return run


@pytest.fixture
def machines(tmp_path, vault):
    """Desk, vault and web host, each with its own keys and none of the others'."""
    desk, store, web = (tmp_path / name for name in ("desk", "vault", "web"))
    vault(desk, "init", "--role", "desk", typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    vault(store, "init", "--role", "vault")
    vault(web, "init", "--role", "shop", "--role", "payment")
    return desk, store, web


def pin_all(machines, vault):
    for machine in machines:
        for other in machines:
            if other is not machine:
                vault(machine, "pin", other / "public")


def manifest_of(machine, folder):
    root = load_public_key(machine / folder / "root.pub")
    return ManifestFile(machine / folder / "manifest", root).current()


def test_three_machines_pin_one_another_and_each_has_its_own_keys_only(machines, vault):
    pin_all(machines, vault)
    desk, store, web = machines
    assert {path.name for path in desk.iterdir()} == {"desk", "public"}
    assert {path.name for path in store.iterdir()} == {"vault", "public"}
    assert {path.name for path in web.iterdir()} == {"keys", "payment", "public"}
    kids = [epoch.kid for epoch in manifest_of(desk, "desk").epochs]
    for machine, folder in ((store, "vault"), (web, "keys"), (web, "payment")):
        assert [epoch.kid for epoch in manifest_of(machine, folder).epochs] == kids
    assert {path.name for path in (store / "vault").iterdir()} >= {
        *("vault.key", "line.key", "line.pem", "shop.pub", "root.pub", "desk.pub", "manifest"),
        *("shop-line.pem", "payment-line.pem", "desk-line.pem"),
    }
    for machine in machines:
        for path in machine.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path


def test_the_passphrase_of_a_real_desk_is_nowhere_on_its_disk(machines):
    desk, _, _ = machines
    assert not (desk / "desk/passphrase").exists()
    everything = b"".join(path.read_bytes() for path in desk.rglob("*") if path.is_file())
    assert PASSPHRASE.encode() not in everything
    assert DeskKeys(desk / "desk", lambda: PASSPHRASE).signer("root")


def test_a_changed_key_is_not_pinned_over_the_old_one_without_a_word(machines, vault, tmp_path):
    pin_all(machines, vault)
    _, store, web = machines
    before = (store / "vault/shop.pub").read_bytes()
    impostor = tmp_path / "impostor"
    vault(impostor, "init", "--role", "shop")
    said = vault(store, "pin", impostor / "public", code=1)
    assert "compare the fingerprints and add --replace" in said
    assert (store / "vault/shop.pub").read_bytes() == before
    vault(store, "pin", impostor / "public", "--replace")
    assert (store / "vault/shop.pub").read_bytes() != before
    assert web


def test_a_folder_that_holds_nothing_of_use_is_said_to(machines, vault, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds nothing" in vault(machines[0], "pin", tmp_path / "empty", code=1)


def test_fingerprints_are_the_same_on_both_machines(machines, vault):
    desk, store, _ = machines
    shown = vault(desk, "pin")
    assert shown == vault(store, "pin", desk / "public").split("pinned ")[0]
    assert all(len(digits.split()) == 16 for digits in fingerprints(desk / "public").values())
    assert "root.pub" in shown


def test_an_older_manifest_carried_over_is_refused(machines, vault):
    pin_all(machines, vault)
    desk, store, _ = machines
    old = (desk / "public/manifest").read_bytes()
    vault(desk, "keys", "rotate", typed=f"{PASSPHRASE}\n")
    vault(store, "pin", desk / "public")
    newest = (store / "vault/manifest").read_bytes()
    (desk / "public/manifest").write_bytes(old)
    assert "put an old one back" in vault(store, "pin", desk / "public", code=1)
    assert (store / "vault/manifest").read_bytes() == newest


def test_rotating_begins_an_epoch_at_once(instance, vault, now):
    before = manifest_of(instance, "keys")
    said = vault(instance, "keys", "rotate")
    after = manifest_of(instance, "keys")
    new = after.epoch_at(int(time.time()))
    assert after.seq == before.seq + 1
    assert new.kid not in {epoch.kid for epoch in before.epochs}
    assert f"desk/epochs/{new.kid}.json" in said
    assert desk_keys(instance).has(new.kid)


def test_an_epoch_that_may_be_needed_is_not_destroyed_unless_it_is_meant(instance, vault):
    kid = manifest_of(instance, "keys").epochs[0].kid
    assert "may be needed" in vault(instance, "keys", "destroy", kid, code=1)
    assert "vault keys rotate" in vault(instance, "keys", "destroy", kid, "--early", code=1)
    assert desk_keys(instance).has(kid), "without it nobody could pay"
    vault(instance, "keys", "rotate")
    vault(instance, "keys", "destroy", kid, "--early")
    assert not desk_keys(instance).has(kid)
    assert desk_keys(instance).destroyed(kid)
    assert kid not in {epoch.kid for epoch in manifest_of(instance, "keys").epochs}


def test_the_last_epoch_is_never_destroyed_and_the_manifest_stays_of_use(instance, vault, now):
    kids = [epoch.kid for epoch in manifest_of(instance, "keys").epochs]
    first, *others = kids
    vault(instance, "keys", "destroy", *others, "--early")
    vault(instance, "keys", "destroy", first, "--early", code=1)
    assert manifest_of(instance, "keys").epoch_at(now).kid == first
    vault(instance, "keys", "list")


def test_an_epoch_that_is_over_is_destroyed_and_no_other(instance, vault, monkeypatch):
    first, *others = manifest_of(instance, "keys").epochs
    monkeypatch.setattr("vault.key_commands._now", lambda: first.destroy_after)
    keys.init(instance, first.destroy_after)
    assert f"{first.kid}  is over" in vault(instance, "keys", "list")
    assert vault(instance, "keys", "destroy", "--due") == f"destroyed {first.kid}\n"
    assert not desk_keys(instance).has(first.kid)
    assert all(desk_keys(instance).has(epoch.kid) for epoch in others)
    assert "No epoch is over" in vault(instance, "keys", "destroy", "--due")


def test_an_epoch_that_nobody_knows_is_said_to_be(instance, vault):
    said = vault(instance, "keys", "destroy", "0123456789abcdef", "--early", code=1)
    assert "There is no epoch 0123456789abcdef" in said


def test_the_list_shows_every_epoch_and_whether_its_key_is_here(instance, vault):
    epochs_there = manifest_of(instance, "keys").epochs
    desk_keys(instance).destroy(epochs_there[1].kid)
    lines = vault(instance, "keys", "list").splitlines()[1:]
    assert [line.split()[0] for line in lines] == [epoch.kid for epoch in epochs_there]
    assert ["gone" in line for line in lines] == [n == 1 for n in range(len(lines))]


def test_the_vaults_machine_lists_the_epochs_too(machines, vault):
    pin_all(machines, vault)
    desk, store, _ = machines
    ours, theirs = (vault(machine, "keys", "list").splitlines()[1:] for machine in (desk, store))
    assert [line.split()[0] for line in ours] == [line.split()[0] for line in theirs]
    assert all("here" in line for line in ours)
    assert not any("here" in line or "gone" in line for line in theirs)


def test_custodians_bring_a_desk_back_whose_passphrase_is_lost(machines, vault, tmp_path):
    desk, _, _ = machines
    said = vault(desk, "split", "--files", tmp_path / "shares", typed=f"{PASSPHRASE}\n")
    assert "share-3.txt" in said
    shares = [tmp_path / f"shares/share-{n}.txt" for n in (1, 3)]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in shares)
    new = "six entirely different words here"
    assert "opens with the new" in vault(desk, "join", *shares, typed=f"{new}\n{new}\n")
    assert DeskKeys(desk / "desk", lambda: new).signer("root")


def test_custodians_of_another_desk_change_nothing(machines, instance, vault):
    desk, _, _ = machines
    words = [part for part in vault(instance, "split").split("\n\n") if len(part.split()) == 33]
    lines = "".join(" ".join(each.split()) + "\n" for each in words[:2])
    said = vault(desk, "join", typed=f"{lines}a new passphrase\n", code=1)
    assert "another desk's" in said
    assert DeskKeys(desk / "desk", lambda: PASSPHRASE).signer("root")


def test_a_short_passphrase_makes_no_desk(tmp_path, vault):
    said = vault(tmp_path / "d", "init", "--role", "desk", typed="short\nshort\n", code=1)
    assert "12 characters or more" in said
    assert not (tmp_path / "d/desk/lock.json").exists()


def test_a_wrong_passphrase_is_said_to_be_and_changes_nothing(machines, vault):
    desk, _, _ = machines
    before = (desk / "desk/manifest").read_bytes()
    said = vault(desk, "keys", "rotate", typed="not the one it is\n", code=1)
    assert "does not open" in said
    assert (desk / "desk/manifest").read_bytes() == before


def test_a_local_run_is_asked_nothing_and_told_where_the_passphrase_lies(tmp_path, vault):
    said = vault(tmp_path / "new", "init")
    assert f"lies in {tmp_path / 'new/desk/passphrase'}, beside the keys it opens" in said
    assert "test cards only" in said


def test_epochs_of_a_week_with_a_day_over_are_kept_for_fourteen_days(instance):
    for epoch in manifest_of(instance, "keys").epochs:
        assert epoch.not_after - epoch.not_before == WEEK + DAY
        assert epoch.destroy_after - epoch.not_after == epochs.KEPT
