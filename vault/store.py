"""What the vault keeps: sealed cards in SQLite, on disk before anyone is told so."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import Envelope, HandoffError, Offer, Receipt

_SCHEMA = """
CREATE TABLE IF NOT EXISTS envelopes (
    vault_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    env_id    TEXT NOT NULL UNIQUE,
    "order"   TEXT NOT NULL,
    attempt   INTEGER NOT NULL,
    kid       TEXT NOT NULL,
    suite     TEXT NOT NULL,
    offer     TEXT NOT NULL,
    sealed    BLOB,
    sha256    TEXT NOT NULL,
    state     TEXT NOT NULL DEFAULT 'received',
    stored_at INTEGER NOT NULL,
    receipt   TEXT NOT NULL,
    UNIQUE ("order", attempt),
    CHECK (state IN ('received', 'exported', 'opened', 'superseded', 'unopenable', 'expired',
                     'cancelled', 'shredded')),
    CHECK (state NOT IN ('superseded', 'shredded') OR sealed IS NULL)
) STRICT;
CREATE INDEX IF NOT EXISTS envelopes_by_state ON envelopes (state);
-- Those that the desk has not answered for.
CREATE VIEW IF NOT EXISTS unanswered AS SELECT * FROM envelopes
    WHERE state IN ('received', 'exported', 'opened', 'cancelled', 'expired');
CREATE TABLE IF NOT EXISTS statements (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    desk_seq    INTEGER NOT NULL UNIQUE,
    env_id      TEXT NOT NULL,
    "order"     TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    instruction INTEGER,
    statement   TEXT NOT NULL,
    arrived_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS statements_by_envelope ON statements (env_id);
CREATE INDEX IF NOT EXISTS statements_by_order ON statements ("order");
CREATE TABLE IF NOT EXISTS instructions (
    seq         INTEGER PRIMARY KEY,
    what        TEXT NOT NULL,
    "order"     TEXT NOT NULL,
    instruction TEXT NOT NULL,
    arrived_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS instructions_by_order ON instructions ("order");
CREATE TABLE IF NOT EXISTS bundles (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at   INTEGER NOT NULL,
    envelopes INTEGER NOT NULL
) STRICT;
"""
# A commit returns only when the write-ahead log is on disk (fullfsync: on macOS too), and deleted
# ciphertext is overwritten in the file.
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "fullfsync": "ON", "secure_delete": "ON"}


class Held(HandoffError):
    """Another envelope is held for this attempt; `receipt` is the compact one for that."""

    def __init__(self, receipt: str):
        super().__init__("The vault already holds another envelope for this attempt.")
        self.receipt = receipt


class Superseded(HandoffError):
    """A later attempt at the same order is held, so this one came too late."""


class Settled(HandoffError):
    """The order was charged or cancelled: no card is kept for it any more."""


class StoreFull(HandoffError):
    """There is no room on disk. Nothing was kept."""


class StoreFailed(HandoffError):
    """The database refused. Nothing was kept."""


class Store:
    """The envelopes in the SQLite file `path`; one connection, for one thread at a time."""

    def __init__(self, path: Path, private_key: Ed25519PrivateKey):
        """Opens the file, or makes it with mode 0600. `private_key` signs receipts."""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._private_key = private_key
        self._lock = threading.Lock()
        self.connection = sqlite3.connect(
            path, timeout=5, isolation_level=None, check_same_thread=False
        )
        for name, value in _PRAGMAS.items():
            self.connection.execute(f"PRAGMA {name} = {value}")
        self.connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file, once the envelope that is being kept is kept."""
        with self._lock:
            self.connection.close()

    def put(self, envelope: Envelope, offer: Offer, now: int) -> tuple[str, bool]:
        """Keeps `envelope`; its compact receipt, and whether it is new. `now` is epoch seconds.

        The same envelope again gets the same receipt. A later attempt supersedes earlier ones at
        the same order, whose sealed bytes are deleted. Raises Held, Superseded, Settled,
        StoreFull or StoreFailed; then nothing has changed.
        """
        with self.transaction():
            if known := self._known(envelope, offer):
                return known, False
            self._refuse_if_late(offer)
            self._refuse_if_settled(offer)
            receipt = self._insert(envelope, offer, now)
            self.connection.execute(
                "UPDATE envelopes SET state = 'superseded', sealed = NULL"
                ' WHERE "order" = ? AND attempt < ? AND sealed IS NOT NULL',
                (offer.order, offer.attempt),
            )
            superseded = self.connection.execute("SELECT changes()").fetchone()[0]
        if superseded:
            self.forget()
        return receipt, True

    def receipt(self, env_id: str) -> str | None:
        """The compact receipt for an envelope; None if there is none or it was superseded."""
        with self.transaction("DEFERRED"):
            row = self.connection.execute(
                "SELECT receipt FROM envelopes WHERE env_id = ? AND state != 'superseded'",
                (env_id,),
            ).fetchone()
        return row[0] if row else None

    def expire(self, stored_before: int) -> int:
        """Deletes the sealed bytes stored before that second; how many. Receipts stay true."""
        with self.transaction():
            count = self.connection.execute(
                "UPDATE envelopes SET state = 'expired', sealed = NULL"
                " WHERE stored_at < ? AND sealed IS NOT NULL",
                (stored_before,),
            ).rowcount
        self.forget()
        return count

    def forget(self) -> None:
        """Empties the write-ahead log, which keeps what was deleted until it is written over.

        While somebody else reads, some of it stays; every deletion, and every hour, tries again.
        """
        with suppress(sqlite3.Error), self._lock:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _known(self, envelope: Envelope, offer: Offer) -> str | None:
        row = self.connection.execute(
            "SELECT sha256, state, receipt FROM envelopes"
            ' WHERE env_id = ? OR ("order" = ? AND attempt = ?) ORDER BY env_id = ? DESC',
            (offer.env_id, offer.order, offer.attempt, offer.env_id),
        ).fetchone()
        if row is None:
            return None
        sha256, state, receipt = row
        if state == "superseded":
            raise Superseded("This envelope was superseded by a later attempt.")
        if sha256 != envelope.sha256:
            raise Held(receipt)
        return receipt

    def _refuse_if_late(self, offer: Offer) -> None:
        later = self.connection.execute(
            'SELECT 1 FROM envelopes WHERE "order" = ? AND attempt > ?',
            (offer.order, offer.attempt),
        ).fetchone()
        if later:
            raise Superseded("A later attempt at this order is already held.")

    def _refuse_if_settled(self, offer: Offer) -> None:
        settled = self.connection.execute(
            "SELECT 1 FROM statements WHERE \"order\" = ? AND outcome = 'charged' UNION ALL"
            " SELECT 1 FROM instructions WHERE \"order\" = ? AND what = 'cancel'",
            (offer.order, offer.order),
        ).fetchone()
        if settled:
            raise Settled("This order was charged or cancelled already.")

    def _insert(self, envelope: Envelope, offer: Offer, now: int) -> str:
        sha256, offer_text = envelope.sha256, envelope.compact_offer
        row = (offer.env_id, offer.order, offer.attempt, envelope.kid, envelope.suite)
        row += (offer_text, envelope.sealed, sha256, now)
        cursor = self.connection.execute(
            'INSERT INTO envelopes (env_id, "order", attempt, kid, suite, offer, sealed, sha256,'
            " stored_at, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            row,
        )
        receipt = Receipt(offer.env_id, offer.order, sha256, now, cursor.lastrowid)
        signed = receipt.sign(self._private_key)
        self.connection.execute(
            "UPDATE envelopes SET receipt = ? WHERE vault_seq = ?", (signed, cursor.lastrowid)
        )
        return signed

    @contextmanager
    def transaction(self, mode: str = "IMMEDIATE") -> Iterator[None]:
        """All or nothing; leaving the block means that everything is on disk."""
        try:
            with self._lock:
                self.connection.execute(f"BEGIN {mode}")
                try:
                    yield
                    self.connection.execute("COMMIT")
                finally:
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise StoreFull("The vault's disk is full; make room on it.") from None
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise StoreFailed(f"The vault's database refused: {name}.") from None
