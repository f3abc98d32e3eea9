"""Tickets: what a page offers, signed, to be brought back with the answer to it.

So a page that offers a key, codes or a challenge writes nothing, and what is kept in the end is
what was shown.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from storefront.models.signing_in import CHALLENGE_FOR
from storefront.refusals import Refused

OFFER_FOR = timedelta(hours=1)


class Tickets:
    """The tickets of one part of the shop, void in another; `keys` has the newest first."""

    def __init__(self, keys: tuple[str, ...], part: str) -> None:
        self._keys, self._part = list(reversed(keys)), part

    def written(
        self, purpose: str, holder: str, offer, at: datetime, period: timedelta = OFFER_FOR
    ) -> str:
        """A ticket for `holder` alone, good for that purpose and period; `offer` goes into JSON."""
        return self._serializer(purpose, holder).dumps([offer, round((at + period).timestamp())])

    def read(self, purpose: str, holder: str, ticket: str, at: datetime):
        """What a ticket offers; raises `Refused` unless it is whole, theirs and not too old."""
        try:
            offer, until = self._serializer(purpose, holder).loads(ticket)
        except BadData:
            offer, until = None, 0
        if at.timestamp() > until:
            raise Refused("This page has grown old. Here it is anew; please try again.")
        return offer

    def challenge(self, purpose: str, holder: str, at: datetime) -> "Challenge":
        """A challenge nobody has seen before."""
        drawn = secrets.token_bytes(32)
        return Challenge(drawn, self.written(purpose, holder, drawn.hex(), at, CHALLENGE_FOR))

    def challenge_in(self, purpose: str, holder: str, ticket: str, at: datetime) -> bytes:
        """The challenge of a ticket that is still good."""
        return bytes.fromhex(self.read(purpose, holder, ticket, at))

    def _serializer(self, purpose: str, holder: str) -> URLSafeSerializer:
        digest = {"digest_method": hashlib.sha256}
        salt = f"{self._part} {purpose} {holder}"
        return URLSafeSerializer(self._keys, salt=salt, signer_kwargs=digest)


@dataclass(frozen=True)
class Challenge:
    """What a passkey is to sign, and the ticket that says so."""

    bytes: bytes
    ticket: str
