"""Does the imports that somebody at the desk asked for, in the worker: tries, writes, fetches."""

import json
import logging
import time
from collections.abc import Callable
from datetime import datetime

from peewee import OperationalError

from storefront import coverage
from storefront.brought import Place, as_sentence
from storefront.config import Settings
from storefront.db import database
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.load import Report, load
from storefront.exchange.sniff import open_catalogue
from storefront.fetching import fetch_missing
from storefront.models import CatalogueImport, Picture
from storefront.models.picture import FROM_FOLDER
from storefront.money import decimals
from storefront.refusals import Refused

MOST_REMARKS, MOST_CHANGES = 1000, 200  # lines of a report
LONGEST_LINE = 300  # characters of one
PAUSE = 0.25  # seconds between two words on how far it has come

log = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody, or the end of the worker, ends a run before its end."""


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
            return "refused", as_sentence(trouble)
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
