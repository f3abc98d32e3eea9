"""An authenticator made of software, which signs whatever a test has it say."""

import hashlib
import json

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url as written

from storefront.models import Account, Passkey, Staff

PRESENT, VERIFIED = 1, 4  # flags: somebody touched it; it saw a finger or a PIN


class Authenticator:
    """A device with one passkey, which the shop at `origin` has taken for somebody of staff.

    With `kept`, a table of others' passkeys, `who` is one of those.
    """

    def __init__(
        self, who: Staff | Account, origin: str, at, kept=Passkey, credential="c29mdHdhcmU"
    ) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.origin, self.uses = origin, 7
        numbers = self._key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        self.passkey = kept.create(
            **{"staff" if kept is Passkey else "account": who},
            name="Software",
            credential=credential,
            public_key=written(cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})),
            uses=self.uses,
            made_at=at,
            used_at=at,
        )

    def answer(
        self,
        challenge: str,
        origin: str = "",
        domain: str = "localhost",
        flags: int = PRESENT | VERIFIED,
        kind: str = "webauthn.get",
        uses: int | None = None,
    ) -> str:
        """What a browser sends back, signed: WebAuthn level 3, 6.1 and 7.2."""
        self.uses = self.uses + 1 if uses is None else uses
        client = {"type": kind, "challenge": challenge, "origin": origin or self.origin}
        said = json.dumps(client).encode()
        seen = hashlib.sha256(domain.encode()).digest() + bytes([flags])
        seen += self.uses.to_bytes(4, "big")
        signature = self._key.sign(seen + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": seen, "signature": signature}
        response = {name: written(part) for name, part in parts.items()}
        name = self.passkey.credential
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
