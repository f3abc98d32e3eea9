"""Which edition of the public pages is out: it changes when something they show has changed.

Triggers note it (migration 0004), so that nothing which writes can forget to, not even a
shopkeeper at the database's own prompt. SQLite has one row with a count. PostgreSQL adds a row for
each transaction, because a count would have every order wait for the one before it.
"""

from peewee import BigIntegerField, fn

from storefront.db import Record, is_sqlite

KEPT = 200  # rows, on PostgreSQL; the newest half of them stays when there are more


class Edition(Record):
    """A count of changes (SQLite), or the number of a transaction that made some (PostgreSQL)."""

    number = BigIntegerField(unique=True)

    @classmethod
    def current(cls) -> str:
        """What tells this edition from every other; one query."""
        rows = cls.select(fn.COUNT(cls.id), fn.COALESCE(fn.SUM(cls.number), 0))
        return "{}-{}".format(*rows.tuples().get())

    @classmethod
    def tidy(cls) -> int:
        """Delete old rows where they have become many; how many.

        Also those that a restored dump brings from another server: their numbers may come again.
        """
        if not is_sqlite():
            cls.delete().where(cls.number > fn.txid_current()).execute()
        newest = cls.select(cls.id).order_by(cls.id.desc())
        last = newest.offset(KEPT).limit(1).scalar()
        if last is None:
            return 0
        kept_from = newest.offset(KEPT // 2).limit(1).scalar()
        return cls.delete().where(cls.id <= kept_from).execute()
