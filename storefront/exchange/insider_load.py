"""Brings a list of addresses in: whole, in one transaction; twice the same changes nothing.

Who has left, had themselves erased, or is on the list already is passed over.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from storefront.db import database
from storefront.erasures import Erasures
from storefront.exchange.catalogue import Skipped
from storefront.exchange.insiders import Addresses, Listed
from storefront.exchange.load import DryRun
from storefront.models import GoneInsider, Insider, PolicyVersion
from storefront.models.insider import mark_of
from storefront.models.plain_text import one_line
from storefront.refusals import Refused

BATCH = 500
LONGEST_STATEMENT = 500  # characters
SHORTEST_STATEMENT = 15
Tell = Callable[[str], None]


@dataclass
class Report:
    """What an import did, or would do, in counts."""

    added: int = 0
    known: int = 0
    left: int = 0
    erased: int = 0
    skipped: int = 0

    @property
    def summary(self) -> str:
        """The one line an import ends with."""
        return " ".join(f"{name}={count}" for name, count in vars(self).items())


def statement_of(text: str) -> str:
    """The consent that whoever imports says they hold, as it is kept. Raises `Refused`."""
    said = one_line(text)
    if len(said) < SHORTEST_STATEMENT:
        raise Refused(
            "Please say in a sentence which consent you hold: who gave it, where, when, to what."
        )
    if len(said) > LONGEST_STATEMENT:
        raise Refused(f"Please say it in {LONGEST_STATEMENT} characters.")
    return said


def load(
    items: Addresses,
    erasures: Erasures,
    at: datetime,
    *,
    statement: str = "",
    dry: bool = False,
    tell: Tell,
    warn: Tell,
) -> Report:
    """Write the addresses in one transaction; a dry run writes nothing.

    With a `statement` they are on the list at once, and it is recorded with each; without one each
    is asked by mail, which the worker does a few at a time. `tell` is given a line for each, `warn`
    those of what was skipped. Whatever the reader raises goes through, with nothing written.
    """
    policy = PolicyVersion.in_force(at)
    policy.require("insider")
    facts = {"policy": policy.id, "way": "import", "wording": "", "mails": 0, "mailed_at": None}
    facts |= {"statement": statement, "asked_at": at, "confirmed_at": at if statement else None}
    receiver = _Receiver(erasures, facts, tell)
    try:
        with database.atomic():
            for item in items:
                if isinstance(item, Skipped):
                    receiver.report.skipped += 1
                    line = f"line {item.line}: skip, {item.why}"
                    tell(line)
                    warn(line)
                else:
                    receiver.take(item)
            receiver.flush()
            if dry:
                raise DryRun
    except DryRun:
        pass
    return receiver.report


class _Receiver:
    """Takes addresses and writes batch after batch."""

    def __init__(self, erasures: Erasures, facts: dict, tell: Tell) -> None:
        self.report = Report()
        self._erasures, self._erased = erasures, erasures.moments()
        self._facts, self._tell = facts, tell
        self._batch: dict[str, Listed] = {}

    def take(self, one: Listed) -> None:
        """Note an address; twice in a file is once."""
        if self._erasures.mark(one.email) in self._erased:
            self._passed_over(one, "erased", "they had themselves erased")
            return
        mailbox = mark_of(one.email, self._erasures.digest)
        if mailbox in self._batch:
            self._passed_over(one, "known", "it stands in the file twice")
            return
        self._batch[mailbox] = one
        if len(self._batch) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what was noted."""
        batch, self._batch = self._batch, {}
        left = GoneInsider.among(batch)
        emails = [one.email for one in batch.values()]
        same = Insider.mailbox.in_(list(batch)) | Insider.email.in_(emails)
        rows = list(Insider.select(Insider.mailbox, Insider.email).where(same).tuples())
        known = {mailbox for mailbox, _ in rows} | {email for _, email in rows}
        fresh = []
        for mailbox, one in batch.items():
            if mailbox in left:
                self._passed_over(one, "left", "they have left")
            elif mailbox in known or one.email in known:
                self._passed_over(one, "known", "they are on the list")
            else:
                fresh.append(self._row(one, mailbox))
        if fresh:
            Insider.insert_many(fresh).on_conflict_ignore().execute()

    def _row(self, one: Listed, mailbox: str) -> dict:
        self.report.added += 1
        self._tell(f"line {one.line}: add")
        own = {"email": one.email, "mailbox": mailbox, "key": secrets.token_hex(16)}
        return own | self._facts

    def _passed_over(self, one: Listed, why: str, words: str) -> None:
        setattr(self.report, why, getattr(self.report, why) + 1)
        self._tell(f"line {one.line}: pass over, {words}")
