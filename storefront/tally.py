"""Counts connections in memory, and adds them to the database at most once a minute and at the end.

The gate notes each connection from inside Python's audit hook, where nothing may wait: a note is
one append, which needs no lock. Whoever works with the database writes the notes down, the shop
after a request, the worker each minute. What a program that is killed has not written is lost.
"""

import logging
import os
import time
from collections import Counter, deque
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.util import Finalize

from peewee import PeeweeException

from storefront.db import database
from storefront.models import ConnectionCount

SECONDS = 60  # between two times of writing down
MOST_NOTES = 100_000  # of one process; older ones go, where nobody can write them down

log = logging.getLogger(__name__)

_notes: deque[str] = deque(maxlen=MOST_NOTES)
_state = {"written": float("-inf")}

note = _notes.append  # what the hook calls, with the name of a recipient


def is_due() -> bool:
    """Whether there is something to write down and a minute has passed since the last time."""
    return bool(_notes) and time.monotonic() - _state["written"] >= SECONDS


def write_down(at: datetime) -> None:
    """Add what was noted to the month of `at`; a database that refuses is asked again later."""
    more = _taken()
    _state["written"] = time.monotonic()
    if not more:
        return
    try:
        ConnectionCount.add_up(more, at)
    except PeeweeException as trouble:
        _notes.extend(more.elements())
        log.warning("connections were not counted yet: %s", type(trouble).__name__)


def _taken() -> Counter:
    more: Counter = Counter()
    while _notes:
        try:
            more[_notes.popleft()] += 1
        except IndexError:  # another thread was faster
            break
    return more


def write_at_the_end() -> None:
    """Have this process write down what is left when it ends."""
    # Not atexit, which the processes that granian forks do not reach.
    Finalize(None, _write_the_rest, exitpriority=10)


def _write_the_rest() -> None:
    if _notes and database.obj is not None:
        # A database that does not answer any more is no reason to end with an error.
        with suppress(PeeweeException), database.connection_context():
            write_down(datetime.now(UTC))


# A child that is forked has the notes of its parent, who writes them down.
os.register_at_fork(after_in_child=_notes.clear)
