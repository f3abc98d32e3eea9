"""Counts connections in memory, and adds them to the database each minute and at the end.

The gate notes each connection from inside Python's audit hook, where nothing may wait: a note is
one append, which needs no lock. The shop writes the notes down with what else it counts
(`traffic/writing.py`), the worker each minute, a command at its end. What a program that is killed
has not written is lost.
"""

import logging
import os
from collections import Counter, deque
from datetime import datetime

from peewee import PeeweeException

from storefront.models import ConnectionCount

MOST_NOTES = 100_000  # of one process; older ones go, where nobody can write them down

log = logging.getLogger(__name__)

_notes: deque[str] = deque(maxlen=MOST_NOTES)

note = _notes.append  # what the hook calls, with the name of a recipient


def write_down(at: datetime) -> None:
    """Add what was noted to the month of `at`; a database that refuses is asked again later."""
    more = _taken()
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


# A child that is forked has the notes of its parent, who writes them down.
os.register_at_fork(after_in_child=_notes.clear)
