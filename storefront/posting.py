"""Posting a text as a person does it, at the command line or at the desk: look first, then post."""

from datetime import datetime
from functools import cached_property

from storefront import coverage, notices, proofread
from storefront.archive import PolicyKey
from storefront.coverage import listed
from storefront.models import PolicyVersion
from storefront.policy import clauses, in_words, moment_of, publish


class Posting:
    """A text that is about to be posted: what there is to know of it before.

    `in_force` is what the person wrote: "today", a date, a date with a time. `after` is the number
    of the version they compared it with, the one posted last if not given. Raises `Refused`.
    """

    def __init__(
        self, text: str, in_force: str, changes: str, at: datetime, after: int | None = None
    ) -> None:
        self.text, self.changes, self.at = proofread.checked(text), changes, at
        self.in_force_at = moment_of(in_force, at)
        self.before = PolicyVersion.last()
        known = self.before.number if self.before else 0
        self.after = known if after is None else after
        self.covers = clauses(self.text)

    @cached_property
    def switches_off(self) -> list[str]:
        """The clauses that are covered now and would not be any more."""
        return coverage.would_switch_off(self.covers)

    @cached_property
    def changed(self) -> list[str]:
        """The clauses of which it says something else than the version before."""
        return notices.changed(self.before.text, self.text) if self.before else []

    @cached_property
    def addresses(self) -> int:
        """How many addresses will be told of it."""
        return notices.count(self.changed, self.in_force_at) if self.changed else 0

    @property
    def from_when(self) -> str:
        """From when it holds, in words."""
        at_once = self.in_force_at <= self.at
        return "in force at once" if at_once else f"in force from {in_words(self.in_force_at)}"

    def told(self) -> list[str]:
        """All that whoever posts should know first, in sentences."""
        known = coverage.clauses()
        said = [f"It covers {listed([c for c in self.covers if c in known]) or 'nothing'}."]
        if left_out := coverage.left_out(self.covers):
            said.append(f"It leaves out {listed(left_out)}.")
        if self.switches_off:
            off = coverage.words_for(self.switches_off)
            said.append(f"That would switch off {listed(self.switches_off)}: {off}.")
        return [*said, *proofread.remarks(self.text), *self.notice()]

    def notice(self) -> list[str]:
        """Who will be told of it, and until when, in a sentence."""
        if not self.addresses:
            return ["Nobody has to be told by mail."] if self.before else []
        last = notices.last_goes_out(self.addresses, self.at)
        many = "1 address" if self.addresses == 1 else f"{self.addresses:,} addresses"
        said = f"{many} will be told by mail, the last about {in_words(last)}"
        late = last > self.in_force_at > self.at
        return [
            f"{said}, which is after it comes into force: choose a later date."
            if late
            else f"{said}."
        ]

    def publish(self, key: PolicyKey, role: str, switch_off: bool) -> PolicyVersion:
        """Post it; where it switches something off, only if that is meant. Raises `Refused`."""
        return publish(
            self.text,
            key,
            role=role,
            changes=self.changes,
            in_force_at=self.in_force_at,
            at=self.at,
            after=self.after,
            switch_off=self.switches_off if switch_off else (),
        )
