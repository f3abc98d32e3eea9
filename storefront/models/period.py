"""Periods between two moments, each of which may be left open."""

from collections.abc import Iterable
from datetime import datetime


def is_within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether a moment is from `start` on and before `end`; None leaves that side open."""
    return (start is None or start <= at) and (end is None or at < end)


def state_of(at: datetime, start: datetime | None, end: datetime | None) -> str:
    """ "running", "coming" or "over"."""
    if is_within(at, start, end):
        return "running"
    return "over" if end is not None and end <= at else "coming"


def next_of(at: datetime, moments: Iterable[datetime | None]) -> datetime | None:
    """The first of some moments that is still to come, if any is."""
    return min((one for one in moments if one is not None and one > at), default=None)


def in_words(moment: datetime) -> str:
    """A moment as staff read it: "3 December 2026, 09:00 UTC"."""
    return moment.strftime("%-d %B %Y, %H:%M UTC")
