"""Who moves the money: a small interface, a sandbox, and a person at a card terminal.

A real acquirer is another class with these three methods. Over a card network's HTTP interface it
would look about like this (a desk off line reaches it only through its own, separate modem):

    class Example:
        name = "example"

        def charge(self, card, amount, key):
            try:
                said = post("/charges", {"pan": card.number, …}, idempotency_key=key, timeout=30)
            except (TimeoutError, ConnectionError):
                raise Silent from None      # it may have charged: `find` will tell
            return Verdict(said["status"] == "approved", said["id"], said.get("code", ""))

        def find(self, key):                # None only when it never came and never will
            said = get(f"/charges?idempotency_key={key}")
            return said and Verdict(said["status"] == "approved", said["id"])

        def refund(self, reference, amount, key):
            …
"""

import hashlib
import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from storefront.handoff.envelope import HandoffError

from .opening import Card


class Silent(HandoffError):
    """The acquirer gave no answer that settles it: the money may or may not have moved."""


@dataclass(frozen=True, slots=True)
class Amount:
    """So many minor units of a currency (ISO 4217)."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the money moved, the acquirer's reference for it, and its reason if not."""

    moved: bool
    reference: str = ""
    reason: str = ""


def refund_key(env_id: str, seq: int) -> str:
    """The key of the refund that the instruction with that number asks for."""
    return f"{env_id}-refund-{seq}"


def is_refund(key: str) -> bool:
    """Whether a key is that of a refund, and not of a charge."""
    return re.fullmatch(r".{22}-refund-[0-9]+", key) is not None


class Acquirer(Protocol):
    """Charges cards. `key` names one movement of money: the same key again moves nothing twice
    and gives the same verdict. Every method may raise Silent."""

    name: str

    def charge(self, card: Card, amount: Amount, key: str) -> Verdict:
        """Charges the card, once for each key."""

    def find(self, key: str) -> Verdict | None:
        """What became of a charge or refund begun under the key. None only when it never reached
        the acquirer and no longer can."""

    def refund(self, reference: str, amount: Amount, key: str) -> Verdict:
        """Gives back part of the charge with that reference, once for each key."""


#: The published test numbers that do not simply charge, and why; see `Sandbox`.
DECLINES = {
    "4000000000000002": "card_declined",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
    "4000000000000119": "processing_error",
    "4000002760003184": "authentication_required",
    "4000000000003220": "authentication_required",
}
CHARGES = (
    *("4242424242424242", "5555555555554444", "378282246310005", "4111111111111111"),
    "4000000000000127",  # fails on a wrong security code; we have none to be wrong
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS movements (
    key TEXT PRIMARY KEY, moved INTEGER NOT NULL, reference TEXT NOT NULL, reason TEXT NOT NULL
) STRICT
"""


class Sandbox:
    """Charges nothing: the published test numbers behave as published, any other is declined.

    Those that test a security code charge, because none is ever asked for; those that need 3-D
    Secure are declined. It remembers its verdicts in the SQLite file `path`, as an acquirer would,
    by key; no number is among them.
    """

    name = "sandbox"

    def __init__(self, path: Path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._memory = sqlite3.connect(path, timeout=5, isolation_level=None)
        self._memory.execute(_SCHEMA)

    def close(self) -> None:
        """Closes its file."""
        self._memory.close()

    def charge(self, card: Card, amount: Amount, key: str) -> Verdict:
        """The published verdict on a test number."""
        reason = DECLINES.get(card.number, "" if card.number in CHARGES else "not_a_test_card")
        return self._remember(key, Verdict(not reason, _reference("ch", key), reason))

    def find(self, key: str) -> Verdict | None:
        """The verdict that was given before."""
        row = self._memory.execute(
            "SELECT moved, reference, reason FROM movements WHERE key = ?", (key,)
        ).fetchone()
        return Verdict(bool(row[0]), *row[1:]) if row else None

    def refund(self, reference: str, amount: Amount, key: str) -> Verdict:
        """Gives back what was never taken."""
        return self._remember(key, Verdict(True, _reference("re", key)))

    def _remember(self, key: str, verdict: Verdict) -> Verdict:
        self._memory.execute(
            "INSERT OR IGNORE INTO movements VALUES (?, ?, ?, ?)",
            (key, verdict.moved, verdict.reference, verdict.reason),
        )
        return self.find(key)


def _reference(kind: str, key: str) -> str:
    return f"{kind}_{hashlib.sha256(key.encode()).hexdigest()[:16]}"
