"""What the shop tells the desk to do, and what the desk says it has done.

Instructions go down the line with the shop's signature, statements come up it with the desk's.
The vault passes both on and can make neither.
"""

import dataclasses
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from . import wire

STATEMENT_KIND = b"storefront-statement/1\0"
INSTRUCTION_KIND = b"storefront-instruction/1\0"

CHARGED, DECLINED, UNOPENABLE = "charged", "declined", "unopenable"
EXPIRED, CANCELLED, REFUNDED = "expired", "cancelled", "refunded"
OUTCOMES = (CHARGED, DECLINED, UNOPENABLE, EXPIRED, CANCELLED, REFUNDED)
CANCEL, REFUND = "cancel", "refund"


class BadStatement(wire.HandoffError):
    """The statement was not signed by the desk, was changed, or says what none may say."""


class BadInstruction(wire.HandoffError):
    """The instruction was not signed by the shop, was changed, or asks for what none may ask."""


def _or_null(check: wire.Check) -> wire.Check:
    return lambda value: value is None or check(value)


STATEMENT_SHAPE: wire.Shape = {
    "env_id": wire.ENV_ID,
    "order": wire.ORDER,
    "outcome": OUTCOMES.__contains__,
    "amount_minor": wire.whole(1),
    "currency": wire.CURRENCY,
    "acquirer_reference": wire.text(r"[A-Za-z0-9._:/-]{0,64}"),
    "instruction": _or_null(wire.whole(1)),
    "desk_seq": wire.whole(1),
}
INSTRUCTION_SHAPE: wire.Shape = {
    "what": (CANCEL, REFUND).__contains__,
    "order": wire.ORDER,
    "line": _or_null(wire.whole(1)),
    "amount_minor": wire.whole(1),
    "currency": wire.CURRENCY,
    "seq": wire.whole(1),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What became of one envelope, or of a refund. Amounts are minor units.

    `instruction` is the number of the instruction that this answers, if it answers one;
    `desk_seq` counts the desk's statements, from one. The same event has one statement for ever:
    it may be sent again, never written anew.
    """

    env_id: str
    order: str
    outcome: str
    amount_minor: int
    currency: str
    acquirer_reference: str
    instruction: int | None
    desk_seq: int

    @classmethod
    def verify(cls, compact: str, desk_public_key: Ed25519PublicKey) -> "Statement":
        """The statement in `compact`, if the desk's key signed it; raises BadStatement if not."""
        try:
            signed = wire.open_signed(STATEMENT_KIND, compact, desk_public_key, STATEMENT_SHAPE)
        except wire.HandoffError as error:
            raise BadStatement(str(error)) from None
        return cls(**signed)

    def sign(self, desk_private_key: Ed25519PrivateKey) -> str:
        """The compact text that travels, signed with the desk's key."""
        members = wire.check_members(dataclasses.asdict(self), STATEMENT_SHAPE)
        return wire.sign(STATEMENT_KIND, members, desk_private_key)


@dataclass(frozen=True, slots=True)
class Instruction:
    """Something the desk is to do about an order: `cancel` it uncharged, or `refund` part of it.

    `line` names the order's line the money is for, or None; `seq` counts the shop's instructions.
    """

    what: str
    order: str
    line: int | None
    amount_minor: int
    currency: str
    seq: int

    @classmethod
    def verify(cls, compact: str, shop_public_key: Ed25519PublicKey) -> "Instruction":
        """The instruction in `compact`, if the shop signed it; raises BadInstruction if not."""
        try:
            signed = wire.open_signed(INSTRUCTION_KIND, compact, shop_public_key, INSTRUCTION_SHAPE)
        except wire.HandoffError as error:
            raise BadInstruction(str(error)) from None
        return cls(**signed)

    def sign(self, shop_private_key: Ed25519PrivateKey) -> str:
        """The compact text that travels, signed with the shop's key."""
        members = wire.check_members(dataclasses.asdict(self), INSTRUCTION_SHAPE)
        return wire.sign(INSTRUCTION_KIND, members, shop_private_key)
