"""The log of erased addresses, as keyed digests: so that a restored backup is erased again.

Also of what somebody took back by its own link, by the name that it had.

A file of the instance, outside the database and its backups. A line is the erasure's number, its
moment, and the HMAC-SHA-256 of the address under a key of its own: who has the file alone learns
no address, nor whether one that he knows is in it.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from storefront.config import Settings, write_private
from storefront.personal import declare, years
from storefront.refusals import Refused

KEPT = years(7)  # as long as anything that an erasure may have to come back to
LONGEST_LINE = 200  # bytes

declare(
    "file",
    "log of erasures: a keyed digest of your e-mail address, or of the key of what you took back",
    clause="rights",
    why="so that what was erased does not come back with a backup",
    basis="law",
    keep=KEPT,
)


def normal(email: str) -> str:
    """An address as it is kept and compared."""
    return email.strip().lower()


class Erasures:
    """The log of one shop."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.instance / "erasures.log"
        self._key_path = settings.keys / "erasures.key"

    def make_key(self) -> None:
        """Make the key where there is none. Raises `Refused` when it is lost and the log needs it.

        A new key would make the log say nothing, and erased people come back unseen.
        """
        if self._key_path.exists():
            return
        if self.last():
            raise Refused(
                f"{self._key_path} is missing, and {self._path} cannot be read without it. "
                "Bring the key back from wherever keys are kept."
            )
        write_private(self._key_path, secrets.token_hex(32) + "\n")

    def mark(self, email: str) -> str:
        """The keyed digest of an address."""
        return self.digest(normal(email))

    def digest(self, text: str) -> str:
        """The keyed digest of any text, which tells nothing to who has the digest alone."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _key(self) -> bytes:
        return bytes.fromhex(self._key_path.read_text().strip())

    def last(self) -> int:
        """The number of the last erasure; 0 before any."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, self._path.stat().st_size - LONGEST_LINE))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return 0
        return int(lines[-1].split()[0]) if lines else 0

    def moments(self) -> dict[str, datetime]:
        """For every digest in the log the moment it was last erased, UTC."""
        try:
            lines = self._path.read_text().splitlines()
        except FileNotFoundError:
            return {}
        parts = (line.split() for line in lines)
        return {digest: datetime.fromisoformat(moment) for _, moment, digest in parts}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else erases, or applies the log to a database, while the block runs."""
        held = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def add(self, email: str, seen: int, at: datetime) -> int:
        """Write an erasure down, on disk before anything is erased; gives its number.

        `seen` is the last number that the database knows: where the log is older, as after it was
        lost, numbers go on from there. Call it `alone`.
        """
        number = max(self.last(), seen) + 1
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        with os.fdopen(os.open(self._path, flags, 0o600), "w") as file:
            file.write(f"{number} {at.isoformat()} {self.mark(email)}\n")
            file.flush()
            os.fsync(file.fileno())
        return number

    def tidy(self, at: datetime) -> int:
        """Leave out what is older than a log is kept, but for the last line; how many lines."""
        with self.alone():
            lines = self._path.read_text().splitlines() if self.last() else []
            fresh = [x for x in lines if datetime.fromisoformat(x.split()[1]) > at - KEPT]
            fresh = fresh or lines[-1:]
            if fresh != lines:
                write_private(self._path, "".join(f"{line}\n" for line in fresh))
            return len(lines) - len(fresh)
