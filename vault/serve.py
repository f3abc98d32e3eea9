"""The vault's two listeners: one for the payment page and the shop, one for the desk alone."""

import logging
import re
import time
from pathlib import Path
from typing import ClassVar

from storefront.handoff.envelope import MOST_BYTES, HandoffError

from .intake import Answer, Vault, refuse
from .tls import LineRequest, LineServer, Routes

LOOK_SECONDS = 3600  # how often what is too old, and what will be lost, is looked for
MOST_IN_A_BUNDLE = 200  # envelopes; a file for removable media holds them all
MOST_STATEMENT_BYTES = 4 * 1024 * 1024

PAYMENT, SHOP, DESK = "payment", "shop", "desk"
_ENV_ID = r"([A-Za-z0-9_-]{22})"

log = logging.getLogger("vault")


class VaultRequest(LineRequest):
    """Envelopes from the payment page; receipts, statements and instructions for the shop."""

    most_bytes = MOST_BYTES
    routes: ClassVar[Routes] = {
        "PUT": [
            (re.compile("/envelopes"), PAYMENT, "put_envelope"),
            (re.compile("/instructions"), SHOP, "put_instruction"),
        ],
        "GET": [
            (re.compile(f"/receipts/{_ENV_ID}"), SHOP, "get_receipt"),
            (re.compile("/statements/([0-9]{1,15})"), SHOP, "get_statements"),
            (re.compile(f"/verdicts/{_ENV_ID}"), SHOP, "get_verdicts"),
            (re.compile("/alarms"), SHOP, "get_alarms"),
        ],
    }

    def put_envelope(self, body: bytes) -> Answer:
        """Keeps an envelope; see Vault.put."""
        return self.server.vault.put(body)

    def put_instruction(self, body: bytes) -> Answer:
        """Keeps an instruction; see Vault.put_instruction."""
        return self.server.vault.put_instruction(body)

    def get_receipt(self, env_id: str) -> Answer:
        """The receipt for an envelope."""
        return self.server.vault.receipt(env_id)

    def get_statements(self, number: str) -> Answer:
        """What the desk has said since the statement with that number."""
        return self.server.vault.statements_after(int(number))

    def get_verdicts(self, env_id: str) -> Answer:
        """What the desk has said about one envelope."""
        return self.server.vault.statements_of(env_id)

    def get_alarms(self) -> Answer:
        """Sentences about cards that will be lost soon."""
        return self.server.vault.alarms()


class ExportRequest(LineRequest):
    """Bundles for the desk, and the statements that it brings."""

    most_bytes = MOST_STATEMENT_BYTES
    routes: ClassVar[Routes] = {
        "PUT": [(re.compile("/statements"), DESK, "put_statements")],
        "GET": [(re.compile("/bundle"), DESK, "get_bundle")],
    }

    def get_bundle(self) -> Answer | bytes:
        """A bundle as `vault export` writes it, or 404 when nothing waits."""
        return self.server.vault.bundle(MOST_IN_A_BUNDLE) or refuse(404, "nothing-waits")

    def put_statements(self, body: bytes) -> Answer:
        """Keeps the statements in a file as the desk writes it."""
        return self.server.vault.take_statements(body)


class VaultServer(LineServer):
    """Serves the vault in `folder` to the payment page and the shop."""

    def __init__(self, address: tuple[str, int], vault: Vault, folder: Path):
        self.vault = vault
        self._look_at = 0.0
        super().__init__(address, folder, (PAYMENT, SHOP), VaultRequest)

    def service_actions(self) -> None:
        """Between connections, at start and every hour: deletes what has lain here too long, and
        says what will be lost soon."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_SECONDS
        try:
            if count := self.vault.shred_old():
                log.info("%d envelopes were fourteen days old and are deleted", count)
            for line in self.vault.look().alarms:
                log.error("ALARM %s", line)
        except HandoffError as error:
            log.error("old envelopes could not be looked for: %s", error)


class ExportServer(LineServer):
    """Serves the vault in `folder` to the desk. Only a local demonstration's desk is on a line:
    a real one gets a file."""

    def __init__(self, address: tuple[str, int], vault: Vault, folder: Path):
        self.vault = vault
        super().__init__(address, folder, (DESK,), ExportRequest)
