"""Bytes on the wire: canonical JSON, base64url, and signatures bound to their kind.

Everything the handoff signs or sends goes through here, so that there is one way to write a
message and every other spelling of it is refused.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

#: The largest integer that every JSON reader keeps exact (RFC 7493, section 2.2).
LARGEST = 2**53 - 1

Check = Callable[[object], bool]
Shape = Mapping[str, Check]


class HandoffError(Exception):
    """Something about a card's handoff was refused. The message holds no personal data."""


def canonical(value: object) -> bytes:
    """The one encoding of `value`: RFC 8785 (JCS), of text, integers, lists, objects, null.

    Raises HandoffError for floats, booleans, integers past 2^53 - 1 and names that are not ASCII
    (ASCII names sort the same by code point, as Python does, and by UTF-16, as JCS asks).
    """
    _check_value(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise HandoffError("Text in a message is not valid Unicode.") from None


def _check_value(value: object) -> None:
    if type(value) is dict:
        for name, member in value.items():
            if type(name) is not str or not name.isascii():
                raise HandoffError("A message has a member whose name is not ASCII text.")
            _check_value(member)
    elif type(value) in (list, tuple):
        for member in value:
            _check_value(member)
    elif type(value) is int:
        if abs(value) > LARGEST:
            raise HandoffError("A message has a number beyond 2^53 - 1.")
    elif value is not None and type(value) is not str:
        raise HandoffError(f"A message may not hold a {type(value).__name__}; write an integer.")


def read_canonical(raw: bytes) -> object:
    """The value that `raw` encodes; raises HandoffError unless `raw` is its canonical encoding.

    Encoding the value again and comparing refuses, in one step, duplicate members, floats,
    spaces, other orders and other escapes.
    """
    try:
        value = json.loads(raw.decode())
        exact = canonical(value) == raw
    except (ValueError, RecursionError):
        raise HandoffError("The message is not JSON in UTF-8.") from None
    if not exact:
        raise HandoffError("The message is JSON, but not in its canonical form.")
    return value


def b64u(raw: bytes) -> str:
    """`raw` as base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64u(text: str) -> bytes:
    """The bytes of unpadded base64url; raises HandoffError for any but the canonical spelling.

    Stray bits after the last byte are refused (RFC 4648, section 3.5), so that no two texts
    stand for the same bytes.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise HandoffError("A part of the message is not base64url.") from None
    if b64u(raw) != text:
        raise HandoffError("A part of the message is base64url, but not in its canonical form.")
    return raw


def pack(raw: bytes, signature: bytes) -> str:
    """The compact text of a signed message: `b64url(raw) "." b64url(signature)`."""
    return f"{b64u(raw)}.{b64u(signature)}"


def unpack(compact: str) -> tuple[bytes, bytes]:
    """The message and the signature of a compact text, neither of them checked yet."""
    raw, dot, signature = compact.partition(".")
    if not dot:
        raise HandoffError("The signed message has no signature.")
    return unb64u(raw), unb64u(signature)


def sign(kind: bytes, members: Mapping[str, object], private_key: Ed25519PrivateKey) -> str:
    """The compact text of `members`, signed with Ed25519 (RFC 8032) over `kind` and the encoding.

    `kind` names the sort of message and its version, such as b"storefront-offer/1" and a zero
    byte, so that a signature on one sort never passes for another.
    """
    raw = canonical(dict(members))
    return pack(raw, private_key.sign(kind + raw))


def open_signed(
    kind: bytes, compact: str, public_key: Ed25519PublicKey, shape: Shape
) -> dict[str, object]:
    """The members of a signed message, its signature checked before anything in it is read.

    Raises HandoffError for a wrong signature, encoding, or set of members.
    """
    raw, signature = unpack(compact)
    try:
        public_key.verify(signature, kind + raw)
    except InvalidSignature:
        raise HandoffError("The signature does not match: not ours, or changed.") from None
    return check_members(read_canonical(raw), shape)


def check_members(value: object, shape: Shape) -> dict[str, object]:
    """`value`, if it is an object with exactly the members of `shape`, each as it should be.

    Names that `shape` does not know are never repeated in the error: they came from outside.
    """
    if not isinstance(value, dict):
        raise HandoffError("The message is not a JSON object.")
    if missing := sorted(shape.keys() - value.keys()):
        raise HandoffError(f"The message lacks {', '.join(missing)}.")
    if value.keys() - shape.keys():
        raise HandoffError("The message has a member it should not have.")
    for name, is_right in shape.items():
        if not is_right(value[name]):
            raise HandoffError(f"The message's {name} is not of the right kind.")
    return value


def text(pattern: str) -> Check:
    """A check for text that matches `pattern` as a whole."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def whole(low: int = 0, high: int = LARGEST) -> Check:
    """A check for an integer from `low` to `high`, both included."""
    return lambda value: type(value) is int and low <= value <= high


def suite_names(value: object) -> bool:
    """Whether `value` lists one to eight different suite names."""
    is_name = text(r"[a-z0-9-]{1,40}")
    return (
        isinstance(value, list)
        and 1 <= len(value) <= 8
        and all(is_name(name) for name in value)
        and len(set(value)) == len(value)
    )


#: Members that more than one message has.
ENV_ID = text(r"[A-Za-z0-9_-]{21}[AQgw]")  # 128 bits: the last character carries only two of them
ORDER = text(r"[A-Z0-9-]{1,32}")
KID = text(r"[A-Za-z0-9_-]{8,40}")
B64U = text(r"[A-Za-z0-9_-]+")
CURRENCY = text(r"[A-Z]{3}")


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The Ed25519 public key in the PEM file `path`; raises HandoffError if there is none."""
    return _load(path, load_pem_public_key, Ed25519PublicKey)


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 private key in the PEM file `path`; raises HandoffError if there is none."""
    return _load(path, lambda pem: load_pem_private_key(pem, password=None), Ed25519PrivateKey)


def _load(path, read, kind):
    try:
        key = read(Path(path).read_bytes())
    except FileNotFoundError:
        raise HandoffError(f"{path} is missing; run bin/run, or `vault init`.") from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, kind):
        raise HandoffError(f"{path} holds no {kind.__name__} in PEM; restore it from a backup.")
    return key
