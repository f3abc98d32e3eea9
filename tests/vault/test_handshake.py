"""Before a request: who is let in, and that nobody else has a byte read."""

import contextlib
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from storefront.handoff.envelope import HandoffError
from storefront.handoff.line import Line, LineDown
from vault import certificates, serve, tls

REQUEST = b"PUT /envelopes HTTP/1.1\r\nHost: vault\r\nContent-Length: 2\r\n\r\n{}"
# The alert of the handshake, or a reset when what was sent after it was never read.
TURNED_AWAY = (ssl.SSLError, ConnectionError)


@pytest.fixture
def requests_read(monkeypatch):
    """Counts the objects that read requests: none is made, no byte of a request is read."""
    made = []
    real = serve.VaultRequest.__init__

    def counted(self, *arguments, role):
        made.append(role)
        real(self, *arguments, role=role)

    monkeypatch.setattr(serve.VaultRequest, "__init__", counted)
    return made


@pytest.fixture
def stranger(tmp_path, now):
    """A folder with a line of its own that nobody has pinned."""

    def make(made_at=now):
        key = certificates.new_key()
        folder = tmp_path / "stranger"
        folder.mkdir(exist_ok=True)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "line.key").write_bytes(pem)
        certificate = certificates.self_signed("x", certificates.CLIENT, key, made_at)
        (folder / "line.pem").write_bytes(certificate)
        return folder

    return make


def test_a_client_with_a_pinned_certificate_is_read(
    served, instance, client_context, requests_read, say
):
    request = REQUEST.replace(b"Host", b"Connection: close\r\nHost")
    answer = say(served.address, client_context(instance / "payment"), request)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert requests_read == ["payment"]


def test_a_client_with_a_wrong_certificate_gets_no_byte_read(
    served, client_context, stranger, requests_read, say
):
    with pytest.raises(TURNED_AWAY):
        say(served.address, client_context(stranger()), REQUEST)
    assert requests_read == []


def test_a_client_without_a_certificate_gets_no_byte_read(
    served, client_context, requests_read, say
):
    with pytest.raises(TURNED_AWAY):
        say(served.address, client_context(), REQUEST)
    assert requests_read == []


def test_a_client_with_a_pinned_but_expired_certificate_gets_no_byte_read(
    instance, now, client_context, stranger, requests_read, say, serving
):
    folder = stranger(made_at=now - 3 * 365 * 86400)
    pin = (folder / "line.pem").read_bytes()
    (instance / "vault/payment-line.pem").write_bytes(pin)
    with serving(instance) as server, pytest.raises(TURNED_AWAY):
        say(server.server_address[:2], client_context(folder), REQUEST)
    assert requests_read == []


def test_the_certificate_of_one_pinned_client_signs_no_other(
    served, instance, now, client_context, tmp_path, requests_read, say
):
    """A pinned certificate is no authority: what its key signs is not believed."""
    signer = load_pem_private_key((instance / "payment/line.key").read_bytes(), None)
    issuer = x509.load_pem_x509_certificate((instance / "payment/line.pem").read_bytes())
    key = certificates.new_key()
    own = x509.load_pem_x509_certificate(
        certificates.self_signed("x", certificates.CLIENT, key, now)
    )
    forged = (
        x509.CertificateBuilder(issuer.subject, own.subject, key.public_key(), own.serial_number)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
        .sign(signer, hashes.SHA256())
    )
    (tmp_path / "line.pem").write_bytes(forged.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "line.key").write_bytes(pem)
    with pytest.raises(TURNED_AWAY):
        say(served.address, client_context(tmp_path), REQUEST)
    assert requests_read == []


def test_plain_http_gets_no_byte_read(served, requests_read):
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(REQUEST)
        with contextlib.suppress(ConnectionError):
            assert not raw.recv(4096).startswith(b"HTTP")
    assert requests_read == []


def test_tls_1_2_gets_no_byte_read(served, instance, client_context, requests_read, say):
    context = client_context(instance / "payment")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(TURNED_AWAY):
        say(served.address, context, REQUEST)
    assert requests_read == []


def test_a_client_that_says_nothing_holds_up_nobody_else(served, payment_line, make_envelope):
    with socket.create_connection(served.address), socket.create_connection(served.address):
        assert payment_line.put_envelope(make_envelope().to_bytes())


def test_a_handshake_that_drips_is_cut_off_at_its_deadline(served, monkeypatch, requests_read):
    monkeypatch.setattr(tls, "HANDSHAKE_SECONDS", 0.2)
    with (
        socket.create_connection(served.address, timeout=10) as raw,
        contextlib.suppress(ConnectionError),
    ):
        for byte in b"\x16\x03\x01\x02\x00\x01":
            raw.sendall(bytes([byte]))
            time.sleep(0.05)
        assert raw.recv(1) == b""
    assert requests_read == []


def test_the_page_hangs_up_on_a_vault_it_does_not_know(served, instance, stranger, make_envelope):
    impostor = (stranger() / "line.pem").read_bytes()
    (instance / "payment/vault-line.pem").write_bytes(impostor)
    line = Line("{}:{}".format(*served.address), instance / "payment")
    with pytest.raises(LineDown, match="cannot be reached"):
        line.put_envelope(make_envelope().to_bytes())


def test_a_vault_without_its_clients_certificates_does_not_start(instance, serving):
    (instance / "vault/shop-line.pem").unlink()
    with pytest.raises(HandoffError, match="run `vault init`"), serving(instance):
        pass
