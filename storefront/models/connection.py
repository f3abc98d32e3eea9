"""How many connections the shop has made, to whom and in which month. Nothing about a person."""

from collections.abc import Mapping
from datetime import datetime

from peewee import EXCLUDED, BigIntegerField, DateField, TextField

from storefront.db import Record


class ConnectionCount(Record):
    """Connections to one recipient in one month, which is named by its first day, in UTC."""

    recipient = TextField()
    month = DateField()
    connections = BigIntegerField(default=0)

    impersonal = ("recipient",)

    class Meta:
        indexes = ((("recipient", "month"), True),)

    @classmethod
    def add_up(cls, more: Mapping[str, int], at: datetime) -> None:
        """Add so many connections for each recipient to the month of `at`; one statement."""
        # In one order for all programs, so that no two wait for each other (PostgreSQL).
        rows = [
            {"recipient": name, "month": at.date().replace(day=1), "connections": more[name]}
            for name in sorted(more)
        ]
        cls.insert_many(rows).on_conflict(
            conflict_target=[cls.recipient, cls.month],
            update={cls.connections: cls.connections + EXCLUDED.connections},
        ).execute()

    @classmethod
    def of_the_year(cls, at: datetime) -> dict[str, dict]:
        """The last twelve months, that of `at` among them: for each recipient, by first day."""
        first = months(at)[-1]
        found: dict[str, dict] = {}
        for row in cls.select().where(cls.month >= first):
            found.setdefault(row.recipient, {})[row.month] = row.connections
        return found


def months(at: datetime) -> list:
    """The first days of twelve months, that of `at` first."""
    day = at.date().replace(day=1)
    return [
        day.replace(year=day.year - (n >= day.month), month=(day.month - n - 1) % 12 + 1)
        for n in range(12)
    ]
