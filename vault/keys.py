"""Making every key of the handoff, each in the folder of the program that may have it.

Nothing here overwrites a private key. What is public is copied to where it is pinned, and to
`public/` for the machines that pin it elsewhere.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from storefront.handoff.envelope import HandoffError, load_private_key

from . import certificates
from .desk_keys import DeskKeys
from .epochs import look_ahead
from .files import make_folder, write, write_new
from .places import LINES, PUBLIC, ROLES, SIGNERS, folders_of, roles_in


class KeyMissing(HandoffError):
    """A private key is gone while its public half is still pinned: making another would break
    every promise made with it."""


def init(
    instance: Path,
    now: int,
    *,
    roles: Sequence[str] | None = None,
    ask: Callable[[], str] | None = None,
    choose: Callable[[], str] | None = None,
) -> list[str]:
    """Makes what is missing under `instance` and renews what runs out; `now` is epoch seconds.

    `roles` are the programs of this machine, besides those it has: all of them if it is new.
    `ask` and `choose` give the desk's passphrase, to open what there is and for what is new; see
    DeskKeys for what happens without them. Returns the paths it wrote, relative to `instance`.
    Run it again at any time: with nothing to do it writes nothing. Raises KeyMissing.
    """
    instance = Path(instance)
    with alone(instance):
        roles = _written_down(instance, roles)
        folders = folders_of(roles)
        for folder in (*folders, *(["desk/epochs"] if "desk" in roles else [])):
            make_folder(instance / folder)
        desk = DeskKeys(instance / "desk", ask)
        written = _lock(desk, choose) if "desk" in roles else []
        for name, (owner, pinned) in SIGNERS.items():
            if owner in folders:
                written += _signer(instance, name, [f for f in pinned if f in folders], desk)
        for role in LINES:
            if role in roles:
                written += _line(instance, role, folders, now)
        return written + (look_ahead(instance, roles, desk, now) if "desk" in roles else [])


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Only one changes keys at a time; the lock goes with the process."""
    descriptor = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _written_down(instance: Path, roles: Sequence[str] | None) -> tuple[str, ...]:
    """The roles of this machine, old ones and new, kept for the next time.

    A machine that was never told has all of them.
    """
    make_folder(instance / PUBLIC)
    path = instance / PUBLIC / "roles"
    known = roles_in(instance) if path.exists() or not roles else ()
    every = tuple(role for role in ROLES if role in {*known, *(roles or ())})
    write(path, (" ".join(every) + "\n").encode())
    return every


def _lock(desk: DeskKeys, choose: Callable[[], str] | None) -> list[str]:
    written = []
    if not desk.lock.exists():
        if sealed := desk.sealed():
            raise KeyMissing(
                f"{desk.lock.path} is missing, but {sealed[0]} is sealed with it. Restore it from "
                "a backup, or join the custodians' words with `vault join`."
            )
        written += desk.make_lock(choose)
        written += desk.seal_what_is_open()
    return [f"desk/{path}" for path in written]


def _signer(instance: Path, name: str, pinned_by: Sequence[str], desk: DeskKeys) -> list[str]:
    owner = SIGNERS[name][0]
    private = f"{owner}/{name}.key"
    copies = [f"{folder}/{name}.pub" for folder in (*pinned_by, PUBLIC)]
    sealed = owner == "desk"
    make = (lambda: desk.make_signer(name)) if sealed else _make(instance / private)
    written = _make_once(instance, private, copies, make)
    known = instance / f"desk/{name}.pub"
    if sealed and known.exists():
        pem = known.read_bytes()  # without asking for the passphrase
    else:
        key = desk.signer(name) if sealed else load_private_key(instance / private)
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return written + _copy(instance, copies, pem)


def _line(instance: Path, role: str, folders: Sequence[str], now: int) -> list[str]:
    folder, (usage, pinned_by) = ROLES[role], LINES[role]
    private, certificate = f"{folder}/line.key", f"{folder}/line.pem"
    pins = [
        f"{each}/{role}-line.pem" for each in (*pinned_by, PUBLIC) if each in (*folders, PUBLIC)
    ]
    generate = _make(instance / private, certificates.new_key)
    written = _make_once(instance, private, [certificate, *pins], generate)
    path = instance / certificate
    if not path.exists() or certificates.runs_out(path.read_bytes(), now):
        key = load_pem_private_key((instance / private).read_bytes(), password=None)
        pem = certificates.self_signed(f"storefront {role}", usage, key, now)
        written += _copy(instance, [certificate], pem)
    return written + _copy(instance, pins, path.read_bytes())


def _make(path: Path, generate=Ed25519PrivateKey.generate) -> Callable[[], None]:
    def make() -> None:
        pem = generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_new(path, pem)

    return make


def _make_once(instance: Path, private: str, public: list[str], make) -> list[str]:
    if (instance / private).exists():
        return []
    if left := [path for path in public if (instance / path).exists()]:
        raise KeyMissing(
            f"{instance / private} is missing, but {left[0]} still stands for it. Restore it from "
            "a backup; to begin anew, first move the folders of all keys away."
        )
    make()
    return [private]


def _copy(instance: Path, paths, content: bytes) -> list[str]:
    return [path for path in paths if write(instance / path, content)]
