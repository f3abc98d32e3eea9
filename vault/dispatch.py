"""What the vault passes on: envelopes and instructions to the desk, statements to the shop.

It can make neither an instruction nor a statement; it keeps them as they were signed.
"""

import time
from collections.abc import Callable
from pathlib import Path

from storefront.handoff.envelope import (
    Envelope,
    HandoffError,
    Instruction,
    Statement,
    load_private_key,
    load_public_key,
)

from .bundle import Bundle, Gone, read_statement_file
from .store import Store

MOST_STATEMENTS = 100  # in one answer to the shop


class Taken(HandoffError):
    """A number that already stands for something else: two desks or two shops, or one restored
    from a backup and counting again."""


class Dispatch:
    """Passing on, over the keys in `folder` and its open `store`; `clock` gives epoch seconds."""

    def __init__(self, folder: Path, store: Store, clock: Callable[[], float] = time.time):
        self._clock = clock
        self._store = store
        self._shop_key = load_public_key(folder / "shop.pub")
        self._desk_key = load_public_key(folder / "desk.pub")
        self._vault_key = load_private_key(folder / "vault.key")

    def bundle(self, most: int = -1) -> bytes | None:
        """A bundle with all that waits for the desk, `most` envelopes of it; None for nothing.

        What was exported before and has no verdict is exported again: a bundle that was lost
        costs nothing, and the desk's ledger knows what it has done.
        """
        now = int(self._clock())
        with self._store.transaction():
            envelopes = self._waiting(most)
            gone, instructions = self._gone(), self._instructions()
            if not envelopes and not gone and not instructions:
                return None
            number = self._execute(
                "INSERT INTO bundles (made_at, envelopes) VALUES (?, ?)", now, len(envelopes)
            ).lastrowid
            bundle = Bundle(number, now, self._seen(), envelopes, gone, instructions)
        return bundle.to_bytes(self._vault_key)

    def _waiting(self, most: int) -> tuple[Envelope, ...]:
        rows = self._execute(
            "UPDATE envelopes SET state = 'exported' WHERE vault_seq IN (SELECT vault_seq FROM"
            " envelopes WHERE state IN ('received', 'exported') AND sealed IS NOT NULL"
            " ORDER BY vault_seq LIMIT ?) RETURNING vault_seq, sealed, offer, kid, suite",
            most,
        ).fetchall()
        return tuple(
            Envelope.around(sealed, compact_offer=offer, kid=kid, suite=suite)
            for _, sealed, offer, kid, suite in sorted(rows)
        )

    def _gone(self) -> tuple[Gone, ...]:
        rows = self._execute(
            "SELECT offer, state FROM envelopes WHERE state IN ('cancelled', 'expired')"
            " ORDER BY vault_seq"
        )
        return tuple(Gone(*row) for row in rows)

    def _instructions(self) -> tuple[str, ...]:
        """Cancellations of orders that have an envelope open, refunds that have no answer."""
        rows = self._execute(
            "SELECT instruction FROM instructions i WHERE CASE what WHEN 'cancel' THEN EXISTS"
            ' (SELECT 1 FROM unanswered u WHERE u."order" = i."order")'
            " ELSE NOT EXISTS (SELECT 1 FROM statements s WHERE s.instruction = i.seq) END"
            " ORDER BY seq"
        )
        return tuple(instruction for (instruction,) in rows)

    def _seen(self) -> int:
        """The number up to which every statement has come; 0 when the first has not."""
        row = self._execute(
            "SELECT min(desk_seq) FROM statements s WHERE NOT EXISTS (SELECT 1 FROM statements t"
            " WHERE t.desk_seq = s.desk_seq + 1) AND EXISTS (SELECT 1 FROM statements"
            " WHERE desk_seq = 1)"
        ).fetchone()
        return row[0] or 0

    def take_statements(self, raw: bytes) -> int:
        """Keeps the statements in a file, all or none; how many were new.

        With its verdict an envelope's sealed bytes are deleted, and with a charge those of every
        other envelope of the order. Raises BadStatement, or Taken.
        """
        told = [(s, Statement.verify(s, self._desk_key)) for s in read_statement_file(raw)]
        with self._store.transaction():
            new = sum(self._take(compact, statement) for compact, statement in told)
        self._store.forget()
        return new

    def _take(self, compact: str, told: Statement) -> bool:
        known = self._execute(
            "SELECT statement FROM statements WHERE desk_seq = ?", told.desk_seq
        ).fetchone()
        if known:
            if known[0] != compact:
                raise Taken(f"The desk's statement {told.desk_seq} was another one before.")
            return False
        self._execute(
            'INSERT INTO statements (desk_seq, env_id, "order", outcome, instruction, statement,'
            " arrived_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(told.desk_seq, told.env_id, told.order, told.outcome, told.instruction, compact),
            int(self._clock()),
        )
        self._shred(told)
        return True

    def _shred(self, told: Statement) -> None:
        self._execute(
            "UPDATE envelopes SET state = 'shredded', sealed = NULL"
            " WHERE env_id = ? AND state != 'superseded'",
            told.env_id,
        )
        if told.outcome == "charged":
            self._execute(
                "UPDATE envelopes SET state = 'superseded', sealed = NULL"
                ' WHERE vault_seq IN (SELECT vault_seq FROM unanswered WHERE "order" = ?)',
                told.order,
            )

    def take_instruction(self, compact: str) -> int:
        """Keeps an instruction of the shop; how many envelopes the desk will answer for.

        A cancelled order's sealed cards are deleted at once, whatever the desk has done already.
        Raises BadInstruction, or Taken.
        """
        told = Instruction.verify(compact, self._shop_key)
        with self._store.transaction():
            known = self._execute(
                "SELECT instruction FROM instructions WHERE seq = ?", told.seq
            ).fetchone()
            if known and known[0] != compact:
                raise Taken(f"The shop's instruction {told.seq} was another one before.")
            if not known:
                self._keep_instruction(compact, told)
            row = self._execute('SELECT count(*) FROM unanswered WHERE "order" = ?', told.order)
            held = row.fetchone()[0]
        self._store.forget()
        return held

    def _keep_instruction(self, compact: str, told: Instruction) -> None:
        self._execute(
            'INSERT INTO instructions (seq, what, "order", instruction, arrived_at)'
            " VALUES (?, ?, ?, ?, ?)",
            *(told.seq, told.what, told.order, compact, int(self._clock())),
        )
        if told.what == "cancel":
            self._execute(
                "UPDATE envelopes SET state = 'cancelled', sealed = NULL"
                ' WHERE "order" = ? AND sealed IS NOT NULL',
                told.order,
            )

    def statements_after(self, number: int) -> tuple[int, list[tuple[int, str]]]:
        """The number of the last statement there is, and those after `number` in the order in
        which they came, at most a hundred."""
        with self._store.transaction("DEFERRED"):
            rows = self._execute(
                "SELECT number, statement FROM statements WHERE number > ? ORDER BY number LIMIT ?",
                *(number, MOST_STATEMENTS),
            ).fetchall()
            last = self._execute("SELECT coalesce(max(number), 0) FROM statements").fetchone()
        return last[0], rows

    def statements_of(self, env_id: str) -> list[str]:
        """What the desk has said about one envelope, the oldest first."""
        with self._store.transaction("DEFERRED"):
            rows = self._execute(
                "SELECT statement FROM statements WHERE env_id = ? ORDER BY number", env_id
            ).fetchall()
        return [statement for (statement,) in rows]

    def _execute(self, sql: str, *values):
        return self._store.connection.execute(sql, values)
