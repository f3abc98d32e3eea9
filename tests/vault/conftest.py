"""A vault as it runs: keys made by `init`, real sockets, real TLS, on a free port."""

import dataclasses
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from itertools import count

import pytest

from storefront.handoff.envelope import (
    Envelope,
    Instruction,
    ManifestFile,
    Statement,
    canonical,
    load_private_key,
    load_public_key,
)
from storefront.handoff.line import Line
from storefront.handoff.offer import Offer
from storefront.handoff.seal import check_card, seal_hybrid
from tests.copies import Copies
from tests.desks import CHEAP, desk_keys
from vault import keys, lock
from vault.acquirer import Sandbox
from vault.bundle import statement_file
from vault.desk import Desk
from vault.intake import Vault
from vault.serve import VaultServer

PAGE = "http://127.0.0.1:8001"


@pytest.fixture(autouse=True)
def cheap_locks(monkeypatch):
    """A passphrase takes half a second otherwise, as often as one is typed."""
    monkeypatch.setattr(lock, "COST", CHEAP)


@pytest.fixture(scope="session")
def made_instance(tmp_path_factory) -> Copies:
    path = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "COST", CHEAP)
        keys.init(path, int(time.time()))
    return Copies(path)


@pytest.fixture
def instance(made_instance, tmp_path):
    return made_instance.lay(tmp_path / "instance")


@pytest.fixture
def now():
    return int(time.time())


@pytest.fixture
def make_envelope(instance, now):
    """Seals a test card: `make_envelope(order=…, attempt=…)`; returns the envelope."""
    folder = instance / "keys"
    shop_key = load_private_key(folder / "shop.key")
    manifest = ManifestFile(folder / "manifest", load_public_key(folder / "root.pub")).current()

    def make(
        order="K7M2-9QXD",
        attempt=1,
        signed_by=shop_key,
        issued=now,
        number="4242 4242 4242 4242",
        spoilt=False,
        **changes,
    ):
        card = check_card(number, "12/39", now)
        epoch = manifest.epoch_at(now)
        terms = {"amount_minor": 1999, "currency": "USD", "policy_version": 1}
        offer = Offer.issue(
            aud=PAGE, order=order, attempt=attempt, epoch=epoch, now=issued, **terms
        )
        offer = dataclasses.replace(offer, **changes)
        sealed = seal_hybrid(card, offer.raw, epoch)
        if spoilt:
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
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


@pytest.fixture
def vault(instance):
    """The vault itself, without its listeners."""
    vault = Vault(instance / "vault")
    yield vault
    vault.close()


@pytest.fixture
def sandbox(instance):
    sandbox = Sandbox(instance / "desk/sandbox.sqlite")
    yield sandbox
    sandbox.close()


@pytest.fixture
def make_desk(instance):
    """A desk with an acquirer, as often as one sits down at it; closed at the end."""
    made = []

    def make(acquirer, clock=time.time) -> Desk:
        made.append(Desk(desk_keys(instance), acquirer, clock))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def desk(make_desk, sandbox):
    return make_desk(sandbox)


@pytest.fixture
def work_off(vault, desk):
    """Carries a bundle to the desk, has it worked off, and its statements carried back."""

    def work_off(bring_home=True):
        work = desk.take(vault.bundle())
        rows = [desk.charge(waiting) for waiting in work.waiting]
        for told in work.refunds:
            desk.refund(told)
        if bring_home:
            answer = vault.take_statements(statement_file(desk.statements(work)))
            assert answer.status == 200, answer
        return rows

    return work_off


@pytest.fixture
def instruct(vault, instance):
    """An instruction of the shop, as it comes down the line; the vault's answer."""
    shop_key = load_private_key(instance / "keys/shop.key")
    numbers = count(1)

    def instruct(what, order="K7M2-9QXD", amount=1999, seq=None, line=None):
        told = Instruction(what, order, line, amount, "USD", seq or next(numbers))
        return vault.put_instruction(canonical({"instruction": told.sign(shop_key)}))

    return instruct


@pytest.fixture
def states(vault):
    """What the vault says of each envelope: order, attempt, state, and whether bytes are left."""
    query = 'SELECT "order", attempt, state, sealed IS NOT NULL FROM envelopes ORDER BY vault_seq'
    return lambda: vault.store.connection.execute(query).fetchall()


@pytest.fixture
def told(vault, instance):
    """The statements that the vault has, verified: order and outcome of each."""
    desk_key = load_public_key(instance / "vault/desk.pub")

    def told():
        rows = vault.statements_after(0).members["statements"]
        every = [Statement.verify(compact, desk_key) for _, compact in rows]
        return [(each.order, each.outcome) for each in every]

    return told
