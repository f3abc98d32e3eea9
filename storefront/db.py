"""The database, by URL, and the base that every record stands on."""

import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from peewee import Database, DatabaseProxy, DateTimeField, Field, Model, TextField
from playhouse.pool import PooledSqliteDatabase

from storefront.blanks import Need, blank, is_blank
from storefront.sqlite_queue import PATIENCE, PRAGMAS, QueuedSqliteDatabase

database = DatabaseProxy()

CONNECTIONS = 16


class BadDatabaseUrl(Exception):
    """DATABASE_URL names something this shop cannot use."""


def open_database(url: str) -> Database:
    """A pooled database for `sqlite:///path` or `postgresql://user:password@host:port/name`.

    Raises `BadDatabaseUrl` for any other scheme or a missing name.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _open_sqlite(url)
    if parts.scheme in ("postgresql", "postgres"):
        return _open_postgresql(parts)
    raise BadDatabaseUrl(
        f"DATABASE_URL starts with {parts.scheme!r}; this shop reads sqlite:///… and postgresql://…"
    )


def _open_sqlite(url: str) -> Database:
    path = unquote(url.partition("sqlite:///")[2])
    if not path or path == ":memory:":
        raise BadDatabaseUrl("DATABASE_URL needs three slashes and a path: sqlite:///shop.sqlite")
    _make_private(Path(path))
    # Deferred transactions, peewee's default, fail under writers when a read is upgraded.
    return QueuedSqliteDatabase(
        path,
        pragmas=PRAGMAS,
        lock_type="IMMEDIATE",
        check_same_thread=False,
        max_connections=CONNECTIONS,
        timeout=PATIENCE,
    )


def _make_private(path: Path) -> None:
    """A file for its owner alone, where there is none; SQLite's other files take after it.

    One that is there is not touched: closing any descriptor of it would drop the locks that this
    process's connections hold (fcntl(2)). The next program that ended would think itself the last,
    and take the write-ahead log away from under them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _open_postgresql(parts) -> Database:
    name = parts.path.lstrip("/")
    if not name:
        raise BadDatabaseUrl("DATABASE_URL names no database: postgresql://host/name")
    try:
        port = parts.port
    except ValueError:
        raise BadDatabaseUrl("DATABASE_URL has a port that is no number from 0 to 65535") from None
    wanted = {
        "user": parts.username and unquote(parts.username),
        "password": parts.password and unquote(parts.password),
        "host": parts.hostname,
        "port": port,
        "options": "-c timezone=UTC",
        **dict(parse_qsl(parts.query)),  # libpq's own, such as sslmode=verify-full
    }
    from playhouse.postgres_ext import PooledPsycopg3Database  # wants the driver; see `sparing`

    return PooledPsycopg3Database(
        unquote(name),
        max_connections=CONNECTIONS,
        timeout=PATIENCE,
        stale_timeout=300,
        **{key: value for key, value in wanted.items() if value is not None},
    )


def is_sqlite() -> bool:
    """Whether the database in use is SQLite (the other one is PostgreSQL)."""
    return isinstance(database.obj, PooledSqliteDatabase)


def locked(query):
    """The query, whose rows nobody else locks or changes until the caller's transaction ends.

    SQLite knows no row locks and needs none: its transactions are IMMEDIATE, one writer at a time.
    """
    return query if is_sqlite() else query.for_update("FOR NO KEY UPDATE")


class Moment(DateTimeField):
    """A moment in UTC: aware in Python, naive in the database, which knows no zones in SQLite."""

    def db_value(self, value):
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(f"{self.name} wants a moment with a time zone")
            value = value.astimezone(UTC).replace(tzinfo=None)
        return super().db_value(value)

    def python_value(self, value):
        value = super().python_value(value)
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


class JSONText(TextField):
    """A small list or object, stored as JSON text on both databases."""

    def db_value(self, value):
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def python_value(self, value):
        return None if value is None else json.loads(value)


class Record(Model):
    """The base of every table.

    `impersonal` lists the text columns that hold nothing about a person; a record with personal
    columns defines `about(email)`, the query for its rows, and names in `since` the moment from
    which they are kept; where a row is there before that, `made` names the moment from which it
    is. Rows that are `whole` are deleted when what is personal in them goes; in others it is
    blanked. Where `whose` keeps a keyed digest of the column `address`, what is left of a row is
    found by it after that has gone. What is `secret` is in no copy of somebody's data. Of rows that
    their people take back themselves (`go_back(at)`), `named_by` is the column that says which.
    """

    impersonal: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    since: str = ""
    made: str = ""
    whole: bool = False
    address: str = ""
    named_by: str = ""

    class Meta:
        database = database
        legacy_table_names = False

    @classmethod
    def add(cls, *records: "Record") -> None:
        """Write new records with one statement; one that comes alone learns its id."""
        sql, fields = _insertion(cls, len(records), is_sqlite())
        values = [f.db_value(each.__data__.get(f.name)) for each in records for f in fields]
        cursor = database.execute_sql(sql, values)
        if len(records) == 1:
            records[0].id = cursor.lastrowid if is_sqlite() else cursor.fetchone()[0]

    @classmethod
    def personal_fields(cls) -> list[Field]:
        """The columns that are declared personal."""
        return [field for field in cls._meta.sorted_fields if hasattr(field, "personal")]

    def go_back(self, at: datetime) -> None:
        """What happens to a row that its person took back then: it is withdrawn."""
        self.withdraw()

    @property
    def called(self) -> str:
        """What a person would know the row by."""
        kind = self._meta.table_name.replace("_", " ").capitalize()
        return f"{kind} of {getattr(self, self.since):%-d %B %Y}"

    def gone_at(self, field: Field) -> datetime | None:
        """When what a column says goes by itself; None while that is not counted yet."""
        return (since := getattr(self, self.since)) and since + field.personal["keep"]

    def in_words(self, field: Field) -> str:
        """What stands in a column, for the person it is about."""
        value = getattr(self, field.name)
        names = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return ", ".join(value) if names else str(value)

    @property
    def is_binding(self) -> bool:
        """Whether what is declared with `hold` has to be held in this row."""
        return True

    def needed(self, at: datetime) -> Need | None:
        """What still needs the row as it is; None where it can be spared."""
        return None

    def erase(self, names: Iterable[str], mark: Callable[[str], str], at: datetime) -> None:
        """Blank these personal columns, or delete the row where that leaves nothing of it.

        `mark(address)` is the keyed digest to put into `whose` while others are kept.
        """
        names = set(names)
        fields = [f for f in self.personal_fields() if f.name not in names | {"whose"}]
        left = any(not is_blank(f, getattr(self, f.name)) for f in fields)
        if self.whole and not left:
            self.delete_instance()
            return
        fields = self._meta.fields
        values = {name: blank(fields[name]) for name in names}
        if "whose" in fields:
            address = getattr(self, self.address)
            values["whose"] = (mark(address) if address else self.whose) if left else None
        type(self).update(values).where(self._meta.primary_key == self.get_id()).execute()

    @classmethod
    def erased(cls, rows: "list[Record]") -> None:
        """What else has to be done where these were erased, in the same transaction."""


@cache
def _insertion(record: type[Record], count: int, sqlite: bool) -> tuple[str, list]:
    meta = record._meta
    fields = [field for field in meta.sorted_fields if field is not meta.primary_key]
    names = ", ".join(f'"{field.column_name}"' for field in fields)
    row = f"({', '.join([database.param] * len(fields))})"
    rows = ", ".join([row] * count)
    sql = f'INSERT INTO "{meta.table_name}" ({names}) VALUES {rows}'  # noqa: S608
    return sql if sqlite else f"{sql} RETURNING id", fields
