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
MOST = 500_000  # addresses of a file
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
    def words(self) -> str:
        """The same for people."""
        here = f"{self.added:,} came in, {self.known:,} were here already or stood there twice"
        return (
            f"{here}, {self.left:,} had left, {self.erased:,} had themselves erased, and "
            f"{self.skipped:,} lines were skipped."
        )

    @property
    def summary(self) -> str:
        """The one line an import ends with."""
        return " ".join(f"{name}={count}" for name, count in vars(self).items())


def statement_of(text: str) -> str:
    """The consent that whoever imports says they hold, as it is kept. Raises `Refused`."""
    said = one_line(text)
    if len(said) < SHORTEST_STATEMENT:
        raise Refused(
            consent="Please say in a sentence who gave you their consent, where, when and to what."
        )
    if len(said) > LONGEST_STATEMENT:
        raise Refused(consent=f"Please say it in {LONGEST_STATEMENT} characters.")
    return said


def load(
    items: Addresses,
    erasures: Erasures,
    at: datetime,
    *,
    statement: str = "",
    dry: bool = False,
    tell: Tell = lambda line: None,
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
    report = Report()
    fresh = _read(items, erasures, report, tell, warn)  # before anybody else waits for us
    try:
        with database.atomic():
            for start in range(0, len(fresh), BATCH):
                _write(dict(fresh[start : start + BATCH]), facts, report, tell)
            if dry:
                raise DryRun
    except DryRun:
        pass
    return report


def _read(items: Addresses, erasures: Erasures, report: Report, tell: Tell, warn: Tell) -> list:
    """The addresses of a file by their mailboxes, each once, but for those who are erased."""
    found, erased = {}, erasures.moments()
    for item in items:
        if isinstance(item, Skipped):
            report.skipped += 1
            tell(f"line {item.line}: skip, {item.why}")
            warn(f"line {item.line}: skip, {item.why}")
        elif erasures.mark(item.email) in erased:
            report.erased += 1
            tell(f"line {item.line}: pass over, they had themselves erased")
        elif found.setdefault(mark_of(item.email, erasures.digest), item) is not item:
            report.known += 1
            tell(f"line {item.line}: pass over, it stands in the file twice")
        if len(found) > MOST:
            raise Refused(f"More than {MOST:,} addresses: please bring them in several files.")
    return list(found.items())


def _write(batch: dict[str, Listed], facts: dict, report: Report, tell: Tell) -> None:
    """Write those who have not left and are not here yet."""
    emails = [one.email for one in batch.values()]
    same = Insider.mailbox.in_(list(batch)) | Insider.email.in_(emails)
    rows = list(Insider.select(Insider.mailbox, Insider.email).where(same).tuples())
    # After that, so that who leaves between the two is found in both, and not in none.
    left = GoneInsider.among(batch)
    known, fresh = {name for row in rows for name in row}, []
    for mailbox, one in batch.items():
        if mailbox in left:
            report.left += 1
            tell(f"line {one.line}: pass over, they have left")
        elif mailbox in known or one.email in known:
            report.known += 1
            tell(f"line {one.line}: pass over, they are on the list")
        else:
            report.added += 1
            tell(f"line {one.line}: add")
            own = {"email": one.email, "mailbox": mailbox, "key": secrets.token_hex(16)}
            fresh.append(own | facts)
    if fresh:  # who signs up meanwhile is there already
        Insider.insert_many(fresh).on_conflict_ignore().execute()
