"""The ways to seal a card, by name, and the shapes of their keys.

Both are HPKE (RFC 9180) in base mode with HKDF-SHA256 and AES-256-GCM; they differ in the KEM.
The hybrid's keys are X-Wing's (draft-connolly-cfrg-xwing-kem, section 5; the KEM 0x647a of
draft-ietf-hpke-pq): a private key is a 32-byte seed, a public key 1184 bytes of ML-KEM-768
followed by 32 bytes of X25519.
"""

import hashlib
import secrets

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

#: KEM 0x647a: sealed on the server.
HYBRID = "mlkem768-x25519"
#: KEM 0x0020: for sealing in the browser, whose WebCrypto knows X25519.
X25519 = "x25519"
#: Every suite of an epoch, the preferred one first.
SUITES = (HYBRID, X25519)

MLKEM_PUBLIC_BYTES = 1184
PUBLIC_BYTES = {HYBRID: MLKEM_PUBLIC_BYTES + 32, X25519: 32}

#: What a KEM puts before the ciphertext, in bytes.
ENC_BYTES = {HYBRID: 1088 + 32, X25519: 32}

HPKE = {
    HYBRID: Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
    X25519: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
}


def new_private_halves() -> dict[str, bytes]:
    """Independent random private keys, 32 bytes for each suite."""
    return {suite: secrets.token_bytes(32) for suite in SUITES}


def public_halves(private: dict[str, bytes]) -> dict[str, bytes]:
    """The public keys that belong to `private`, as each suite writes them."""
    mlkem, x25519 = _expand(private[HYBRID])
    plain = X25519PrivateKey.from_private_bytes(private[X25519])
    return {
        HYBRID: mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw(),
        X25519: plain.public_key().public_bytes_raw(),
    }


def public_key(suite: str, raw: bytes) -> MLKEM768X25519PublicKey | X25519PublicKey:
    """The public key of a suite, written as 1216 bytes (hybrid) or 32 (X25519)."""
    return (X25519PublicKey.from_public_bytes if suite == X25519 else hybrid_public_key)(raw)


def hybrid_public_key(raw: bytes) -> MLKEM768X25519PublicKey:
    """The hybrid public key written as 1216 bytes."""
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_BYTES:]),
    )


def hybrid_private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """The hybrid private key written as a 32-byte seed."""
    return MLKEM768X25519PrivateKey(*_expand(seed))


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """X-Wing's expandDecapsulationKey: SHAKE-256 of the seed, 64 bytes and 32."""
    stream = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(stream[:64]),
        X25519PrivateKey.from_private_bytes(stream[64:]),
    )
