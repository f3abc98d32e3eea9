"""What travels to the desk: envelopes, offers of envelopes that are gone, and instructions.

A bundle is a file of lines. The first is a signed header in the compact form of every signed
message; each other is an object in canonical JSON. The header has the SHA-256 of all that follows,
so that nothing can be left out or put in on the way.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storefront.handoff.envelope import (
    Envelope,
    HandoffError,
    canonical,
    check_members,
    open_signed,
    read_canonical,
    sign,
    text,
    whole,
)

KIND = b"storefront-bundle/1\0"
_COMPACT = text(r"[A-Za-z0-9_.-]+")
_HEADER_SHAPE = {
    "v": whole(1, 1),
    "number": whole(1),
    "made_at": whole(),
    "statements_seen": whole(),
    "lines": whole(),
    "sha256": text(r"[0-9a-f]{64}"),
}
_GONE_SHAPE = {"gone": _COMPACT, "state": ("cancelled", "expired").__contains__}


class BadBundle(HandoffError):
    """The bundle was not made by our vault, or was changed, or was cut short."""


@dataclass(frozen=True)
class Gone:
    """The offer, not verified yet, of an envelope whose sealed bytes the vault has deleted, and
    why: `cancelled` or `expired`."""

    compact_offer: str
    state: str


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds. `number` counts the vault's bundles; every statement of the desk up to
    `statements_seen` has reached the vault. Instructions are compact texts, not verified yet."""

    number: int
    made_at: int
    statements_seen: int
    envelopes: tuple[Envelope, ...] = ()
    gone: tuple[Gone, ...] = ()
    instructions: tuple[str, ...] = ()

    def to_bytes(self, vault_private_key: Ed25519PrivateKey) -> bytes:
        """The file, signed with the vault's key."""
        lines = list(self._lines())
        body = b"".join(line + b"\n" for line in lines)
        header = {"v": 1, "number": self.number, "made_at": self.made_at}
        header |= {"statements_seen": self.statements_seen, "lines": len(lines)}
        header["sha256"] = hashlib.sha256(body).hexdigest()
        return sign(KIND, header, vault_private_key).encode() + b"\n" + body

    def _lines(self) -> Iterator[bytes]:
        for instruction in self.instructions:
            yield canonical({"instruction": instruction})
        for gone in self.gone:
            yield canonical({"gone": gone.compact_offer, "state": gone.state})
        for envelope in self.envelopes:
            yield canonical({"envelope": envelope.to_bytes().decode()})

    @classmethod
    def read(cls, raw: bytes, vault_public_key: Ed25519PublicKey) -> "Bundle":
        """The bundle in `raw`; raises BadBundle unless the vault signed it, all of it."""
        first, _, body = raw.partition(b"\n")
        try:
            compact = first.decode("ascii")
            header = open_signed(KIND, compact, vault_public_key, _HEADER_SHAPE)
            if hashlib.sha256(body).hexdigest() != header["sha256"]:
                raise HandoffError("What follows its header is not what the vault wrote.")
            return cls._from(header, body.splitlines())
        except (UnicodeDecodeError, HandoffError) as error:
            raise BadBundle(f"This is no bundle of our vault, or not all of it: {error}") from None

    @classmethod
    def _from(cls, header: dict, lines: Iterable[bytes]) -> "Bundle":
        envelopes, gone, instructions = [], [], []
        for line in lines:
            members = read_canonical(line)
            if not isinstance(members, dict):
                raise HandoffError("A line of it is no object.")
            if "envelope" in members:
                envelope = check_members(members, {"envelope": lambda value: type(value) is str})
                envelopes.append(Envelope.read(envelope["envelope"].encode()))
            elif "gone" in members:
                members = check_members(members, _GONE_SHAPE)
                gone.append(Gone(members["gone"], members["state"]))
            else:
                members = check_members(members, {"instruction": _COMPACT})
                instructions.append(members["instruction"])
        known = (header["number"], header["made_at"], header["statements_seen"])
        return cls(*known, tuple(envelopes), tuple(gone), tuple(instructions))


def statement_file(statements: Iterable[str]) -> bytes:
    """The file that carries statements home: a line each, every one signed by itself."""
    return b"".join(f"{statement}\n".encode() for statement in statements)


def read_statement_file(raw: bytes) -> list[str]:
    """The statements in a file, not verified yet; raises HandoffError for what is no text."""
    try:
        return [line for line in raw.decode("ascii").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise HandoffError("This is no file of statements.") from None
