"""Opening sealed cards. Only the desk loads this: what is on line has nothing that opens them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from storefront.handoff.envelope import (
    Envelope,
    HandoffError,
    b64u,
    check_members,
    hybrid_private_key,
    read_canonical,
    text,
)

INFO = b"storefront-card/1\0"
PLAINTEXT_BYTES = 128

_SHAPE = {
    "pan": text(r"[0-9]{12,19}"),
    "exp": text(r"20[0-9]{2}-(0[1-9]|1[0-2])"),
    "offer_sha256": text(r"[A-Za-z0-9_-]{43}"),
}
# For each suite its HPKE, and its private key from 32 bytes.
_SUITES = {
    "mlkem768-x25519": (
        Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
        hybrid_private_key,
    ),
    "x25519": (
        Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
        X25519PrivateKey.from_private_bytes,
    ),
}


class CannotOpen(HandoffError):
    """What is sealed does not open with this key for this offer, or holds no card."""


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A number of 12 to 19 digits and the last month it is good for. Never shown by `repr`."""

    number: str
    year: int
    month: int

    def __repr__(self) -> str:
        return f"Card({self.masked})"

    @property
    def masked(self) -> str:
        """The first six and the last four digits, which is the most that may be shown; of short
        numbers the first two."""
        first = self.number[: 6 if len(self.number) > 13 else 2]
        hidden = "*" * (len(self.number) - len(first) - 4)
        return f"{first}{hidden}{self.number[-4:]}"


def open_card(envelope: Envelope, halves: Mapping[str, bytes]) -> Card:
    """The card in `envelope`, with its epoch's private halves by suite. Raises CannotOpen."""
    try:
        hpke, private_key = _SUITES[envelope.suite]
        plain = hpke.decrypt(
            envelope.sealed, private_key(halves[envelope.suite]), INFO + envelope.offer
        )
        members = check_members(read_canonical(_unpadded(plain)), _SHAPE)
    except (InvalidTag, ValueError, KeyError, HandoffError):
        raise CannotOpen("The sealed card does not open with this key for this offer.") from None
    if members["offer_sha256"] != b64u(hashlib.sha256(envelope.offer).digest()):
        raise CannotOpen("The sealed card is for another offer.")
    if not passes_luhn(members["pan"]):
        raise CannotOpen("What was sealed is not the number of a card.")
    year, month = members["exp"].split("-")
    return Card(members["pan"], int(year), int(month))


def _unpadded(plain: bytes) -> bytes:
    if len(plain) != PLAINTEXT_BYTES:
        raise CannotOpen("What was sealed does not have the length of a card.")
    return plain.rstrip(b"\0")


def passes_luhn(number: str) -> bool:
    """Whether the last of these digits is the check digit of ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(sum(divmod(two, 10)) for two in doubled)) % 10 == 0
