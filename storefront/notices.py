"""Notice of change: those whose data is held under a changed clause are told by mail.

The worker looks every minute which versions nobody has been told of, finds the addresses through
the register, and writes so many mails at a time. A mail is written once for each version and
address, in one transaction with its batch: a worker that dies goes on where it was.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil
from textwrap import dedent

from peewee import SQL, fn

from storefront.changes.blocks import blocks as compared
from storefront.changes.blocks import same
from storefront.db import Record, database, locked
from storefront.models import RECORDS, OutgoingMail, PolicyNotice, PolicyVersion
from storefront.reading.blocks import Block, blocks

BATCH = 50  # mails written a minute: 3,000 an hour, which ordinary mail servers take from a shop
PACE = timedelta(minutes=1)
ADDRESSES = ("email", "to")  # what personal columns with somebody's address are called
KIND = "policy_changed"


def changed(old: str, new: str) -> list[str]:
    """The clauses of which two texts do not say the same; other formatting says the same."""
    before, after = _said(old), _said(new)
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _said(text: str) -> dict[str, Counter]:
    """What is said of each clause: the words of its blocks, however they are set and ordered.

    A heading that is marked stands for its whole section.
    """
    said: dict[str, Counter] = defaultdict(Counter)
    section, level, lines = (), 0, text.split("\n")
    for block in blocks(text):
        if block.level and (not section or block.level <= level):
            section, level = block.clauses, block.level
        if names := {*block.clauses, *section}:
            words = _words(block, lines)
            for name in names:
                said[name][words] += 1
    return said


def _words(block: Block, lines: list[str]) -> tuple[str, ...]:
    """As a diff compares them: addresses of links are words, and how they are set is none."""
    own = dedent("\n".join(lines[block.first - 1 : block.last]))
    return tuple(same(word) for part in compared(own) for word in part.words)


def address_column(record: type[Record]) -> str | None:
    """The personal column of a record in which an e-mail address stands."""
    fields = record._meta.fields
    return next((n for n in ADDRESSES if hasattr(fields.get(n), "personal")), None)


def _holds(record: type[Record], names: Iterable[str]) -> bool:
    marked = (getattr(f, "personal", None) for f in record._meta.sorted_fields)
    return any(fact and fact["clause"] in names for fact in marked)


def addresses(names: Iterable[str], before: datetime, told_of: PolicyVersion | None = None):
    """The query for the addresses of everybody of whom something is held under those clauses.

    Of what was gathered before that moment; without those who were told of a version already.
    """
    parts = [
        _of_record(record, column, before, told_of)
        for record in RECORDS
        if (column := address_column(record)) and _holds(record, names)
    ]
    if not parts:
        return None
    query = parts[0]
    for part in parts[1:]:
        query = query | part  # UNION: each address once
    return query


def _of_record(record, column: str, before: datetime, told_of: PolicyVersion | None):
    field, made = record._meta.fields[column], record._meta.fields[record.made or record.since]
    address = fn.LOWER(fn.TRIM(field))
    wanted = field.contains("@") & (made.is_null() | (made < before))
    if told_of:
        told = OutgoingMail.alias()
        wanted &= address.not_in(told.select(told.to).where(told.policy == told_of))
    return record.select(address.alias("address")).where(wanted).distinct()


def count(names: Iterable[str], before: datetime) -> int:
    """How many addresses would be told of a change in those clauses."""
    query = addresses(names, before)
    return 0 if query is None else query.count()


def last_goes_out(count: int, at: datetime) -> datetime:
    """When the last of so many mails is written, if the first are written at that moment."""
    return at + PACE * (ceil(count / BATCH) or 1)


def go_on(at: datetime) -> int:
    """Begin and continue the notices there are to give, one batch of each; how many mails."""
    for version in list(PolicyNotice.unbegun()):
        before = PolicyVersion.get_or_none(PolicyVersion.number == version.number - 1)
        names = changed(before.text, version.text) if before else []
        with database.atomic():
            if not PolicyNotice.select().where(PolicyNotice.version == version).exists():
                PolicyNotice.begin(version, names, at)
    return sum(_write_batch(notice, at) for notice in list(PolicyNotice.open()))


def _write_batch(notice: PolicyNotice, at: datetime) -> int:
    version = notice.version
    with database.atomic():
        # Whoever looks at the same time waits here, and finds the next ones then.
        if locked(PolicyNotice.open().where(PolicyNotice.id == notice.id)).get_or_none() is None:
            return 0
        batch = list(_next(notice.clauses, version))
        for address in batch:
            mail = OutgoingMail.of(KIND, address, at)
            mail.policy = version
            OutgoingMail.add(mail)
        # Until it is in force, others may come under the version that it follows.
        if len(batch) < BATCH and at >= version.in_force_at:
            notice.finish(at)
    return len(batch)


def _next(names: list[str], version: PolicyVersion) -> Iterator[str]:
    query = addresses(names, version.in_force_at, told_of=version)
    if query is not None:
        yield from (row[0] for row in query.order_by(SQL("address")).limit(BATCH).tuples())
