"""What the vault checks before it keeps an envelope, and what it answers. Knows no HTTP server."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from storefront.handoff.envelope import (
    BadEnvelope,
    BadInstruction,
    BadOffer,
    BadStatement,
    Envelope,
    HandoffError,
    ManifestFile,
    NoEpoch,
    Offer,
    load_private_key,
    load_public_key,
    read_canonical,
)

from .dispatch import Dispatch, Taken
from .status import KEPT_SECONDS, Unopened, look
from .store import Held, Settled, Store, StoreFailed, StoreFull, Superseded


class Answer(NamedTuple):
    """An HTTP status (RFC 9110; 507 from RFC 4918) and the members of the JSON that goes with it:
    `receipt` and the like, or `reason`, a short machine name."""

    status: int
    members: dict[str, object]


def refuse(status: int, reason: str) -> Answer:
    """An answer that says why not."""
    return Answer(status, {"reason": reason})


class Vault:
    """The vault over the keys and the store in `folder`; `clock` gives epoch seconds.

    Raises HandoffError if a key is missing.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time):
        self._clock = clock
        self._folder = folder
        self._shop_key = load_public_key(folder / "shop.pub")
        self._manifest = ManifestFile(folder / "manifest", load_public_key(folder / "root.pub"))
        self._manifest.current()
        self.store = Store(folder / "store.sqlite", load_private_key(folder / "vault.key"))
        try:
            self._dispatch = Dispatch(folder, self.store, clock)
        except HandoffError:
            self.store.close()
            raise

    def close(self) -> None:
        """Closes the store."""
        self.store.close()

    def put(self, raw: bytes) -> Answer:
        """Keeps the envelope in `raw` and answers with its receipt, or says why not."""
        now = int(self._clock())
        try:
            envelope = Envelope.read(raw)
            offer = envelope.verified_offer(self._shop_key)
            # What is already held keeps its receipt, even after the offer has run out.
            if self.store.receipt(offer.env_id) is None:
                self._check(envelope, offer, now)
            receipt, is_new = self.store.put(envelope, offer, now)
        except tuple(_REFUSALS) as error:
            return _REFUSALS[type(error)]
        except _Refused as refused:
            return refused.answer
        except Held as held:
            return Answer(409, {"receipt": held.receipt})
        return Answer(201 if is_new else 200, {"receipt": receipt})

    def shred_old(self) -> int:
        """Deletes what has lain here for fourteen days; how many envelopes that were."""
        return self.store.expire(int(self._clock()) - KEPT_SECONDS)

    def receipt(self, env_id: str) -> Answer:
        """The receipt for an envelope that is held."""
        try:
            found = self.store.receipt(env_id)
        except (StoreFull, StoreFailed) as error:
            return _REFUSALS[type(error)]
        return refuse(404, "unknown") if found is None else Answer(200, {"receipt": found})

    def put_instruction(self, raw: bytes) -> Answer:
        """Keeps the shop's instruction in `raw`; answers how many envelopes the desk will answer
        for, in `held`."""
        try:
            members = read_canonical(raw)
            if not isinstance(members, dict) or list(members) != ["instruction"]:
                raise BadInstruction("The message is not an instruction.")
            return Answer(
                200, {"held": self._dispatch.take_instruction(str(members["instruction"]))}
            )
        except tuple(_REFUSALS) as error:
            return _REFUSALS[type(error)]
        except HandoffError:
            return refuse(400, "malformed")

    def statements_after(self, number: int) -> Answer:
        """The desk's statements after the one with that number, and the number of the last."""
        try:
            last, rows = self._dispatch.statements_after(number)
        except tuple(_REFUSALS) as error:
            return _REFUSALS[type(error)]
        return Answer(200, {"last": last, "statements": [list(row) for row in rows]})

    def statements_of(self, env_id: str) -> Answer:
        """The desk's statements about one envelope."""
        try:
            return Answer(200, {"statements": self._dispatch.statements_of(env_id)})
        except tuple(_REFUSALS) as error:
            return _REFUSALS[type(error)]

    def alarms(self) -> Answer:
        """Sentences about cards that are lost within 72 hours if nobody opens them."""
        try:
            return Answer(200, {"alarms": self.look().alarms})
        except tuple(_REFUSALS) as error:
            return _REFUSALS[type(error)]

    def look(self) -> Unopened:
        """What waits here, and what will be lost soon."""
        with self.store.transaction("DEFERRED"):
            return look(self.store.connection, self._folder, int(self._clock()))

    def bundle(self, most: int = -1) -> bytes | None:
        """A bundle for the desk with `most` envelopes (all for -1); None when nothing waits."""
        return self._dispatch.bundle(most)

    def take_statements(self, raw: bytes) -> Answer:
        """Keeps a file of the desk's statements, all or none; answers how many were `new`."""
        try:
            return Answer(200, {"new": self._dispatch.take_statements(raw)})
        except tuple(_REFUSALS) as error:
            return _REFUSALS[type(error)]
        except HandoffError:
            return refuse(400, "malformed")

    def _check(self, envelope: Envelope, offer: Offer, now: int) -> None:
        if offer.expired(now):
            raise _Refused(410, "offer-expired")
        if envelope.kid != offer.kid or envelope.suite not in offer.suites:
            raise _Refused(422, "not-as-offered")
        try:
            epoch = self._manifest.current().epoch(envelope.kid)
        except NoEpoch:
            raise _Refused(422, "unknown-key") from None
        except HandoffError:
            raise _Refused(503, "manifest-unusable") from None
        if not epoch.is_open(now):
            raise _Refused(410, "key-expired")
        if envelope.suite not in epoch.suites:
            raise _Refused(422, "not-as-offered")


class _Refused(HandoffError):
    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.answer = refuse(status, reason)


_REFUSALS = {
    BadEnvelope: refuse(400, "malformed"),
    BadInstruction: refuse(403, "instruction-not-ours"),
    BadOffer: refuse(403, "offer-not-ours"),
    BadStatement: refuse(403, "statement-not-ours"),
    Taken: refuse(409, "number-taken"),
    Superseded: refuse(410, "superseded"),
    Settled: refuse(410, "settled"),
    StoreFull: refuse(507, "disk-full"),
    StoreFailed: refuse(503, "store-failed"),
}
