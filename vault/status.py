"""How the vault stands: what it holds, and which cards will be lost if nobody opens them soon."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from storefront.handoff.envelope import HandoffError, ManifestFile, load_public_key

#: How long a sealed card lies here at most, in seconds: the policy's fourteen days.
KEPT_SECONDS = 14 * 86400
#: How long before a card is lost the alarm begins, in seconds: 72 hours.
ALARM_SECONDS = 72 * 3600


@dataclass(frozen=True)
class Unopened:
    """Envelopes that wait, by state and by epoch; `alarms` has a sentence for each epoch whose
    cards are lost within 72 hours, for want of a key or because they have lain for 14 days."""

    states: Mapping[str, int]
    epochs: Mapping[str, int]
    alarms: list[str] = field(default_factory=list)

    def of(self, kid: str) -> int:
        """How many wait for the key of one epoch."""
        return self.epochs.get(kid, 0)


def unopened(folder: Path, now: int) -> Unopened | None:
    """How the store in `folder` stands at `now`; None where there is no store."""
    path = folder / "store.sqlite"
    if not path.exists():
        return None
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
    try:
        return look(connection, folder, now)
    except sqlite3.Error as error:
        raise HandoffError(f"{path} cannot be read: {type(error).__name__}.") from None
    finally:
        connection.close()


def look(connection: sqlite3.Connection, folder: Path, now: int) -> Unopened:
    """The same through a connection that is open already."""
    states = dict(connection.execute("SELECT state, count(*) FROM envelopes GROUP BY state"))
    rows = connection.execute(
        "SELECT kid, count(*), min(stored_at) FROM envelopes WHERE sealed IS NOT NULL GROUP BY kid"
    ).fetchall()
    ends = _destroyed_after(folder)
    alarms = []
    for kid, count, oldest in rows:
        lost_at = min(oldest + KEPT_SECONDS, ends.get(kid, oldest + KEPT_SECONDS))
        if now >= lost_at - ALARM_SECONDS:
            when = f"{datetime.fromtimestamp(lost_at, UTC):%Y-%m-%d %H:%M} UTC"
            alarms.append(
                f"{count} unopened cards of epoch {kid}: the first is lost at {when}. "
                "Export them and open them at the desk."
            )
    return Unopened(states, {kid: count for kid, count, _ in rows}, alarms)


def _destroyed_after(folder: Path) -> dict[str, int]:
    try:
        root = load_public_key(folder / "root.pub")
        epochs = ManifestFile(folder / "manifest", root).current().epochs
    except HandoffError:
        return {}
    return {epoch.kid: epoch.destroy_after for epoch in epochs}
