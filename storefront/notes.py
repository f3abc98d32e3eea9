"""Signed notes: a text, a blank line, a line with who signed it and the signature.

The format is that of C2SP (c2sp.org/signed-note), which Go's checksum database and transparency
logs use, so that their tools read ours. The text has no control characters but line ends.
"""

import base64
import hashlib
from binascii import Error as NoBase64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

NAME = "storefront-policy"
ED25519 = b"\x01"  # the format's number for this kind of signature


def key_id(key: Ed25519PublicKey) -> bytes:
    """The four bytes by which a signature says which key made it."""
    return hashlib.sha256(f"{NAME}\n".encode() + ED25519 + _raw(key)).digest()[:4]


def verifier(key: Ed25519PublicKey) -> str:
    """The public key as one line: name, id and key, with + between."""
    return f"{NAME}+{key_id(key).hex()}+{base64.b64encode(ED25519 + _raw(key)).decode()}"


def signature(text: str, key: Ed25519PrivateKey) -> str:
    """The key's id and its signature of a text, in base64."""
    return base64.b64encode(key_id(key.public_key()) + key.sign(text.encode())).decode()


def note(text: str, signed: str) -> str:
    """The whole note of a text that ends in a line end."""
    return f"{text}\n\N{EM DASH} {NAME} {signed}\n"


def apart(whole: str) -> tuple[str, str]:
    """A note's text and its signature; raises ValueError where it is none."""
    text, found, last = whole.rpartition(f"\n\n\N{EM DASH} {NAME} ")
    if not found or not last.endswith("\n") or "\n" in last[:-1]:
        raise ValueError("not a signed note")
    return f"{text}\n", last[:-1]


def is_signed(text: str, signed: str, key: Ed25519PublicKey) -> bool:
    """Whether that key has signed that text."""
    try:
        both = base64.b64decode(signed, validate=True)
        key.verify(both[4:], text.encode())
    except (InvalidSignature, NoBase64, ValueError):  # ValueError: no ASCII
        return False
    return both[:4] == key_id(key)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
