"""Signs mail with the shop's own DKIM key (RFC 6376), where there is one."""

import base64
from pathlib import Path
from typing import NamedTuple

from storefront.config import Settings, write_private

BITS = 2048  # what every receiver checks; Ed25519 (RFC 8463) is not checked by all
SELECTOR = "shop"
IN_ONE_STRING = 255  # bytes of a TXT record (RFC 1035, 3.3.14)
# Named twice where a second one must not be added on the way.
SIGNED = (
    *("from", "from", "to", "subject", "subject", "date", "message-id", "mime-version"),
    *("content-type", "auto-submitted", "list-id", "list-archive"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)


def path_of(settings: Settings) -> Path:
    """Where the key lies, if the shop has one."""
    return settings.keys / "dkim.key"


class Signer(NamedTuple):
    """What is signed with: `selector` and `domain` say where in the DNS the public key stands."""

    key: bytes
    selector: str
    domain: str

    @classmethod
    def of(cls, settings: Settings) -> "Signer | None":
        """The shop's own; None where no key was made."""
        path = path_of(settings)
        if not path.exists():
            return None
        own = settings.shop["mail_from"].rpartition("@")[2]
        named = settings.shop.get("dkim_selector") or SELECTOR
        return cls(path.read_bytes(), named, settings.shop.get("dkim_domain") or own)

    def signed(self, raw: bytes) -> bytes:
        """The mail, whose lines end in CRLF, with the signature in front."""
        import dkim  # the sender alone needs it; see `sparing`

        there = {line.partition(b":")[0].lower() for line in _head(raw)}
        header = dkim.sign(
            raw,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in SIGNED if name.encode() in there],
        )
        return header + raw

    def record(self) -> tuple[str, str]:
        """The name and the text of the TXT record by which others check."""
        from cryptography.hazmat.primitives import serialization as form

        public = form.load_pem_private_key(self.key, None).public_key()
        der = public.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
        told = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
        return f"{self.selector}._domainkey.{self.domain}.", told


def _head(raw: bytes) -> list[bytes]:
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return [line for line in lines if line[:1] not in b" \t"]


def make(settings: Settings) -> bool:
    """Make the key where there is none; whether it was made."""
    if path_of(settings).exists():
        return False
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()
    write_private(path_of(settings), pem)
    return True


def zone_lines(name: str, told: str) -> str:
    """The record as a line of a zone file, in strings that are short enough."""
    some = [told[n : n + IN_ONE_STRING] for n in range(0, len(told), IN_ONE_STRING)]
    return f"{name} 3600 IN TXT ( {' '.join(chr(34) + each + chr(34) for each in some)} )"
