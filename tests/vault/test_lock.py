"""The desk's lock: one passphrase before everything private, and nothing in the clear behind it."""

import json
import shutil

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from storefront.handoff.envelope import HandoffError, b64u, canonical
from tests.desks import desk_keys
from vault import keys, lock
from vault.desk_keys import DeskKeys, KeyDestroyed
from vault.lock import COST, Lock, WrongPassphrase

RIGHT = "tavern otter plume seven"


@pytest.fixture
def made(tmp_path):
    made = Lock(tmp_path, lambda: RIGHT)
    made.make(RIGHT)
    return made


def test_what_was_sealed_opens_with_the_passphrase_and_with_no_other(made, tmp_path):
    content = made.seal("root key", b"private")
    assert Lock(tmp_path, lambda: RIGHT).open("root key", content) == b"private"
    with pytest.raises(WrongPassphrase):
        Lock(tmp_path, lambda: RIGHT + "!").open("root key", content)


def test_files_that_change_places_do_not_open(made):
    with pytest.raises(HandoffError, match="desk key does not open"):
        made.open("desk key", made.seal("root key", b"private"))


def test_what_another_lock_sealed_does_not_open(made, tmp_path):
    other = Lock(tmp_path / "other", lambda: RIGHT)
    (tmp_path / "other").mkdir()
    other.make(RIGHT)
    with pytest.raises(HandoffError, match="belongs to another desk"):
        made.open("root key", other.seal("root key", b"private"))


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"v":1}'])
def test_a_damaged_file_is_said_to_be(made, content):
    with pytest.raises(HandoffError, match="is damaged"):
        made.open("root key", content)


def test_a_letter_typed_in_another_way_is_the_same_letter(made, tmp_path):
    made.change("fünf große Räume")
    assert Lock(tmp_path, lambda: "fünf große Räume").secret == made.secret


def test_a_new_passphrase_opens_what_was_sealed_before_and_the_old_one_nothing(made, tmp_path):
    content = made.seal("root key", b"private")
    made.change("another one altogether")
    assert Lock(tmp_path, lambda: "another one altogether").open("root key", content) == b"private"
    with pytest.raises(WrongPassphrase):
        Lock(tmp_path, lambda: RIGHT).open("root key", content)


def test_a_lock_is_never_made_over_another(made):
    with pytest.raises(FileExistsError):
        made.make(RIGHT)


@pytest.mark.parametrize(
    ("name", "value"), [("n", 2**30), ("n", 3), ("kdf", "md5"), ("salt", "x"), ("more", 1)]
)
def test_a_lock_that_no_program_of_ours_wrote_is_refused(made, tmp_path, name, value):
    members = json.loads(made.path.read_text()) | {name: value}
    made.path.write_bytes(canonical(members))
    with pytest.raises(HandoffError):
        _ = Lock(tmp_path, lambda: RIGHT).secret


def test_a_short_passphrase_is_refused():
    with pytest.raises(HandoffError, match="12 characters"):
        lock.check_passphrase("short")
    assert lock.check_passphrase(RIGHT) == RIGHT
    assert len(lock.new_passphrase()) == 31


def test_the_lock_costs_a_guess_128_mib():
    assert 128 * COST["n"] * COST["r"] == 128 * 2**20


def test_nothing_private_lies_at_the_desk_in_the_clear(instance):
    desk = desk_keys(instance)
    private = [desk.signer(name).private_bytes_raw() for name in ("root", "desk")]
    private += [half for kid in desk.kids() for half in desk.halves(kid).values()]
    everything = b"".join(
        path.read_bytes() for path in (instance / "desk").rglob("*") if path.is_file()
    )
    for secret in private:
        assert secret not in everything
        assert b64u(secret).encode() not in everything
        assert secret.hex().encode() not in everything


def test_without_its_passphrase_a_desk_without_the_file_opens_nothing(instance):
    (instance / "desk/passphrase").unlink()
    with pytest.raises(HandoffError, match="under a passphrase, which has to be given"):
        DeskKeys(instance / "desk").signer("root")


def test_a_desk_from_before_there_was_a_lock_is_sealed_by_the_next_init(instance, now):
    desk = desk_keys(instance)
    halves = {kid: desk.halves(kid) for kid in desk.kids()}
    raw = desk.signer("root").private_bytes_raw()
    root = desk.signer("root").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name in ("lock.json", "passphrase", "desk.key", "root.pub", "desk.pub", "root.key"):
        (instance / "desk" / name).unlink()
    for folder in ("keys", "vault", "public"):
        (instance / folder / "desk.pub").unlink()
    shutil.rmtree(instance / "public")
    (instance / "desk/root.key").write_bytes(root)
    for kid, private in halves.items():
        members = {"kid": kid, "private_keys": {suite: b64u(key) for suite, key in private.items()}}
        (instance / f"desk/epochs/{kid}.json").write_bytes(canonical(members))
    written = keys.init(instance, now)
    assert {"desk/lock.json", "desk/root.key", "desk/desk.key"} <= set(written)
    again = desk_keys(instance)
    assert {kid: again.halves(kid) for kid in again.kids()} == halves
    assert again.signer("root").private_bytes_raw() == raw


def test_a_lost_lock_is_never_replaced_behind_what_it_sealed(instance, now):
    (instance / "desk/lock.json").unlink()
    with pytest.raises(keys.KeyMissing, match=r"lock.json is missing, but .*desk.key is sealed"):
        keys.init(instance, now)


def test_an_init_with_nothing_to_do_asks_for_no_passphrase(instance, now):
    def ask():
        pytest.fail("it asked")

    assert keys.init(instance, now, ask=ask) == []


def test_a_destroyed_epoch_is_known_from_one_that_was_never_here(instance):
    desk = desk_keys(instance)
    kid = desk.kids()[0]
    assert desk.destroy(kid)
    assert not desk.destroy(kid)
    with pytest.raises(KeyDestroyed):
        desk.halves(kid)
    with pytest.raises(HandoffError, match="has no key for this card"):
        desk.halves("0123456789abcdef")
