"""A vault as it runs: keys made by `init`, real sockets, real TLS, on a free port."""

import dataclasses
import shutil
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest

from storefront.handoff.envelope import Envelope, ManifestFile, load_private_key, load_public_key
from storefront.handoff.line import Line
from storefront.handoff.offer import Offer
from storefront.handoff.seal import check_card, seal_hybrid
from vault import keys
from vault.intake import Vault
from vault.serve import VaultServer

PAGE = "http://127.0.0.1:8001"


@pytest.fixture(scope="session")
def made_instance(tmp_path_factory):
    path = tmp_path_factory.mktemp("made")
    keys.init(path, int(time.time()))
    return path


@pytest.fixture
def instance(made_instance, tmp_path):
    return shutil.copytree(made_instance, tmp_path / "instance")


@pytest.fixture
def now():
    return int(time.time())


@pytest.fixture
def make_envelope(instance, now):
    """Seals a test card: `make_envelope(order=…, attempt=…)`; returns the envelope."""
    folder = instance / "keys"
    shop_key = load_private_key(folder / "shop.key")
    manifest = ManifestFile(folder / "manifest", load_public_key(folder / "root.pub")).current()
    card = check_card("4242 4242 4242 4242", "12/39", now)

    def make(order="K7M2-9QXD", attempt=1, signed_by=shop_key, issued=now, **changes):
        epoch = manifest.epoch_at(now)
        terms = {"amount_minor": 1999, "currency": "USD", "policy_version": 1}
        offer = Offer.issue(
            aud=PAGE, order=order, attempt=attempt, epoch=epoch, now=issued, **terms
        )
        offer = dataclasses.replace(offer, **changes)
        sealed = seal_hybrid(card, offer.raw, epoch)
        signed = offer.sign(signed_by)
        return Envelope.around(sealed, compact_offer=signed, kid=offer.kid, suite="mlkem768-x25519")

    return make


@contextmanager
def serving(instance):
    vault = Vault(instance / "vault")
    server = VaultServer(("127.0.0.1", 0), vault, instance / "vault")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.address = server.server_address[:2]
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        vault.close()


@pytest.fixture(name="serving")
def _serving():
    """`with serving(instance) as server:` for keys that a test has changed before."""
    return serving


@pytest.fixture
def served(instance):
    """The vault, serving in threads of this process; `served.address` is a pair."""
    with serving(instance) as server:
        yield server


@pytest.fixture
def payment_line(instance, served):
    return Line("{}:{}".format(*served.address), instance / "payment")


@pytest.fixture
def shop_line(instance, served):
    return Line("{}:{}".format(*served.address), instance / "keys")


@pytest.fixture
def client_context():
    """A TLS client with the certificate of `folder`, or with none."""

    def make(folder=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if folder is not None:
            context.load_cert_chain(folder / "line.pem", folder / "line.key")
        return context

    return make


@pytest.fixture
def say():
    """Everything that comes back for a request over a raw TLS socket."""

    def say(address, context, request):
        answer = b""
        with (
            socket.create_connection(address, timeout=10) as raw,
            context.wrap_socket(raw) as tls,
        ):
            tls.sendall(request)
            while part := tls.recv(4096):
                answer += part
        return answer

    return say
