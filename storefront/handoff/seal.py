"""Checking a card and sealing it to one offer, in memory.

A sealed card opens only with an epoch's private key, which is off line, and only against the very
offer it was sealed to. No number checked here ever reaches a message, a `repr` or a log.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from . import suites, wire
from .manifest import Epoch

INFO = b"storefront-card/1\0"
PLAINTEXT_BYTES = 128
NUMBER, EXPIRY = "cc-number", "cc-exp"
#: AES-256-GCM's tag, in bytes.
_TAG_BYTES = 16

#: What can be wrong with a card, for the person. The page's script says the same by these names.
SENTENCES = {
    "missing": "Enter the number of your card.",
    "digits": "A card number has only digits; spaces and hyphens are fine.",
    "length": "A card number has 12 to 19 digits. Check that none is missing.",
    "luhn": "This is not a card number. Check it for a wrong or swapped digit.",
    "form": "Write the expiry date as month and year, such as 08/27.",
    "month": "The month is the first part of the expiry date, from 01 to 12.",
    "past": "This card has expired. Use another card.",
}

_SPACING = re.compile(r"[\s\-\u2010-\u2015]")
_EXPIRY = re.compile(r"(\d{1,2})\s*[/-]\s*(?:20)?(\d{2})|(\d{2})(\d{2})", re.ASCII)


class BadCard(wire.HandoffError):
    """What was typed is not a card that can be charged.

    `errors` has a sentence for the person by field, `cc-number` or `cc-exp`, without what they
    typed.
    """

    def __init__(self, errors: dict[str, str]):
        super().__init__(" ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A number of 12 to 19 digits and the last month it is good for. Never shown by `repr`."""

    number: str
    year: int
    month: int

    def __repr__(self) -> str:
        return "Card(…)"


def check_card(number_text: str, expiry_text: str, now: int) -> Card:
    """The card that was typed; `now` is epoch seconds. Raises BadCard for all fields at once."""
    number = _SPACING.sub("", number_text)
    expiry = _read_expiry(expiry_text)
    found = {NUMBER: _number_error(number), EXPIRY: _expiry_error(expiry, now)}
    if errors := {field: SENTENCES[name] for field, name in found.items() if name}:
        raise BadCard(errors)
    return Card(number, *expiry)


def _number_error(number: str) -> str | None:
    if not number:
        return "missing"
    if not re.fullmatch(r"[0-9]+", number):
        return "digits"
    if not 12 <= len(number) <= 19:
        return "length"
    if not passes_luhn(number):
        return "luhn"
    return None


def passes_luhn(number: str) -> bool:
    """Whether the last of these digits is the check digit of ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(sum(divmod(two, 10)) for two in doubled)) % 10 == 0


def _read_expiry(text: str) -> tuple[int, int] | None:
    """Year and month of MM/YY; also of MM/YYYY and MMYY, which browsers and phones fill in."""
    match = _EXPIRY.fullmatch(text.strip())
    if match is None:
        return None
    month, year = (int(part) for part in match.groups() if part is not None)
    return 2000 + year, month


def _expiry_error(expiry: tuple[int, int] | None, now: int) -> str | None:
    """A card is good through the last day of its month, in UTC."""
    if expiry is None:
        return "form"
    year, month = expiry
    if not 1 <= month <= 12:
        return "month"
    today = datetime.fromtimestamp(now, UTC)
    return "past" if (year, month) < (today.year, today.month) else None


def seal_hybrid(card: Card, offer_raw: bytes, epoch: Epoch) -> bytes:
    """The card, sealed to the epoch's hybrid key and to the exact bytes of the signed offer.

    1264 bytes, `enc ‖ ct`: HPKE base mode (RFC 9180) with KEM 0x647a, HKDF-SHA256, AES-256-GCM.
    """
    public_key = suites.public_key(suites.HYBRID, epoch.public_keys[suites.HYBRID])
    hpke = suites.HPKE[suites.HYBRID]
    return hpke.encrypt(_plaintext(card, offer_raw), public_key, INFO + offer_raw)


def sealed_bytes(suite: str) -> int:
    """How long every card is once it is sealed: `enc`, 128 bytes and the tag."""
    return suites.ENC_BYTES[suite] + PLAINTEXT_BYTES + _TAG_BYTES


def read_sealed(text: str) -> bytes:
    """What the page's script sealed: 176 bytes in b64u. Raises HandoffError for any other shape.

    Whether a card is inside only the desk can tell.
    """
    sealed = wire.unb64u(text)
    if len(sealed) != sealed_bytes(suites.X25519):
        raise wire.HandoffError("What came is not as long as a sealed card.")
    return sealed


def _plaintext(card: Card, offer_raw: bytes) -> bytes:
    """Always 128 bytes, so that the length of what is sealed tells nothing about the number."""
    exp = f"{card.year:04}-{card.month:02}"
    members = {"pan": card.number, "exp": exp, "offer_sha256": _digest(offer_raw)}
    return wire.canonical(members).ljust(PLAINTEXT_BYTES, b"\0")


def _digest(offer_raw: bytes) -> str:
    return wire.b64u(hashlib.sha256(offer_raw).digest())
