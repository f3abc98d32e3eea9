"""Keys as `vault init` makes them, a vault that really serves, and the payment page before it."""

import dataclasses
import hashlib
import re
import threading
import time

import pytest

from storefront.handoff import suites
from storefront.handoff.envelope import ManifestFile, load_private_key, load_public_key
from storefront.handoff.offer import Offer
from storefront.handoff.payment_page import create_payment_page
from storefront.handoff.payment_settings import Settings
from storefront.handoff.seal import INFO
from storefront.handoff.wire import b64u, canonical, unb64u
from tests.copies import Copies
from tests.desks import CHEAP, desk_keys
from tests.opening import open_sealed
from vault import keys, lock
from vault.intake import Vault
from vault.serve import VaultServer

PAGE = "http://127.0.0.1:8001"


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
def shop_key(instance):
    return load_private_key(instance / "keys/shop.key")


@pytest.fixture
def manifest(instance):
    folder = instance / "keys"
    return ManifestFile(folder / "manifest", load_public_key(folder / "root.pub")).current()


@pytest.fixture
def make_offer(manifest, now):
    """An offer as the shop makes it, with `changes` put in afterwards."""

    def make(issued=now, **changes):
        offer = Offer.issue(
            aud=PAGE,
            order="K7M2-9QXD",
            attempt=1,
            amount_minor=123456,
            currency="USD",
            epoch=manifest.epoch_at(now),
            policy_version=3,
            now=issued,
        )
        return dataclasses.replace(offer, **changes)

    return make


@pytest.fixture
def served(instance):
    """The vault, serving in threads of this process; `stop()` takes it away early."""
    vault = Vault(instance / "vault")
    server = VaultServer(("127.0.0.1", 0), vault, instance / "vault")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def stop():
        if thread.is_alive():
            server.shutdown()
            thread.join()
            server.server_close()
            vault.close()

    server.address = "{}:{}".format(*server.server_address[:2])
    server.stop = stop
    yield server
    stop()


@pytest.fixture
def clock(now):
    """The payment page's clock; set `clock[0]` to move it."""
    return [now]


@pytest.fixture
def make_page(instance, served, clock):
    def make(**settings):
        given = {"folder": instance / "payment", "vault": served.address, **settings}
        return create_payment_page(Settings(**given), lambda: clock[0])

    return make


SHOP = "http://localhost:8000"
LINK = "MTIzNDU2.link-_of.an-order"
BACK = f"{SHOP}/orders/{LINK}"


@pytest.fixture
def client(make_page):
    return make_page().test_client()


@pytest.fixture
def offer(make_offer, shop_key):
    """A good offer, signed."""
    return make_offer().sign(shop_key)


@pytest.fixture
def look():
    """Opens the payment page."""

    def look(client, offer, link=LINK, **options):
        query = {"offer": offer, "link": link}
        return client.get("/", query_string=query, base_url=PAGE, **options)

    return look


@pytest.fixture
def pay():
    """Sends the form with a test card, or what is given instead."""

    def pay(client, offer, number="4242 4242 4242 4242", expiry="12/39", extra=None, **options):
        form = {"offer": offer, "link": LINK, "cc-number": number, "cc-exp": expiry}
        return client.post("/", data=form | (extra or {}), base_url=PAGE, **options)

    return pay


@pytest.fixture
def state():
    return lambda answer: re.search(r'<main [^>]*data-state="(\w+)"', answer.text)[1]


@pytest.fixture
def refused(state):
    """Checks for a page without the form that says why not, and where to go."""

    def refused(answer, status, sentence, ways=(BACK,)):
        assert answer.status_code == status
        assert sentence in answer.text
        assert state(answer) == ("unavailable" if status in (500, 503) else "refused")
        assert "cc-number" not in answer.text
        assert all(f'href="{way}"' in answer.text for way in ways)

    return refused


@pytest.fixture
def kept(served):
    """What the vault holds now: signed offers and sealed bytes."""
    statement = "SELECT offer, sealed FROM envelopes"
    return lambda: served.vault.store.connection.execute(statement).fetchall()


@pytest.fixture
def seal_in_page(manifest, now):
    """Seals a card as the page's script does: `sealed`, the field of the form."""

    def seal_in_page(offer, number="4242424242424242", expiry="2039-12"):
        raw = unb64u(offer.split(".")[0])
        digest = b64u(hashlib.sha256(raw).digest())
        members = {"exp": expiry, "offer_sha256": digest, "pan": number}
        key = suites.public_key(suites.X25519, manifest.epoch_at(now).public_keys[suites.X25519])
        hpke = suites.HPKE[suites.X25519]
        return b64u(hpke.encrypt(canonical(members).ljust(128, b"\0"), key, INFO + raw))

    return seal_in_page


@pytest.fixture
def open_as_the_desk(instance, manifest, now):
    """Opens what was sealed to an offer, with the private halves that the desk has."""

    def open_as_the_desk(suite, sealed, offer):
        kid = manifest.epoch_at(now).kid
        private = desk_keys(instance).halves(kid)[suite]
        return open_sealed(suite, sealed, unb64u(offer.split(".")[0]), private)

    return open_as_the_desk
