"""Signs what leaves the shop as JSON, so that whoever holds a copy can tell that it is the shop's.

What is signed is the object's canonical form (RFC 8785, JCS) without its signature: keys in order,
no spaces, UTF-8. Objects hold text, whole numbers, true, false and null, and keys in ASCII: for
those Python's own JSON is canonical, and anybody's is easily made so. Fractions are written as
JavaScript writes them, which is where such formats go wrong, and there are none.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = "testimonials.key"


def make_key(folder: Path, write) -> None:
    """Make the key where there is none; `write(path, text)` writes for the owner alone."""
    if not (folder / FILE).exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write(folder / FILE, pem.decode())


def canonical(facts: dict) -> bytes:
    """The bytes that are signed of an object of text, whole numbers, true, false and null."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


class Signer:
    """Signs with the key in the shop's key folder, which is read when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return serialization.load_pem_private_key(self._path.read_bytes(), None)

    @cached_property
    def public(self) -> bytes:
        """The public key, in PEM (SubjectPublicKeyInfo)."""
        return self._private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def key_id(self) -> str:
        """What names the key: the beginning of the SHA-256 of its DER."""
        der = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(der).hexdigest()[:16]

    def signed(self, facts: dict) -> bytes:
        """The canonical object with `key`, which names the key, and `signature`, in base64url."""
        named = facts | {"key": self.key_id}
        made = self._private.sign(canonical(named))
        return canonical(named | {"signature": urlsafe_b64encode(made).rstrip(b"=").decode()})
