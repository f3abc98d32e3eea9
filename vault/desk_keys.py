"""The desk's private keys, sealed on disk: the root, its own, and two halves for every epoch."""

from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from storefront.handoff.envelope import HandoffError, b64u, canonical, read_canonical, unb64u

from .files import shred, write, write_new
from .lock import Lock, is_sealed, new_passphrase


class KeyDestroyed(HandoffError):
    """The epoch's private halves were destroyed: nothing sealed to them will ever open."""


class DeskKeys:
    """The keys in the desk's `folder`.

    `ask()` gives the passphrase; without it the file `passphrase` is read, which only the desk of
    a local demonstration has.
    """

    def __init__(self, folder: Path, ask: Callable[[], str] | None = None):
        self.folder = Path(folder)
        self.lock = Lock(self.folder, ask or self._kept_passphrase)

    def _kept_passphrase(self) -> str:
        try:
            return (self.folder / "passphrase").read_text("utf-8").strip()
        except FileNotFoundError:
            raise HandoffError(
                f"The desk's keys in {self.folder} are under a passphrase, which has to be given."
            ) from None

    def make_lock(self, choose: Callable[[], str] | None) -> list[str]:
        """The lock, under the passphrase that `choose()` gives; what was written.

        Without `choose` the passphrase is random and kept beside the lock, which protects nothing
        from whoever reads the folder: it is for the demonstration on one machine.
        """
        if choose:
            self.lock.make(choose())
            return ["lock.json"]
        passphrase = new_passphrase()
        write(self.folder / "passphrase", f"{passphrase}\n".encode())
        self.lock.make(passphrase)
        return ["passphrase", "lock.json"]

    def sealed(self) -> list[Path]:
        """The files here that only the lock's secret opens."""
        keys = [path for path in sorted(self.folder.glob("*.key")) if path.name != "line.key"]
        return [path for path in (*keys, *self._epoch_files()) if is_sealed(path.read_bytes())]

    def seal_what_is_open(self) -> list[str]:
        """Seals what a desk from before there was a lock has in the clear; what was written."""
        names = {f"{name}.key": f"{name} key" for name in ("root", "desk")}
        names |= {f"epochs/{path.name}": f"epoch {path.stem}" for path in self._epoch_files()}
        return [path for path, name in names.items() if self._seal_one(self.folder / path, name)]

    def _seal_one(self, path: Path, name: str) -> bool:
        content = path.read_bytes() if path.exists() else None
        if content is None or is_sealed(content):
            return False
        write(path, self.lock.seal(name, content if name[:5] == "epoch" else _raw(content)))
        return True

    def _epoch_files(self) -> Iterable[Path]:
        return sorted((self.folder / "epochs").glob("*.json"))

    def make_signer(self, name: str) -> None:
        """A new signing key called `name`, sealed; raises FileExistsError if there is one."""
        raw = Ed25519PrivateKey.generate().private_bytes_raw()
        write_new(self.folder / f"{name}.key", self.lock.seal(f"{name} key", raw))

    def signer(self, name: str) -> Ed25519PrivateKey:
        """The signing key called `name`, `root` or `desk`."""
        path = self.folder / f"{name}.key"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise HandoffError(f"{path} is missing; restore it from a backup.") from None
        return Ed25519PrivateKey.from_private_bytes(self.lock.open(f"{name} key", content))

    def add_epoch(self, kid: str, private: dict[str, bytes]) -> None:
        """Keeps an epoch's private halves, 32 bytes by suite, sealed and on disk."""
        halves = {suite: b64u(key) for suite, key in private.items()}
        content = canonical({"kid": kid, "private_keys": halves})
        write_new(self._epoch(kid), self.lock.seal(f"epoch {kid}", content))

    def halves(self, kid: str) -> dict[str, bytes]:
        """An epoch's private halves by suite. Raises KeyDestroyed, or HandoffError if this desk
        never had them."""
        try:
            content = self._epoch(kid).read_bytes()
        except FileNotFoundError:
            if self.destroyed(kid):
                raise KeyDestroyed("The key for this card was destroyed.") from None
            raise HandoffError("This desk has no key for this card.") from None
        kept = read_canonical(self.lock.open(f"epoch {kid}", content))
        return {suite: unb64u(key) for suite, key in kept["private_keys"].items()}

    def has(self, kid: str) -> bool:
        """Whether the epoch's private halves are here."""
        return self._epoch(kid).exists()

    def destroyed(self, kid: str) -> bool:
        """Whether the epoch's private halves were here and were destroyed."""
        return self._tombstone(kid).exists()

    def kids(self) -> list[str]:
        """The epochs whose private halves are here."""
        return [path.stem for path in self._epoch_files()]

    def destroy(self, kid: str) -> bool:
        """Destroys an epoch's private halves, and notes it; whether they were here."""
        if not self.has(kid):
            return False
        # Noted first: a power cut in between must not leave a key merely missing.
        write(self._tombstone(kid), b"destroyed\n")
        shred(self._epoch(kid))
        return True

    def _epoch(self, kid: str) -> Path:
        return self.folder / "epochs" / f"{kid}.json"

    def _tombstone(self, kid: str) -> Path:
        return self.folder / "epochs" / f"{kid}.destroyed"


def _raw(pem: bytes) -> bytes:
    return load_pem_private_key(pem, password=None).private_bytes_raw()
