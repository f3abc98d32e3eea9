"""Imports that somebody at the desk asked for: the file's place, and the work, done by the worker.

Beside the file, in instance/imports, stand what a run says of how far it has come, and what stops
it: both while a transaction holds the database, which an import is from its beginning to its end.
A run holds a lock on a file of its own, which the kernel gives up however its process ends: so
anybody can tell a run that is alive from one that was killed.
"""

import fcntl
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from peewee import OperationalError

from storefront import coverage
from storefront.config import Settings
from storefront.db import database
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.load import Report, load
from storefront.exchange.sniff import open_catalogue, sniff
from storefront.fetching import fetch_missing
from storefront.models import CatalogueImport, Picture
from storefront.models.picture import FROM_FOLDER
from storefront.money import decimals
from storefront.refusals import Refused

LARGEST = 256 * 2**20  # bytes of a file
KEPT = timedelta(days=1)
NAME = re.compile(r"[0-9a-f]{16}\.(csv|progress|stop|lock|new)")
MOST_REMARKS, MOST_CHANGES = 1000, 200  # lines of a report
LONGEST_LINE = 300  # characters of one
PAUSE = 0.25  # seconds between two words on how far it has come
TRIES, NAP = 20, 0.05  # for a lock that somebody only looks at

log = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody, or the end of the worker, ends a run before its end."""


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
            raise Refused(file=_sentence(trouble)) from None
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


def _sentence(trouble: BadCatalogue) -> str:
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


class Importer:
    """Does what waits, one step of one import after the other.

    `ends()` is asked often whether the worker is about to end; `loopback` lets pictures be fetched
    from this machine, for tests.
    """

    def __init__(
        self, settings: Settings, ends: Callable[[], bool] = lambda: False, loopback: bool = False
    ) -> None:
        self.settings, self.place = settings, Place(settings)
        self._ends, self._loopback = ends, loopback

    def work_off(self, clock: Callable[[], datetime]) -> int:
        """Do all that waits, until nothing does or the worker ends; how many steps."""
        steps = 0
        self.place.settle(clock())
        while not self._ends() and (waiting := CatalogueImport.waiting()):
            done = sum(self._take_up(run, clock) for run in waiting)
            if not done:  # another worker is at all of them
                break
            steps += done
        return steps

    def _take_up(self, run: CatalogueImport, clock: Callable[[], datetime]) -> bool:
        if not self.place.folder.exists():
            self.place.folder.mkdir(mode=0o700)
        with self.place.locked(run) as mine:
            if not mine or not run.take_up(clock()):
                return False
            self.place.path(run, "stop").unlink(missing_ok=True)
            try:
                self._do(run, clock)
            except Exception as trouble:
                state, words = self._told(trouble)
                run.ended(state, clock(), trouble=words)
            finally:
                self.place.path(run, "progress").unlink(missing_ok=True)
        if run.step != "trial" and run.state == "done":
            self.place.clear(run)
        return True

    def _told(self, trouble: Exception) -> tuple[str, str]:
        """How a run ended that raised, and what to say of it."""
        if isinstance(trouble, Stopped):
            return ("broken" if self._ends() else "stopped"), ""
        if isinstance(trouble, BadCatalogue):
            return "refused", _sentence(trouble)
        if isinstance(trouble, Refused):
            return "refused", trouble.sentence
        log.error("an import failed: %s", type(trouble).__name__)
        if isinstance(trouble, FileNotFoundError):
            return (
                "refused",
                "The file is no longer here; files are kept for a day. Bring it again.",
            )
        if isinstance(trouble, OperationalError):
            return "broken", "The database was busy with something else for too long."
        return "broken", "Something went wrong on our side, which the log names."

    def _do(self, run: CatalogueImport, clock: Callable[[], datetime]) -> None:
        if run.step == "pictures":
            run.ended("done", clock(), **self._fetch(run, clock()))
        elif run.step == "import":
            with database.atomic():  # so that what was written and that it was stand together
                run.ended("done", clock(), **self._load(run, clock(), dry=False))
        else:
            run.ended("done", clock(), **self._load(run, clock(), dry=True))

    def _load(self, run: CatalogueImport, at: datetime, dry: bool) -> dict:
        """Read the file and write what it says, or try to; what is to be noted of it."""
        currency = self.settings.currency
        catalogue = open_catalogue(self.place.path(run), decimals(currency), at.date())
        lines = _Lines()
        catalogue.heard = _Telling(self, run, catalogue.work).heard
        options = {"dry": dry, "keep_stock": run.keeps_stock}
        report = load(catalogue, currency, at, **options, tell=lines.tell, warn=lines.warn)
        return _counts(report) | lines.facts

    def _fetch(self, run: CatalogueImport, at: datetime) -> dict:
        """Fetch the pictures that the catalogue names and the shop has not; how many came."""
        coverage.require(["catalogue"], at)
        named = ~Picture.source.startswith(FROM_FOLDER) & (Picture.source != "")
        wanted = Picture.select().where(Picture.digest == "", named).order_by(Picture.id)
        total, lines = wanted.count(), _Lines()
        step = _Telling(self, run, total).heard
        media = self.settings.instance / "media"
        got = fetch_missing(wanted, media, lines.warn, step, loopback=self._loopback)
        remarks = [*run.remarks, *lines.remarks][:MOST_REMARKS]
        return {"fetched": got, "missed": total - got, "remarks": remarks}

    def check(self, run: CatalogueImport) -> None:
        """Raise `Stopped` where a run is to end."""
        if self._ends() or self.place.path(run, "stop").exists():
            raise Stopped


def _counts(report: Report) -> dict:
    names = ("products", "variants", "pictures", "skipped", "made", "changed", "recounted")
    return {name: getattr(report, name) for name in names}


class _Telling:
    """Says how far a run has come, a few times a second, and looks whether it is to stop."""

    def __init__(self, importer: Importer, run: CatalogueImport, all: int) -> None:
        self._importer, self._run, self._all = importer, run, all
        self._done, self._next = 0, 0.0

    def heard(self, count: int) -> None:
        """So much more is done."""
        self._done += count
        if time.monotonic() >= self._next:
            self._importer.check(self._run)
            place = self._importer.place
            draft = place.path(self._run, "new")
            draft.write_text(json.dumps([self._done, self._all]))
            draft.replace(place.path(self._run, "progress"))
            self._next = time.monotonic() + PAUSE


class _Lines:
    """The lines of a report, as many as a page can show; how many more there are is said."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        self.remarks: list[str] = []
        self._more = {"changes": 0, "remarks": 0}

    def tell(self, line: str) -> None:
        """Keep the line of a product that is made or changed."""
        if ": make " in line[:30] or ": change " in line[:30]:
            self._keep("changes", MOST_CHANGES, line)

    def warn(self, line: str) -> None:
        """Keep what was skipped or calls for a remark."""
        self._keep("remarks", MOST_REMARKS, line)

    def _keep(self, name: str, most: int, line: str) -> None:
        lines = getattr(self, name)
        if len(lines) < most:
            lines.append(line[:LONGEST_LINE])
        else:
            self._more[name] += 1

    @property
    def facts(self) -> dict:
        """The lines, by what an import calls them."""
        told = {name: getattr(self, name) for name in self._more}
        return {
            name: [*lines, f"and {more} more"] if (more := self._more[name]) else lines
            for name, lines in told.items()
        }
