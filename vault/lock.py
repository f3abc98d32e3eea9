"""The desk's lock: one random secret, under a passphrase, that everything private is sealed with.

The passphrase goes through scrypt (RFC 7914) and opens the secret with AES-256-GCM; the secret
opens, with AES-256-GCM again, the root key, the desk key and every epoch's private halves, each
bound to its name so that files cannot change places. The secret is also what custodians share
between them: whoever joins their words can set a new passphrase, and no key is made anew.
"""

import secrets
import unicodedata
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from storefront.handoff.envelope import (
    HandoffError,
    b64u,
    canonical,
    check_members,
    read_canonical,
    text,
    unb64u,
    whole,
)

from .files import write, write_new

#: scrypt's cost: 128 MiB of memory and about half a second for each guess at a passphrase.
COST = {"n": 2**17, "r": 8, "p": 1}
MOST_MEMORY = 2**30  # bytes that a lock file may make us use
SECRET_BYTES, SALT_BYTES, NONCE_BYTES = 32, 16, 12
SHORTEST = 12  # characters of a passphrase that a person chooses

_LOCK_SHAPE = {
    "v": whole(1, 1),
    "kdf": "scrypt".__eq__,
    "n": lambda n: type(n) is int and n >= 2**14 and n & (n - 1) == 0,
    "r": whole(8, 32),
    "p": whole(1, 16),
    "salt": text(r"[A-Za-z0-9_-]{22}"),
    "nonce": text(r"[A-Za-z0-9_-]{16}"),
    "secret": text(r"[A-Za-z0-9_-]{64}"),
}
_SEALED_SHAPE = {
    "v": whole(1, 1),
    "name": text(r"[a-z0-9 _-]{1,60}"),
    "nonce": text(r"[A-Za-z0-9_-]{16}"),
    "sealed": text(r"[A-Za-z0-9_-]+"),
}
_LOCK_IS = b"storefront-desk-lock/1\0"
_SECRET_IS = b"storefront-desk-secret/1\0"


class WrongPassphrase(HandoffError):
    """The passphrase does not open this lock."""


class Lock:
    """The lock in `folder`; `ask()` gives the passphrase, and is called when it is needed."""

    def __init__(self, folder: Path, ask: Callable[[], str]):
        self.path = Path(folder) / "lock.json"
        self._ask = ask
        self._secret: bytes | None = None

    def exists(self) -> bool:
        """Whether the lock was made."""
        return self.path.exists()

    def make(self, passphrase: str) -> None:
        """A new lock with a new secret; raises FileExistsError rather than replace one."""
        secret = secrets.token_bytes(SECRET_BYTES)
        write_new(self.path, _wrapped(secret, passphrase))
        self._secret = secret

    def change(self, passphrase: str, secret: bytes | None = None) -> None:
        """Puts the secret, or the one that custodians joined, under another passphrase."""
        secret = secret or self.secret
        write(self.path, _wrapped(secret, passphrase))
        self._secret = secret

    @property
    def secret(self) -> bytes:
        """The secret, 32 bytes; the passphrase is asked for the first time. May raise
        WrongPassphrase."""
        if self._secret is None:
            self._secret = _unwrapped(self._read(), self._ask())
        return self._secret

    def _read(self) -> dict:
        try:
            return check_members(read_canonical(self.path.read_bytes()), _LOCK_SHAPE)
        except FileNotFoundError:
            raise HandoffError(f"{self.path} is missing; restore it from a backup.") from None
        except HandoffError as error:
            raise HandoffError(f"{self.path} is damaged: {error}") from None

    def seal(self, name: str, private: bytes) -> bytes:
        """What the file of the secret thing called `name` may hold."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.secret).encrypt(nonce, private, _SECRET_IS + name.encode())
        members = {"v": 1, "name": name, "nonce": b64u(nonce), "sealed": b64u(sealed)}
        return canonical(members)

    def open(self, name: str, content: bytes) -> bytes:
        """What `seal` was given for `name`; raises HandoffError for anything else."""
        return opened(self.secret, name, content)


def opened(secret: bytes, name: str, content: bytes) -> bytes:
    """What was sealed with `secret` under this name; raises HandoffError for anything else."""
    try:
        members = check_members(read_canonical(content), _SEALED_SHAPE)
        nonce, sealed = unb64u(members["nonce"]), unb64u(members["sealed"])
        return AESGCM(secret).decrypt(nonce, sealed, _SECRET_IS + name.encode())
    except (InvalidTag, HandoffError):
        raise HandoffError(
            f"The desk's {name} does not open: it is damaged, or belongs to another desk."
        ) from None


def is_sealed(content: bytes) -> bool:
    """Whether a file's content looks as `seal` writes it, and not as before there was a lock."""
    try:
        check_members(read_canonical(content), _SEALED_SHAPE)
    except HandoffError:
        return False
    return True


def new_passphrase() -> str:
    """A random passphrase of 130 bits, for a lock that no person opens."""
    letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    drawn = "".join(secrets.choice(letters) for _ in range(26))
    return "-".join(drawn[n : n + 5] for n in range(0, 26, 5))


def check_passphrase(passphrase: str) -> str:
    """The passphrase, if it is long enough to be chosen by a person; raises HandoffError."""
    if len(_plain(passphrase)) < SHORTEST:
        raise HandoffError(
            f"A passphrase needs {SHORTEST} characters or more; six random words are good."
        )
    return passphrase


def _plain(passphrase: str) -> str:
    # The same letters can be typed in more than one way (Unicode NFKC makes them one).
    return unicodedata.normalize("NFKC", passphrase)


def _wrapped(secret: bytes, passphrase: str) -> bytes:
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    key = Scrypt(salt=salt, length=32, **COST).derive(_plain(passphrase).encode())
    wrapped = AESGCM(key).encrypt(nonce, secret, _LOCK_IS)
    members = {"v": 1, "kdf": "scrypt", **COST, "salt": b64u(salt)}
    return canonical(members | {"nonce": b64u(nonce), "secret": b64u(wrapped)})


def _unwrapped(lock: dict, passphrase: str) -> bytes:
    cost = {name: lock[name] for name in ("n", "r", "p")}
    if 128 * cost["n"] * cost["r"] > MOST_MEMORY:
        raise HandoffError("The lock asks for more memory than any lock we make.")
    key = Scrypt(salt=unb64u(lock["salt"]), length=32, **cost).derive(_plain(passphrase).encode())
    try:
        return AESGCM(key).decrypt(unb64u(lock["nonce"]), unb64u(lock["secret"]), _LOCK_IS)
    except InvalidTag:
        raise WrongPassphrase("This passphrase does not open the desk's keys.") from None
