"""The sweep: what is past its declared period is blanked or deleted, whatever table it stands in.

Small batches, each its own transaction, so that nobody waits for long and a sweep that was stopped
goes on where it was. What was swept is not there to be swept again.
"""

import logging
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from peewee import Field, Value

from storefront import demographics
from storefront.blanks import blank
from storefront.config import Settings
from storefront.db import Record, database, locked
from storefront.erasures import Erasures
from storefront.models import (
    RECORDS,
    AccountLink,
    ContestEntry,
    RightsRequest,
    StaffAction,
    TrafficDay,
    Upkeep,
    WidgetViews,
)
from storefront.privacy.erasing import erase_again
from storefront.privacy.files import clear_mail

BATCH = 200  # rows of one transaction

log = logging.getLogger(__name__)


def sweep_if_due(settings: Settings, at: datetime) -> bool:
    """Sweep once a day, as it begins: what is said to be held until a day is gone on the next.

    Gives whether it was due.
    """
    last = Upkeep.now().swept_at
    if last and last.date() >= at.date():
        return False
    swept = sweep(settings, at)
    log.info("swept: %s", in_words(swept))
    return True


def sweep(settings: Settings, at: datetime) -> Counter:
    """Blank or delete all that is past its period. Gives counts of rows by table, of mails, and
    of rows whose erasure had waited for an order to be done."""
    erasures, counts = Erasures(settings), Counter()
    demographics.settle(at)
    for record in RECORDS:
        for keep, fields in _periods(record).items():
            counts[record._meta.table_name] += _sweep(record, fields, at - keep, erasures, at)
    counts["contest_entry"] += ContestEntry.let_go(at)
    counts["rights_request"] += RightsRequest.let_go(at)
    counts["staff_action"] += StaffAction.let_go(at)
    counts["account_link"] += AccountLink.let_go(at)
    counts["widget_views"] += WidgetViews.let_go(at)
    counts["traffic_day"] += TrafficDay.tidy(at)
    counts["erased as asked before"] = erase_again(erasures, at)
    counts["delivered mails"] = clear_mail(settings, at)
    erasures.tidy(at)
    # Once a day the files are cleared of what others let go of meanwhile, too.
    Upkeep.note(swept_at=at, changed=Upkeep.changed + 1)
    return +counts


def in_words(counts: Counter) -> str:
    """The counts as a line: "2 order, 5 outgoing mail", or that there was nothing."""
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    return said or "nothing was past its period"


def _periods(record: type[Record]) -> dict[timedelta, list[Field]]:
    """The personal columns of a table by how long they are kept, the shortest first."""
    found = defaultdict(list)
    for field in record.personal_fields():
        found[field.personal["keep"]].append(field)
    return dict(sorted(found.items()))


def _sweep(record, fields: list[Field], before: datetime, erasures, at: datetime) -> int:
    key, since = record._meta.primary_key, record._meta.fields[record.since]
    holds = reduce(or_, (_holds(field) for field in fields))
    past = record.select().where(since <= before, holds).order_by(key).limit(BATCH)
    names = [field.name for field in fields]
    count, last = 0, None
    while True:
        with database.atomic():
            batch = list(locked(past if last is None else past.where(key > last)))
            spared = [row for row in batch if not row.needed(at)]
            for row in spared:
                row.erase(names, erasures.mark, at)
            record.erased(spared)
        count += len(spared)
        if len(batch) < BATCH:
            return count
        last = batch[-1].get_id()


def _holds(field: Field):
    """In SQL: anything stands in the column."""
    empty = blank(field)
    if empty is None:
        return field.is_null(False)
    return field.is_null(False) & (field != Value(field.db_value(empty), converter=False))
