"""A sealed card on its way to the vault, and the vault's receipt for it.

This is the one module of the shop that the vault imports, so what the vault needs of the others
is named here as well.
"""

import dataclasses
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from . import wire
from .manifest import BadManifest, Epoch, Manifest, ManifestFile, NoEpoch
from .offer import BadOffer, Offer
from .statement import BadInstruction, BadStatement, Instruction, Statement
from .suites import SUITES, hybrid_private_key, new_private_halves, public_halves
from .wire import (
    HandoffError,
    b64u,
    canonical,
    check_members,
    load_private_key,
    load_public_key,
    open_signed,
    read_canonical,
    sign,
    text,
    unb64u,
    whole,
)

__all__ = [
    "MOST_BYTES",
    "SUITES",
    "BadEnvelope",
    "BadInstruction",
    "BadManifest",
    "BadOffer",
    "BadReceipt",
    "BadStatement",
    "Envelope",
    "Epoch",
    "HandoffError",
    "Instruction",
    "Manifest",
    "ManifestFile",
    "NoEpoch",
    "Offer",
    "Receipt",
    "Statement",
    "b64u",
    "canonical",
    "check_members",
    "hybrid_private_key",
    "load_private_key",
    "load_public_key",
    "new_private_halves",
    "open_signed",
    "public_halves",
    "read_canonical",
    "sign",
    "text",
    "unb64u",
    "whole",
]

#: The size limit of an envelope and of the form that carries a card, in bytes.
MOST_BYTES = 4096
RECEIPT_KIND = b"storefront-receipt/1\0"


class BadEnvelope(HandoffError):
    """The envelope is too big, malformed, or not in its canonical form."""


class BadReceipt(HandoffError):
    """The receipt was not signed by the vault, was changed, or is for another envelope."""


ENVELOPE_SHAPE: wire.Shape = {
    "v": wire.whole(1, 1),
    "kid": wire.KID,
    "suite": wire.text(r"[a-z0-9-]{1,40}"),
    "offer": wire.B64U,
    "offer_sig": wire.B64U,
    "sealed": wire.B64U,
}
RECEIPT_SHAPE: wire.Shape = {
    "env_id": wire.ENV_ID,
    "order": wire.ORDER,
    "envelope_sha256": wire.text(r"[0-9a-f]{64}"),
    "stored_at": wire.whole(),
    "vault_seq": wire.whole(1),
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed card (`enc ‖ ct`), the offer it is sealed to, and the names of key and suite."""

    kid: str
    suite: str
    offer: bytes
    offer_sig: bytes
    sealed: bytes
    v: int = 1
    # What was read, so that it need not be written anew: only its canonical form is read at all.
    _read: bytes | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def around(cls, sealed: bytes, *, compact_offer: str, kid: str, suite: str) -> "Envelope":
        """An envelope for `sealed`, carrying the signed offer exactly as it came."""
        offer, signature = wire.unpack(compact_offer)
        return cls(kid, suite, offer, signature, sealed)

    @classmethod
    def read(cls, raw: bytes) -> "Envelope":
        """The envelope in `raw`; raises BadEnvelope. Its offer is not checked yet."""
        if len(raw) > MOST_BYTES:
            raise BadEnvelope(f"The envelope has {len(raw)} bytes; at most {MOST_BYTES} may be.")
        try:
            members = wire.check_members(read_canonical(raw), ENVELOPE_SHAPE)
            texts = {name: wire.unb64u(members[name]) for name in ("offer", "offer_sig", "sealed")}
        except HandoffError as error:
            raise BadEnvelope(str(error)) from None
        envelope = cls(**{**members, **texts})
        object.__setattr__(envelope, "_read", raw)
        return envelope

    def to_bytes(self) -> bytes:
        """The canonical bytes that travel and that a receipt is for."""
        if self._read is not None:
            return self._read
        members = {"v": self.v, "kid": self.kid, "suite": self.suite}
        texts = {"offer": self.offer, "offer_sig": self.offer_sig, "sealed": self.sealed}
        return canonical(members | {name: b64u(value) for name, value in texts.items()})

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def compact_offer(self) -> str:
        """The signed offer in the form in which it came from the shop."""
        return wire.pack(self.offer, self.offer_sig)

    def verified_offer(self, shop_public_key: Ed25519PublicKey) -> Offer:
        """The offer inside; raises BadOffer unless the shop signed it."""
        return Offer.verify(self.compact_offer, shop_public_key)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The vault's word that it holds an envelope on disk. `stored_at` is epoch seconds;
    `vault_seq` counts the vault's envelopes, from one."""

    env_id: str
    order: str
    envelope_sha256: str
    stored_at: int
    vault_seq: int

    @classmethod
    def verify(cls, compact: str, vault_public_key: Ed25519PublicKey) -> "Receipt":
        """The receipt in `compact`, if the vault's key signed it; raises BadReceipt otherwise."""
        try:
            return cls(**wire.open_signed(RECEIPT_KIND, compact, vault_public_key, RECEIPT_SHAPE))
        except HandoffError as error:
            raise BadReceipt(str(error)) from None

    def sign(self, vault_private_key: Ed25519PrivateKey) -> str:
        """The compact text that travels, signed with the vault's key."""
        return wire.sign(RECEIPT_KIND, dataclasses.asdict(self), vault_private_key)
