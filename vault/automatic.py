"""The demonstration's desk: on a line, without a person, and with the sandbox acquirer only."""

import logging
import threading
import time
from pathlib import Path

from storefront.handoff.envelope import HandoffError

from . import epochs
from .acquirer import Silent
from .bundle import statement_file
from .desk import Desk
from .desk_keys import DeskKeys
from .export_line import ExportLine
from .keys import alone
from .places import roles_in

PAUSE = 1.0  # seconds between two looks
TROUBLED_PAUSE = 5.0
KEYS_SECONDS = 3600  # how often epochs that are over are looked for

log = logging.getLogger("desk")


class AutomaticDesk:
    """Takes what waits, works it off, hands in what it has to say, until `stop` is set."""

    def __init__(self, instance: Path, keys: DeskKeys, desk: Desk, line: ExportLine):
        self._instance, self._keys, self._desk, self._line = instance, keys, desk, line
        self._keys_at = 0.0
        self.stop = threading.Event()

    def run(self) -> None:
        """Once a second; after trouble, which is logged, every five."""
        while not self.stop.is_set():
            try:
                self._look_after_keys()
                self.stop.wait(self.work_once())
            except (HandoffError, OSError) as error:
                log.warning("%s", error)
                self.stop.wait(TROUBLED_PAUSE)

    def work_once(self) -> float:
        """Works off one bundle; how many seconds to wait before the next."""
        raw = self._line.bundle()
        if raw is None:
            return PAUSE
        work = self._desk.take(raw)
        for sentence in work.odd:
            log.error("%s", sentence)
        done = [self._try(self._desk.resolve_left, work)]
        done += [self._try(self._desk.charge, waiting) for waiting in work.waiting]
        done += [self._try(self._desk.refund, told) for told in work.refunds]
        statements = self._desk.statements(work)
        if statements:
            self._line.put_statements(statement_file(statements))
        return PAUSE if all(done) else TROUBLED_PAUSE

    def _try(self, step, what) -> bool:
        try:
            step(what)
        except Silent as error:
            log.warning("%s", error)
        except HandoffError as error:
            log.error("%s", error)
        else:
            return True
        return False

    def _look_after_keys(self) -> None:
        if time.monotonic() < self._keys_at:
            return
        self._keys_at = time.monotonic() + KEYS_SECONDS
        roles, now = roles_in(self._instance), int(time.time())
        with alone(self._instance):
            epochs.look_ahead(self._instance, roles, self._keys, now)
            for kid in epochs.due(self._instance, roles, self._keys, now):
                epochs.destroy(self._instance, roles, self._keys, kid, now)
                log.info("the key of epoch %s was destroyed", kid)
