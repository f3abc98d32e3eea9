"""The desk's charge ledger: what was begun and what came of it, on disk before any money moves.

One row for each attempt at an order, at most one row for each order that is pending or charged,
and a signed statement for every verdict, written in the same transaction. No card number is here.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storefront.handoff.envelope import HandoffError, Instruction, Offer, Statement

_SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    id           INTEGER PRIMARY KEY,
    "order"      TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    env_id       TEXT NOT NULL UNIQUE,
    amount_minor INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    state        TEXT NOT NULL,
    reference    TEXT NOT NULL DEFAULT '',
    reason       TEXT NOT NULL DEFAULT '',
    begun_at     INTEGER NOT NULL,
    settled_at   INTEGER,
    UNIQUE ("order", attempt),
    CHECK (state IN ('pending', 'charged', 'declined', 'unopenable', 'expired', 'cancelled',
                     'abandoned'))
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_charge_an_order ON charges ("order")
    WHERE state IN ('pending', 'charged');
CREATE TABLE IF NOT EXISTS instructions (
    seq          INTEGER PRIMARY KEY,
    what         TEXT NOT NULL,
    "order"      TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'pending',
    reference    TEXT NOT NULL DEFAULT '',
    CHECK (state IN ('pending', 'done'))
) STRICT;
CREATE TABLE IF NOT EXISTS statements (
    desk_seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    "order"   TEXT NOT NULL,
    statement TEXT NOT NULL
) STRICT;
"""
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "fullfsync": "ON", "secure_delete": "ON"}
PENDING, CHARGED, ABANDONED = "pending", "charged", "abandoned"


class Blocked(HandoffError):
    """This may not be charged: the order is charged or pending through another attempt, was
    cancelled, or has a later attempt."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger. `state` is pending, charged, declined, unopenable, expired,
    cancelled, or abandoned: begun, and known never to have reached the acquirer."""

    order: str
    attempt: int
    env_id: str
    amount_minor: int
    currency: str
    state: str
    reference: str
    reason: str


class Ledger:
    """The ledger in the SQLite file `path`; `key()` gives the desk's key, which signs."""

    def __init__(self, path: Path, key):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._key = key
        self.connection = sqlite3.connect(path, timeout=5, isolation_level=None)
        for name, value in _PRAGMAS.items():
            self.connection.execute(f"PRAGMA {name} = {value}")
        self.connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    def row(self, order: str, attempt: int) -> Row | None:
        """What is known of one attempt."""
        return self._row('"order" = ? AND attempt = ?', order, attempt)

    def live(self, order: str) -> Row | None:
        """The one row of the order that is pending or charged."""
        return self._row("\"order\" = ? AND state IN ('pending', 'charged')", order)

    def pending(self) -> list[Row]:
        """What was begun and never settled, the oldest first."""
        rows = self._execute(f"{_SELECT} WHERE state = 'pending' ORDER BY id")
        return [Row(*row) for row in rows]

    def begin(self, offer: Offer, now: int) -> Row:
        """Writes that a charge begins, and returns its row once that is on disk.

        A row that is there already is returned as it is, unless it was abandoned: then it begins
        again. Raises Blocked.
        """
        with self._transaction():
            known = self.row(offer.order, offer.attempt)
            if known and known.state != ABANDONED:
                return known
            self._refuse_second(offer)
            self._insert(offer, PENDING, now)
        return self.row(offer.order, offer.attempt)

    def _refuse_second(self, offer: Offer) -> None:
        if live := self.live(offer.order):
            raise Blocked(f"Order {offer.order} is {live.state} by attempt {live.attempt}.")
        if self.cancelled_by(offer.order) is not None:
            raise Blocked(f"Order {offer.order} was cancelled.")
        later = self._execute(
            'SELECT 1 FROM charges WHERE "order" = ? AND attempt > ?', offer.order, offer.attempt
        ).fetchone()
        if later:
            raise Blocked(f"Order {offer.order} has a later attempt than {offer.attempt}.")

    def settle(self, offer: Offer | Row, state: str, now: int, reference="", reason="") -> Row:
        """Writes what came of a pending charge, and the statement that says so.

        What is settled already stays as it is.
        """
        with self._transaction():
            changed = self._execute(
                "UPDATE charges SET state = ?, reference = ?, reason = ?, settled_at = ?"
                " WHERE \"order\" = ? AND attempt = ? AND state = 'pending'",
                *(state, reference, reason, now, offer.order, offer.attempt),
            ).rowcount
            row = self.row(offer.order, offer.attempt)
            if changed and state != ABANDONED:
                self._state(row, row.state, row.amount_minor, reference, None)
        return row

    def close_without_charge(
        self, offer: Offer, state: str, now: int, instruction: int | None = None
    ) -> Row:
        """Writes that an attempt was `unopenable`, `expired` or `cancelled`, never charged.

        An attempt that has a row keeps it, so that what was charged stays charged; only one that
        was abandoned gets this one.
        """
        with self._transaction():
            known = self.row(offer.order, offer.attempt)
            if known and known.state != ABANDONED:
                return known
            self._insert(offer, state, now)
            row = self.row(offer.order, offer.attempt)
            self._state(row, state, row.amount_minor, "", instruction)
        return row

    def cancel(self, told: Instruction) -> Row | None:
        """Keeps that an order is not to be charged; its row if it is pending or charged already,
        for then this came too late."""
        with self._transaction():
            self._keep(told, "done")
            return self.live(told.order)

    def cancelled_by(self, order: str) -> int | None:
        """The number of the instruction that cancelled the order, if one did."""
        row = self._execute(
            "SELECT seq FROM instructions WHERE \"order\" = ? AND what = 'cancel'", order
        ).fetchone()
        return row[0] if row else None

    def begin_refund(self, told: Instruction) -> tuple[Row, str | None]:
        """Writes that a refund begins; the charge it is for, and the refund's state before: None
        where it was not begun yet.

        Raises Blocked when there is no such charge, or not so much of it is left.
        """
        with self._transaction():
            charge = self.live(told.order)
            if charge is None or charge.state != CHARGED or charge.currency != told.currency:
                raise Blocked(f"Order {told.order} has no charge to refund.")
            others = self._execute(
                "SELECT coalesce(sum(amount_minor), 0) FROM instructions"
                " WHERE \"order\" = ? AND what = 'refund' AND seq != ?",
                *(told.order, told.seq),
            ).fetchone()[0]
            if others + told.amount_minor > charge.amount_minor:
                raise Blocked(f"Order {told.order} was not charged so much.")
            before = self._execute(
                "SELECT state FROM instructions WHERE seq = ?", told.seq
            ).fetchone()
            self._keep(told, PENDING)
        return charge, before and before[0]

    def settle_refund(self, told: Instruction, charge: Row, reference: str) -> None:
        """Writes that a refund was made, and the statement that says so; once."""
        with self._transaction():
            changed = self._execute(
                "UPDATE instructions SET state = 'done', reference = ?"
                " WHERE seq = ? AND state = 'pending'",
                *(reference, told.seq),
            ).rowcount
            if changed:
                self._state(charge, "refunded", told.amount_minor, reference, told.seq)

    def drop_refund(self, told: Instruction) -> None:
        """Forgets a refund that the acquirer refused, so that it may be tried again."""
        with self._transaction():
            self._execute("DELETE FROM instructions WHERE seq = ? AND state = 'pending'", told.seq)

    def last_statement(self) -> int:
        """The number of the last statement that was written; 0 for none."""
        return self._execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'statements'"
        ).fetchone()[0]

    def count_on_from(self, number: int) -> int:
        """Makes the next statement's number greater than `number`; the last one there was here.

        Without it a ledger that was restored, or is new, would give out numbers that the vault
        knows already: what it then says would never come home.
        """
        with self._transaction():
            last = self.last_statement()
            if last < number:
                self._execute("DELETE FROM sqlite_sequence WHERE name = 'statements'")
                self._execute("INSERT INTO sqlite_sequence VALUES ('statements', ?)", number)
        return last

    def statements(self, after: int, orders: Iterable[str] = ()) -> list[str]:
        """The statements past a number, and all of these orders', whenever they were written."""
        rows = self._execute(
            'SELECT statement FROM statements WHERE desk_seq > ? OR "order" IN'
            " (SELECT value FROM json_each(?)) ORDER BY desk_seq",
            *(after, json.dumps(sorted(orders))),
        )
        return [statement for (statement,) in rows]

    def _state(self, row: Row, outcome: str, amount: int, reference: str, instruction) -> None:
        seq = self._execute(
            "INSERT INTO statements (\"order\", statement) VALUES (?, '')", row.order
        ).lastrowid
        told = Statement(
            row.env_id, row.order, outcome, amount, row.currency, reference, instruction, seq
        )
        self._execute(
            "UPDATE statements SET statement = ? WHERE desk_seq = ?", told.sign(self._key()), seq
        )

    def _keep(self, told: Instruction, state: str) -> None:
        row = (told.seq, told.what, told.order, told.amount_minor, told.currency)
        known = self._execute(
            'SELECT seq, what, "order", amount_minor, currency FROM instructions WHERE seq = ?',
            told.seq,
        ).fetchone()
        if known is None:
            self._execute(
                'INSERT INTO instructions (seq, what, "order", amount_minor, currency, state)'
                " VALUES (?, ?, ?, ?, ?, ?)",
                *(*row, state),
            )
        elif known != row:
            raise Blocked(f"The shop's instruction {told.seq} was another one before.")

    def _insert(self, offer: Offer, state: str, now: int) -> None:
        settled = None if state == PENDING else now
        self._execute(
            'INSERT INTO charges ("order", attempt, env_id, amount_minor, currency, state,'
            " begun_at, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            ' ON CONFLICT ("order", attempt) DO UPDATE SET state = excluded.state',
            *(offer.order, offer.attempt, offer.env_id, offer.amount_minor, offer.currency),
            *(state, now, settled),
        )

    def _row(self, where: str, *values) -> Row | None:
        row = self._execute(f"{_SELECT} WHERE {where}", *values).fetchone()
        return Row(*row) if row else None

    def _execute(self, sql: str, *values) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; leaving the block means that everything is on disk."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


_SELECT = (
    'SELECT "order", attempt, env_id, amount_minor, currency, state, reference, reason FROM charges'
)
