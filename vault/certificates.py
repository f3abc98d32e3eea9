"""Self-signed certificates for the line: each is its own trust anchor, pinned by the other end."""

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=730)
RENEW_BEFORE = timedelta(days=60)

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key for one end of the line: ECDSA on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def self_signed(
    name: str, usage: x509.ObjectIdentifier, key: ec.EllipticCurvePrivateKey, now: int
) -> bytes:
    """A certificate in PEM for `key`, valid from an hour before `now` for two years.

    Its extensions are those that OpenSSL's strict checking asks for (RFC 5280, section 4.2). It
    is no certificate authority, so nothing it could sign would be believed.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.fromtimestamp(now, UTC) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + VALID_FOR)
    )
    for extension, critical in _extensions(usage, key.public_key()):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _extensions(usage, public_key):
    here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_only_signs_handshakes(), True),
        (x509.ExtendedKeyUsage([usage]), False),
        (x509.SubjectAlternativeName(here), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key), False),
    ]


def _only_signs_handshakes() -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(digital_signature=True, **dict.fromkeys(others, False))


def runs_out(certificate_pem: bytes, now: int) -> bool:
    """Whether the certificate is valid for less than 60 days from `now`, or not yet."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    moment = datetime.fromtimestamp(now, UTC)
    return (
        certificate.not_valid_after_utc < moment + RENEW_BEFORE
        or certificate.not_valid_before_utc > moment
    )
