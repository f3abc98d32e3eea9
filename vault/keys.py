"""Making every key of the handoff, each in the folder of the program that may have it.

Nothing here overwrites a private key. What is public is copied to where it is pinned.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from storefront.handoff.envelope import (
    SUITES,
    Epoch,
    HandoffError,
    Manifest,
    b64u,
    canonical,
    load_private_key,
    load_public_key,
    new_private_halves,
    public_halves,
)

from . import certificates
from .files import make_folder, write, write_new

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY
#: How far ahead `init` makes epochs: eight weeks.
AHEAD = 8 * WEEK
#: Epochs overlap by a day, so that an offer made at the end of one can still be paid.
OVERLAP = DAY
#: An envelope is kept for 14 days at most; then nothing is left that the private half could open.
KEPT = 14 * DAY

#: Each signing key, the folder of its one owner, and the folders that pin its public half.
SIGNERS = {
    "root": ("desk", ("keys", "payment", "vault")),
    "shop": ("keys", ("payment", "vault")),
    "vault": ("vault", ("keys", "payment")),
}
#: Each end of the line by folder: its name, its use, and where its certificate is pinned.
LINES = {
    "keys": ("storefront shop", certificates.CLIENT, ("vault/shop-line.pem",)),
    "payment": ("storefront payment page", certificates.CLIENT, ("vault/payment-line.pem",)),
    "vault": (
        "storefront vault",
        certificates.SERVER,
        ("keys/vault-line.pem", "payment/vault-line.pem"),
    ),
}
MANIFESTS = ("desk/manifest", "keys/manifest", "payment/manifest", "vault/manifest")


class KeyMissing(HandoffError):
    """A private key is gone while its public half is still pinned: making another would break
    every promise made with it."""


def init(instance: Path, now: int) -> list[str]:
    """Makes what is missing under `instance` and renews what runs out; `now` is epoch seconds.

    Returns the paths it wrote, relative to `instance`. Run it again at any time: with nothing to
    do it writes nothing. Raises KeyMissing.
    """
    instance = Path(instance)
    for folder in ("keys", "payment", "vault", "desk", "desk/epochs"):
        make_folder(instance / folder)
    with _alone(instance):
        written = [path for name in SIGNERS for path in _signer(instance, name)]
        written += [path for folder in LINES for path in _line(instance, folder, now)]
        return written + _manifest(instance, now)


@contextmanager
def _alone(instance: Path) -> Iterator[None]:
    """Only one `init` at a time; the lock goes with the process."""
    descriptor = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _signer(instance: Path, name: str) -> list[str]:
    owner, pinned_by = SIGNERS[name]
    private = f"{owner}/{name}.key"
    copies = [f"{folder}/{name}.pub" for folder in pinned_by]
    written = _make_once(instance, private, copies, Ed25519PrivateKey.generate)
    public = load_private_key(instance / private).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return written + _copy(instance, copies, pem)


def _line(instance: Path, folder: str, now: int) -> list[str]:
    name, usage, pins = LINES[folder]
    private, certificate = f"{folder}/line.key", f"{folder}/line.pem"
    written = _make_once(instance, private, [certificate, *pins], certificates.new_key)
    path = instance / certificate
    if not path.exists() or certificates.runs_out(path.read_bytes(), now):
        key = load_pem_private_key((instance / private).read_bytes(), password=None)
        written += _copy(instance, [certificate], certificates.self_signed(name, usage, key, now))
    return written + _copy(instance, pins, path.read_bytes())


def _make_once(instance: Path, private: str, public: list[str], generate) -> list[str]:
    if (instance / private).exists():
        return []
    if left := [path for path in public if (instance / path).exists()]:
        raise KeyMissing(
            f"{instance / private} is missing, but {left[0]} still stands for it. Restore it from "
            "a backup; to begin anew, first move the folders of all keys away."
        )
    pem = generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new(instance / private, pem)
    return [private]


def _copy(instance: Path, paths, content: bytes) -> list[str]:
    return [path for path in paths if write(instance / path, content)]


def _manifest(instance: Path, now: int) -> list[str]:
    root = load_private_key(instance / "desk/root.key")
    latest = _latest(instance)
    kept = [epoch for epoch in latest.epochs if now < epoch.destroy_after] if latest else []
    made = list(_next_epochs(instance, kept, now))
    written = [f"desk/epochs/{epoch.kid}.json" for epoch in made]
    if made or latest is None or len(kept) < len(latest.epochs):
        latest = Manifest(latest.seq + 1 if latest else 1, (*kept, *made))
    # Ed25519 is deterministic (RFC 8032): an unchanged manifest signs to the same text.
    return written + _copy(instance, MANIFESTS, latest.sign(root).encode("ascii"))


def _latest(instance: Path) -> Manifest | None:
    """The newest manifest in any of the folders, if there is one: a lost copy heals."""
    root = load_public_key(instance / "vault/root.pub")
    paths = [instance / path for path in MANIFESTS]
    found = [_read_manifest(path, root) for path in paths if path.exists()]
    return max(found, key=lambda manifest: manifest.seq, default=None)


def _read_manifest(path: Path, root: Ed25519PublicKey) -> Manifest:
    try:
        return Manifest.read(path.read_text("ascii"), root)
    except (HandoffError, UnicodeDecodeError):
        raise HandoffError(
            f"{path} is damaged or not signed by this root; move it away and run `vault init` "
            "again, which copies the newest manifest from the other folders."
        ) from None


def _next_epochs(instance: Path, epochs: list[Epoch], now: int) -> Iterator[Epoch]:
    """Epochs, a week each, from the last of `epochs` until eight weeks ahead are covered."""
    # The first begins an hour ago, because not every clock is right.
    begin = max([now - HOUR, *(epoch.not_before + WEEK for epoch in epochs)])
    while begin < now + AHEAD:
        yield _new_epoch(instance, begin)
        begin += WEEK


def _new_epoch(instance: Path, begin: int) -> Epoch:
    """An epoch whose private halves are on disk at the desk before anyone can seal to it."""
    private = new_private_halves()
    not_after = begin + WEEK + OVERLAP
    epoch = Epoch(
        kid=os.urandom(8).hex(),
        suites=SUITES,
        public_keys=public_halves(private),
        not_before=begin,
        not_after=not_after,
        destroy_after=not_after + KEPT,
    )
    halves = {suite: b64u(key) for suite, key in private.items()}
    content = canonical({"kid": epoch.kid, "private_keys": halves, "public": epoch.members()})
    write_new(instance / f"desk/epochs/{epoch.kid}.json", content)
    return epoch
