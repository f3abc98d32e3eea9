"""Counts how often resellers' widgets and issues are asked for, and writes that down now and then.

Answers that were kept never reach Flask, so the front notes them, in memory: the widget's key and
the day, or the name of the issue, and nothing about who asked. They are written down with what
else is counted, each minute and when the process ends (`traffic/writing.py`).
"""

import logging
import os
import re
import threading
from collections import Counter
from datetime import UTC, date, datetime
from datetime import time as hour

from peewee import PeeweeException

from storefront.db import database
from storefront.models import InsiderIssue, WidgetViews

WIDGET = re.compile(r"/widget/([\w-]+)(?:/testimonials|\.json)", re.ASCII)
ISSUE = re.compile(r"/insider/archive/([a-z0-9-]+)", re.ASCII)

log = logging.getLogger(__name__)

_notes: Counter[tuple[date, str]] = Counter()
_issues: Counter[str] = Counter()
_lock = threading.Lock()


def note(path: str, at: datetime) -> None:
    """What is at that path was given out; counted if it is a widget or an issue."""
    if found := WIDGET.fullmatch(path):
        with _lock:
            _notes[at.date(), found[1]] += 1
    elif found := ISSUE.fullmatch(path):
        with _lock:
            _issues[found[1]] += 1


def write_down() -> None:
    """Add what was noted to its days; a database that refuses is asked again later."""
    with _lock:
        more, issues = Counter(_notes), Counter(_issues)
        _notes.clear()
        _issues.clear()
    if not (more or issues):
        return
    try:
        with database.atomic():
            for day in sorted({day for day, _ in more}):
                of_day = {key: count for (noted, key), count in more.items() if noted == day}
                WidgetViews.add_up(Counter(of_day), datetime.combine(day, hour(), UTC))
            InsiderIssue.add_views(issues)
    except PeeweeException as trouble:
        with _lock:
            _notes.update(more)
            _issues.update(issues)
        log.warning("views were not counted yet: %s", type(trouble).__name__)


# A child that is forked has the notes of its parent, who writes them down.
os.register_at_fork(after_in_child=_notes.clear)
os.register_at_fork(after_in_child=_issues.clear)
