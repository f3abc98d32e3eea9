"""Files that only their owner may read, written whole or not at all."""

import errno
import os
import secrets
from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def make_folder(path: Path) -> None:
    """The folder `path`, with mode 0700, made if it is missing and closed to others if not."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)


def write_new(path: Path, content: bytes) -> None:
    """A new file with mode 0600; raises FileExistsError rather than overwrite one."""
    draft = _draft(path, content)
    try:
        # A hard link fails where a rename would overwrite.
        os.link(draft, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # FAT and exFAT, which sticks have, know no links: the name is taken first, then replaced.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write(path: Path, content: bytes) -> bool:
    """The file with this content and mode 0600, replaced if it differs; whether it was written."""
    if path.exists() and path.read_bytes() == content:
        return False
    _draft(path, content).replace(path)
    _sync_folder(path.parent)
    return True


def shred(path: Path) -> None:
    """Overwrites the file once and deletes it.

    Where the medium keeps old blocks (flash, journals, snapshots, backups) they remain: whoever
    relies on this alone relies on too much.
    """
    size = path.stat().st_size
    descriptor = os.open(path, os.O_WRONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    _sync_folder(path.parent)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    """Makes a new name in `folder` survive a power cut (POSIX leaves that to the caller)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
