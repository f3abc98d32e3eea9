"""Which keys cards may be sealed to, and when: the root-signed list of epochs."""

import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from . import suites, wire

KIND = b"storefront-manifest/1\0"


class BadManifest(wire.HandoffError):
    """The manifest was not signed by the root, was changed, or is older than one already seen."""


class NoEpoch(wire.HandoffError):
    """No epoch fits: the keys have run out, are not valid yet, or the key id is unknown."""


MANIFEST_SHAPE: wire.Shape = {
    "v": wire.whole(1, 1),
    "seq": wire.whole(1),
    "epochs": lambda value: isinstance(value, list) and len(value) > 0,
}
EPOCH_SHAPE: wire.Shape = {
    "kid": wire.KID,
    "suites": wire.suite_names,
    "public_keys": lambda value: isinstance(value, dict) and all(map(wire.B64U, value.values())),
    "not_before": wire.whole(),
    "not_after": wire.whole(),
    "destroy_after": wire.whole(),
}


@dataclass(frozen=True, slots=True)
class Epoch:
    """A span of time with its own keys. Times are epoch seconds; `not_after` is the first moment
    past the span, `destroy_after` the moment from which the private halves may be destroyed."""

    kid: str
    suites: tuple[str, ...]
    public_keys: Mapping[str, bytes]
    not_before: int
    not_after: int
    destroy_after: int

    @classmethod
    def read(cls, value: object) -> "Epoch":
        """The epoch that a manifest's member describes; raises HandoffError if it is malformed."""
        members = wire.check_members(value, EPOCH_SHAPE)
        keys = {name: wire.unb64u(key) for name, key in members["public_keys"].items()}
        epoch = cls(**{**members, "suites": tuple(members["suites"]), "public_keys": keys})
        if set(keys) != set(epoch.suites):
            raise wire.HandoffError("An epoch's suites and its public keys do not match.")
        if any(len(key) != suites.PUBLIC_BYTES.get(name, len(key)) for name, key in keys.items()):
            raise wire.HandoffError("An epoch's public key has the wrong length for its suite.")
        if not epoch.not_before < epoch.not_after <= epoch.destroy_after:
            raise wire.HandoffError("An epoch's times are not in order.")
        return epoch

    def members(self) -> dict[str, object]:
        """The epoch as it stands in a manifest."""
        return {
            "kid": self.kid,
            "suites": list(self.suites),
            "public_keys": {name: wire.b64u(key) for name, key in self.public_keys.items()},
            "not_before": self.not_before,
            "not_after": self.not_after,
            "destroy_after": self.destroy_after,
        }

    def is_open(self, now: int) -> bool:
        """Whether cards may be sealed to this epoch at `now`."""
        return self.not_before <= now < self.not_after


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every epoch there is, in the order of their beginnings. `seq` only ever grows."""

    seq: int
    epochs: tuple[Epoch, ...]
    v: int = 1

    @classmethod
    def read(
        cls, compact_text: str, root_public_key: Ed25519PublicKey, *, last_seen: int = 0
    ) -> "Manifest":
        """The manifest in `compact_text`.

        Raises BadManifest unless the root signed it and its `seq` is at least `last_seen`.
        """
        try:
            members = wire.open_signed(KIND, compact_text, root_public_key, MANIFEST_SHAPE)
            epochs = tuple(Epoch.read(epoch) for epoch in members["epochs"])
        except wire.HandoffError as error:
            raise BadManifest(f"The key manifest cannot be used. {error}") from None
        if len({epoch.kid for epoch in epochs}) != len(epochs):
            raise BadManifest("The key manifest names one key id twice.")
        if members["seq"] < last_seen:
            raise BadManifest(
                f"The key manifest is number {members['seq']}, but number {last_seen} was seen "
                "before: somebody put an old one back. Fetch the newest from the desk."
            )
        return cls(members["seq"], tuple(sorted(epochs, key=lambda epoch: epoch.not_before)))

    def sign(self, root_private_key: Ed25519PrivateKey) -> str:
        """The compact text that travels, signed with the root key."""
        epochs = [epoch.members() for epoch in self.epochs]
        return wire.sign(KIND, {"v": self.v, "seq": self.seq, "epochs": epochs}, root_private_key)

    def epoch_at(self, now: int) -> Epoch:
        """The epoch to seal to at `now`: of those open, the one that began last."""
        for epoch in reversed(self.epochs):
            if epoch.is_open(now):
                return epoch
        raise NoEpoch("No card key is valid now; run `vault init` to make the next weeks' keys.")

    def epoch(self, kid: str) -> Epoch:
        """The epoch with this key id, open or not; raises NoEpoch if there is none."""
        for epoch in self.epochs:
            if epoch.kid == kid:
                return epoch
        raise NoEpoch("The manifest knows no such card key.")


class ManifestFile:
    """A manifest kept in a file, read again whenever the file changes.

    The highest `seq` seen is remembered in `<path>.seen`, so that an old manifest is refused
    after a restart too. Where that cannot be written (a folder mounted read-only), it is
    remembered only while the process lives.
    """

    def __init__(self, path: Path, root_public_key: Ed25519PublicKey):
        self.path = Path(path)
        self.seen_path = self.path.with_name(self.path.name + ".seen")
        self.root_public_key = root_public_key
        self._stamp: tuple[int, int, int] | None = None
        self._manifest: Manifest | None = None
        self._last_seen = self._remembered()
        self._lock = threading.Lock()

    def current(self) -> Manifest:
        """The manifest as the file has it now.

        Raises BadManifest if it is missing, damaged, not the root's or older than one seen.
        """
        try:
            with self._lock:
                return self._fresh()
        except (OSError, UnicodeDecodeError):
            raise BadManifest(f"{self.path} cannot be read; run `vault init`.") from None

    def _fresh(self) -> Manifest:
        stat = self.path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if self._manifest is None or stamp != self._stamp:
            self._manifest = self._read()
            self._stamp = stamp
        return self._manifest

    def _read(self) -> Manifest:
        # Forgotten first: a file that has turned bad must not leave the one before in use.
        self._manifest = None
        manifest = Manifest.read(
            self.path.read_text("ascii").strip(), self.root_public_key, last_seen=self._last_seen
        )
        if manifest.seq > self._last_seen:
            self._last_seen = manifest.seq
            self._remember(manifest.seq)
        return manifest

    def _remembered(self) -> int:
        try:
            return int(self.seen_path.read_text("ascii"))
        except FileNotFoundError:
            return 0
        except ValueError:
            raise BadManifest(f"{self.seen_path} is damaged; write the last seq into it.") from None

    def _remember(self, seq: int) -> None:
        draft = self.seen_path.with_name(f"{self.seen_path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{seq}\n")
            draft.replace(self.seen_path)
        except OSError:
            draft.unlink(missing_ok=True)
