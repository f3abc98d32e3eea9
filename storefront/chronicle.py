"""The policy's versions through time: which was in force from when to when, and what it changed."""

from dataclasses import dataclass
from datetime import datetime

from storefront import changes
from storefront.models import PolicyVersion

# All of a version but its text, which may be long.
FACTS = tuple(
    getattr(PolicyVersion, name)
    for name in "number covers changes posted_by posted_at in_force_at previous digest".split()
)
ROLES = {"editor": "an editor", "manager": "a manager"}


@dataclass(frozen=True)
class Span:
    """From when to when a version is in force: until `taken_by`, if any, takes its place."""

    number: int
    starts: datetime
    ends: datetime | None = None
    taken_by: int | None = None

    def state(self, at: datetime) -> str:
        """past, in force, next, or void: another took its place before it began."""
        if self.ends and self.ends <= self.starts:
            return "void"
        if at < self.starts:
            return "next"
        return "in force" if self.ends is None or at < self.ends else "past"

    def sentence(self, at: datetime) -> str:
        """That in words."""
        starts, ends = day(self.starts), day(self.ends)
        took = f"version {self.taken_by}"
        return {
            "void": f"Never in force: {took} took its place before it began.",
            "next": f"Not in force yet: it will be in force on {starts}.",
            "in force": f"In force since {starts}"
            + (f", until {took} takes its place on {ends}." if self.ends else "."),
            "past": f"Not in force since {ends}, when {took} took its place. "
            f"It had been in force since {starts}.",
        }[self.state(at)]


def day(moment: datetime | None) -> str:
    """A day in words: "8 May 2026"."""
    return moment.strftime("%-d %B %Y") if moment else ""


def by_whom(version: PolicyVersion) -> str:
    """Who posted a version: a role, never a person."""
    return ROLES.get(version.posted_by, f"the role “{version.posted_by}”")


def spans() -> dict[int, Span]:
    """The span of every version by its number, the newest first."""
    query = PolicyVersion.select(
        PolicyVersion.number, PolicyVersion.in_force_at, PolicyVersion.posted_at
    )
    found: dict[int, Span] = {}
    ends, taken_by = None, None
    for number, in_force_at, posted_at in query.order_by(PolicyVersion.number.desc()).tuples():
        starts = max(in_force_at, posted_at)
        found[number] = Span(number, starts, ends, taken_by)
        if ends is None or starts < ends:
            ends, taken_by = starts, number
    return found


def newest(limit: int, offset: int = 0, *more) -> list[PolicyVersion]:
    """Versions without their texts (but for the columns in `more`), the newest first."""
    query = PolicyVersion.select(*FACTS, *more).order_by(PolicyVersion.number.desc())
    return list(query.limit(limit).offset(offset))


def numbered(number: int) -> PolicyVersion | None:
    """The version of that number, with its text."""
    if not 0 < number < 2**31:  # no database takes any number
        return None
    return PolicyVersion.get_or_none(PolicyVersion.number == number)


def changed_by(version: PolicyVersion) -> changes.Changes | None:
    """What a version changed in the one posted before it; None of the first."""
    before = numbered(version.number - 1)
    return changes.between(before.text, version.text) if before else None
