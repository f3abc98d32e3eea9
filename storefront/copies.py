"""A person's own copy of what is held: JSON, and a CSV file for each table.

Made from the declarations: whatever table comes to hold something about people is in it. Besides
the personal columns it has the rest of their rows, and the rows that belong to them, such as the
lines of an order.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from storefront.db import Record
from storefront.privacy import Holding, Look, Value, looks


def as_json(email: str, holdings: list[Holding], at: datetime) -> dict:
    """Everything, table by table; each value with what is declared of it. Moments are ISO 8601."""
    tables, done = defaultdict(list), looks(holdings)
    for one in holdings:
        personal = {value.name: _declared(value) for value in one.values}
        staff = [_done(each) for each in done[one.table, one.row.get_id()]]
        told = {"personal": personal, "row": plain(one.row), "staff": staff}
        tables[one.table].append(told)
    for table, rows in belonging(holdings).items():
        tables[table] += [{"row": plain(row)} for row in rows]
    return {"about": email, "at": at.isoformat(), "tables": tables}


def _done(look: Look) -> dict:
    """What was done in which role, on which days; to many at once where it is not certain."""
    days = [day.isoformat() for day in look.days]
    return {"what": look.what, "role": look.role, "to_many_at_once": look.perhaps, "days": days}


def _declared(value: Value) -> dict:
    return {
        "value": value.text,
        "clause": value.clause,
        "why": value.why,
        "basis": value.basis,
        "kept_until": value.until and value.until.isoformat(),
        "kept_against_erasure": value.hold,
    }


def tables(holdings: list[Holding]) -> dict[str, list[Record]]:
    """The rows of each table that a copy has, by the table's name."""
    found = defaultdict(list)
    for one in holdings:
        found[one.table].append(one.row)
    return found | belonging(holdings)


def belonging(holdings: list[Holding]) -> dict[str, list[Record]]:
    """Rows that go with those that are held, and hold nothing personal of their own."""
    found = defaultdict(list)
    for one in holdings:
        for key, child in type(one.row)._meta.backrefs.items():
            if key.on_delete == "CASCADE" and not child.personal_fields():
                rows = child.select().where(key == one.row.get_id())
                found[child._meta.table_name].extend(rows.order_by(child._meta.primary_key))
    return {table: rows for table, rows in found.items() if rows}


def plain(row: Record) -> dict:
    """A row's columns as JSON can hold them."""
    fields = [field for field in row._meta.sorted_fields if field.name not in row.secret]
    return {field.column_name: _simple(row.__data__.get(field.name)) for field in fields}


def _simple(value):
    if isinstance(value, datetime):
        return value.isoformat()
    plain = isinstance(value, (str, int, float, bool, list, dict, type(None)))
    return value if plain else str(value)


def as_csv(rows: Iterable[Record]) -> str:
    """Rows of one table as CSV (RFC 4180), with an apostrophe before what would run."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(_lines(list(rows)))
    return out.getvalue()


def _lines(rows: list[Record]) -> Iterator[list]:
    yield list(plain(rows[0]))
    for row in rows:
        yield [_cell(value) for value in plain(row).values()]


def _cell(value):
    from storefront.exchange.cells import guarded  # nothing else that is served needs it

    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return guarded(value) if isinstance(value, str) else value
