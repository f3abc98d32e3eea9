"""Pinning what other machines show of themselves: public keys, certificates, the manifest.

It is carried over in a folder, `public/` of the machine it comes from, and a person compares the
fingerprints with those that the other machine shows.
"""

import hashlib
from pathlib import Path

from storefront.handoff.envelope import HandoffError, Manifest, load_public_key

from .files import write
from .places import MANIFEST, folders_of, owner, pins, roles_in


class Changed(HandoffError):
    """Something else is pinned already: a key was made anew, or this is not the machine it was."""


def fingerprint(content: bytes) -> str:
    """The SHA-256 of a file, as it is read out: 16 groups of four hexadecimal digits."""
    digest = hashlib.sha256(content).hexdigest()
    return " ".join(digest[n : n + 4] for n in range(0, 64, 4))


def fingerprints(folder: Path) -> dict[str, str]:
    """The fingerprint of each public file in a folder, but for the manifest, which is signed."""
    names = [name for name in pins() if name != MANIFEST and (folder / name).is_file()]
    return {name: fingerprint((folder / name).read_bytes()) for name in names}


def pin(instance: Path, carried: Path, replace: bool = False) -> list[str]:
    """Copies what the programs here have to know from the folder `carried`; the paths written.

    Raises Changed, with nothing written, when something else is pinned and `replace` is false;
    HandoffError when there is nothing to pin, or the manifest is not the pinned root's newest.
    """
    here = folders_of(roles_in(instance))
    wanted = [
        (name, f"{folder}/{name}")
        for name, folders in pins().items()
        if owner(name) not in here and (carried / name).is_file()
        for folder in folders
        if folder in here
    ]
    if not wanted:
        raise HandoffError(f"{carried} holds nothing that the programs here have to know.")
    keys = [(name, path) for name, path in wanted if name != MANIFEST]
    for name, path in keys:
        _check_same(instance / path, (carried / name).read_bytes(), replace)
    written = [p for name, p in keys if write(instance / p, (carried / name).read_bytes())]
    manifests = [path for name, path in wanted if name == MANIFEST]
    return written + [path for path in manifests if _take_manifest(instance / path, carried)]


def _check_same(path: Path, content: bytes, replace: bool) -> None:
    if path.exists() and path.read_bytes() != content and not replace:
        raise Changed(
            f"{path} is pinned with another fingerprint. If the other machine's key was changed "
            "on purpose, compare the fingerprints and add --replace."
        )


def _take_manifest(path: Path, carried: Path) -> bool:
    root = load_public_key(path.with_name("root.pub"))
    text = (carried / MANIFEST).read_text("ascii").strip()
    new = Manifest.read(text, root, last_seen=_seq(path, root))
    return write(path, text.encode("ascii")) and new.seq > 0


def _seq(path: Path, root) -> int:
    return Manifest.read(path.read_text("ascii").strip(), root).seq if path.exists() else 0
