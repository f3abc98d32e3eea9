"""Catalogue files that were brought to the desk: where they lie, and what a run says beside them.

In instance/imports, with each file, stand how far a run has come and what stops it: both while a
transaction holds the database, which an import is from its beginning to its end. A run holds a
lock on a file of its own, which the kernel gives up however its process ends: so anybody can tell
a run that is alive from one that was killed.
"""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from storefront.config import Settings
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.sniff import sniff
from storefront.models import CatalogueImport
from storefront.refusals import Refused

LARGEST = 256 * 2**20  # bytes of a file
KEPT = timedelta(days=1)
NAME = re.compile(r"[0-9a-f]{16}\.(csv|progress|stop|lock|new)")
TRIES, NAP = 20, 0.05  # for a lock that somebody only looks at


@dataclass(frozen=True)
class Progress:
    """How far a run has come: so many of so many bytes, or pictures."""

    done: int
    all: int

    @property
    def percent(self) -> int:
        """In whole percent, 100 only at the end."""
        return 100 if self.done >= self.all else self.done * 100 // self.all


class Place:
    """The folder of the files; made when the first of them comes, for its owner alone."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.instance / "imports"

    def path(self, run: CatalogueImport, ending: str = "csv") -> Path:
        """The file of an import, or one of those beside it."""
        return self.folder / f"{run.file}.{ending}"

    def receive(self, name: str, stream: BinaryIO, at: datetime) -> CatalogueImport:
        """Keep a file that was uploaded, if it is a catalogue. Raises `Refused`.

        Of `stream` no more than LARGEST + 1 bytes are read.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / f"{secrets.token_hex(8)}.csv"
        try:
            _write_down(stream, path)
            format = sniff(path)
            return CatalogueImport.receive(path.stem, name, format, at)
        except BadCatalogue as trouble:
            path.unlink(missing_ok=True)
            raise Refused(file=as_sentence(trouble)) from None
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def has(self, run: CatalogueImport) -> bool:
        """Whether the file is still there."""
        return self.path(run).exists()

    def clear(self, run: CatalogueImport) -> None:
        """Delete the file, and what stands beside it."""
        for ending in ("csv", "progress", "stop", "lock", "new"):
            self.path(run, ending).unlink(missing_ok=True)

    def progress(self, run: CatalogueImport) -> Progress | None:
        """How far a run has come, where it has said so."""
        try:
            return Progress(*json.loads(self.path(run, "progress").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def stop(self, run: CatalogueImport, at: datetime) -> None:
        """Have a run stop at its next step; one that waits does not begin."""
        if not run.stop_waiting(at) and run.state == "running":
            self.path(run, "stop").touch(0o600)

    def is_alive(self, run: CatalogueImport) -> bool:
        """Whether some worker is at it just now."""
        try:
            with self.path(run, "lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def settle(self, at: datetime) -> int:
        """Note of runs whose worker died that they are broken off; how many."""
        running = CatalogueImport.select().where(CatalogueImport.state == "running")
        return sum(run.break_off(at) for run in list(running) if not self.is_alive(run))

    def tidy(self, at: datetime) -> int:
        """Delete files that have lain for a day and what belongs to no import; how many."""
        CatalogueImport.forget(at)
        busy = {run.file for run in CatalogueImport.select() if run.at_work}
        old = (at - KEPT).timestamp()
        files = [path for path in self.folder.glob("*") if NAME.fullmatch(path.name)]
        over = [path for path in files if path.stem not in busy and path.stat().st_mtime < old]
        for path in over:
            path.unlink(missing_ok=True)
        return len(over)

    @contextmanager
    def locked(self, run: CatalogueImport) -> Iterator[bool]:
        """Hold the lock of a run; False where another worker does."""
        with self.path(run, "lock").open("wb") as file:
            yield _take(file)


def _write_down(stream: BinaryIO, path: Path) -> None:
    left = LARGEST + 1
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while left and (part := stream.read(min(left, 1 << 20))):
            file.write(part)
            left -= len(part)
    if not left:
        raise Refused(file=f"The file is larger than {LARGEST >> 20} MB. Bring it in parts.")


def as_sentence(trouble: BadCatalogue) -> str:
    """Why a file is refused, with the line where there is one."""
    words = str(trouble)
    return f"{words[:1].upper()}{words[1:]}."


def _take(file) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(NAP)
        else:
            return True
    return False
