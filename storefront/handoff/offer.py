"""What the shop asks a shopper to pay, signed by the shop: the ticket to the payment page."""

import dataclasses
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from . import wire

if TYPE_CHECKING:
    from .manifest import Epoch

KIND = b"storefront-offer/1\0"
VALID_FOR = 1800  # seconds
MOST_ATTEMPTS = 5


class BadOffer(wire.HandoffError):
    """The offer was not signed by this shop, was changed, or asks for what no offer may."""


SHAPE: wire.Shape = {
    "v": wire.whole(1, 1),
    "aud": wire.text(r"https?://[a-z0-9.\[\]:-]{1,253}"),
    "env_id": wire.ENV_ID,
    "order": wire.ORDER,
    "attempt": wire.whole(1, MOST_ATTEMPTS),
    "amount_minor": wire.whole(1),
    "currency": wire.CURRENCY,
    "kid": wire.KID,
    "suites": wire.suite_names,
    "policy_version": wire.whole(0),
    "expires": wire.whole(0),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One attempt to pay one order. Amounts are minor units, times epoch seconds (UTC)."""

    v: int
    aud: str
    env_id: str
    order: str
    attempt: int
    amount_minor: int
    currency: str
    kid: str
    suites: tuple[str, ...]
    policy_version: int
    expires: int

    @classmethod
    def issue(
        cls,
        *,
        aud: str,
        order: str,
        attempt: int,
        amount_minor: int,
        currency: str,
        epoch: "Epoch",
        policy_version: int,
        now: int,
        valid_for: int = VALID_FOR,
    ) -> "Offer":
        """A new offer for the payment page at the origin `aud`, with an `env_id` of its own.

        Raises BadOffer for a value that no offer may have, such as a sixth attempt.
        """
        terms = {"aud": aud, "order": order, "attempt": attempt, "currency": currency}
        terms |= {"v": 1, "amount_minor": amount_minor, "policy_version": policy_version}
        terms |= {"kid": epoch.kid, "suites": list(epoch.suites), "expires": now + valid_for}
        return cls._from(terms | {"env_id": wire.b64u(secrets.token_bytes(16))})

    @classmethod
    def verify(cls, compact: str, public_key: Ed25519PublicKey) -> "Offer":
        """The offer in `compact`, if the shop's key signed it; raises BadOffer otherwise.

        Says nothing about time: ask `expired`.
        """
        try:
            return cls._from(wire.open_signed(KIND, compact, public_key, SHAPE))
        except wire.HandoffError as error:
            raise BadOffer(str(error)) from None

    @classmethod
    def _from(cls, members: dict) -> "Offer":
        try:
            checked = wire.check_members(members, SHAPE)
        except wire.HandoffError as error:
            raise BadOffer(str(error)) from None
        return cls(**{**checked, "suites": tuple(checked["suites"])})

    @property
    def raw(self) -> bytes:
        """The exact bytes that are signed; a card is sealed to them."""
        return wire.canonical(dataclasses.asdict(self))

    def sign(self, private_key: Ed25519PrivateKey) -> str:
        """The compact text that travels, signed with the shop's key."""
        return wire.sign(KIND, dataclasses.asdict(self), private_key)

    def expired(self, now: int) -> bool:
        """Whether the offer has run out at `now`, in epoch seconds."""
        return now >= self.expires
