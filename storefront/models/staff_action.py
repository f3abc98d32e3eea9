"""What staff did with people's data: in which role, what, and under which clause; never the data.

It names nobody: neither whose data it was (a row of a table is named, and what stands there is
looked up by whoever may), nor who did it. Rows are written and, after two years, deleted.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from peewee import IntegerField, TextField, Tuple

from storefront.db import Moment, Record
from storefront.personal import years

KEPT = years(2)
ONCE = timedelta(hours=1)  # within which looking again is no news

# What can be done to one's data without changing any of it, and the rest.
LOOKING = ("opened", "searched", "listed", "printed")
WHAT = (
    *LOOKING,
    *("exported", "packed", "shipped", "delivered", "cancelled", "refunded", "returned"),
    *("answered", "noted", "corrected", "resent", "settled", "approved", "refused", "changed"),
    *("added", "invited", "removed"),
)


class StaffAction(Record):
    """One thing that was done. `row` is a number in `table`, or None for a look through many."""

    at = Moment(index=True)
    role = TextField()
    what = TextField()
    clause = TextField()
    table = TextField()
    row = IntegerField(null=True)

    impersonal = ("role", "what", "clause", "table")

    class Meta:
        indexes = ((("table", "row"), False),)

    @property
    def day(self) -> date:
        """The day on which it was done, UTC."""
        return self.at.date()

    @classmethod
    def note(
        cls, role: str, what: str, of: Record | type[Record], at: datetime, clause: str = ""
    ) -> None:
        """Write down what was done to a row with personal columns, or to a table of them.

        The clause is that of the first of those columns, where none is given. Looking at the same
        thing in the same role counts once an hour. Raises `ValueError` for a word that is not in
        `WHAT`, and for what holds nothing about anybody.
        """
        clause = clause or _clause_of(of)
        if what not in WHAT:
            raise ValueError(f"{what!r} is none of {', '.join(WHAT)}")
        done = {
            "role": role,
            "what": what,
            "clause": clause,
            "table": of._meta.table_name,
            "row": of.get_id() if isinstance(of, Record) else None,
        }
        if not (what in LOOKING and cls._said(done, at)):
            cls.add(cls(at=at, **done))

    @classmethod
    def _said(cls, done: dict, at: datetime) -> bool:
        row = cls.row == done["row"] if done["row"] else cls.row.is_null()
        same = [getattr(cls, name) == done[name] for name in ("role", "what", "clause", "table")]
        return cls.select().where(*same, row, cls.at > at - ONCE).exists()

    @classmethod
    def of(cls, rows: Iterable[Record]) -> "list[StaffAction]":
        """What was done with any of these rows, or with many of their tables, the oldest first."""
        named = [(row._meta.table_name, row.get_id()) for row in rows]
        if not named:
            return []
        tables = {table for table, _ in named}
        theirs = Tuple(cls.table, cls.row).in_([Tuple(*each) for each in named])
        through = cls.row.is_null() & cls.table.in_(sorted(tables))
        return list(cls.select().where(theirs | through).order_by(cls.id))

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete what was done longer ago than `KEPT`; how many rows."""
        return cls.delete().where(cls.at <= at - KEPT).execute()


def _clause_of(record: Record | type[Record]) -> str:
    fields = record.personal_fields()
    if not fields:
        raise ValueError(f"{record._meta.table_name} holds nothing about anybody")
    return fields[0].personal["clause"]
