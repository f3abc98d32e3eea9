"""The desk's private keys, for the tests that open what was sealed or sign as the desk does."""

from pathlib import Path

from vault.desk_keys import DeskKeys

CHEAP = {"n": 2**14, "r": 8, "p": 1}  # a lock in a fiftieth of a second, the least that opens
_SECRETS: dict[bytes, bytes] = {}


def desk_keys(instance: Path) -> DeskKeys:
    """The keys of the desk in an instance; the slow passphrase is paid for once a lock."""
    keys = DeskKeys(instance / "desk")
    lock = keys.lock.path.read_bytes()
    if lock not in _SECRETS:
        _SECRETS[lock] = keys.lock.secret
    keys.lock._secret = _SECRETS[lock]
    return keys
