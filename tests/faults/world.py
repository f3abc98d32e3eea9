"""The whole way of a card in one process: browser, shop, payment page, line, vault, desk.

Only the clock and the acquirer stand in for something; what goes wrong is put between them.
"""

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from storefront.handoff.envelope import (
    Envelope,
    ManifestFile,
    Offer,
    load_private_key,
    load_public_key,
)
from storefront.handoff.seal import check_card, seal_hybrid
from storefront.models import Order
from tests.desks import desk_keys
from tests.journey import order_path, pay, place_order
from vault.acquirer import Sandbox, Silent
from vault.bundle import statement_file
from vault.desk import Desk
from vault.intake import Vault
from vault.serve import VaultServer

VISA, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"


class FaultyVault(Vault):
    """A vault to which something happens: `before` and `after` are called around each put, with
    its answer, and may raise, wait, or give another answer."""

    before: Callable = staticmethod(lambda: None)
    after: Callable = staticmethod(lambda answer: answer)

    def put(self, raw):
        self.before()
        return self.after(super().put(raw))


class CountingSandbox(Sandbox):
    """Counts how often money moves for each key, as the acquirer's own books would show."""

    def __init__(self, path: Path):
        super().__init__(path)
        self.moved: dict[str, int] = {}
        self.silent = ""

    def charge(self, card, amount, key):
        if self.silent == "before":
            raise Silent("nothing came of it")
        known = self.find(key)
        verdict = super().charge(card, amount, key)
        if verdict.moved and not known:
            self.moved[key] = self.moved.get(key, 0) + 1
        if self.silent == "after":
            raise Silent("it charged, and the answer was lost")
        return verdict


@dataclass
class World:
    """Everything that a test may look at or break."""

    client: object
    payment_page: object
    payments: object
    vault: FaultyVault
    instance: Path
    variant: object
    clock: Callable
    desk_folder: Path
    sandbox: CountingSandbox
    desks: list = field(default_factory=list)

    def place(self) -> str:
        """Places an order; the address of its payment page."""
        return place_order(self.client, self.variant, 1)

    def pay(self, address: str, number: str = VISA):
        """Sends the card; the payment page's answer, or that to asking for the form."""
        parts = urlsplit(address)
        base = f"{parts.scheme}://{parts.netloc}"
        form = self.payment_page.get(f"/?{parts.query}", base_url=base)
        if form.status_code != 200:
            return form
        return pay(self.payment_page, address, {"cc-number": number, "cc-exp": "12/39"})

    def home(self, back) -> str:
        """Follows the payment page back to the shop; the state that the order's page shows."""
        parts = urlsplit(back.headers["Location"])
        return self._state(self.client.get(f"{parts.path}?{parts.query}", follow_redirects=True))

    def look(self, address: str) -> str:
        """Opens the order's page; the state it shows."""
        return self._state(self.client.get(order_path(address), follow_redirects=True))

    @staticmethod
    def _state(answer) -> str:
        return answer.text.partition('data-state="')[2].partition('"')[0]

    def pay_again(self, address: str) -> str:
        """Chooses to pay on the order's page; the address it leads to."""
        return self.client.post(f"{order_path(address)}/payment").headers["Location"]

    def desk(self) -> Desk:
        """Somebody sits down at the desk."""
        self.desks.append(Desk(desk_keys(self.instance), self.sandbox))
        return self.desks[-1]

    def work_off(self, carry=True, desk=None):
        """A bundle to the desk, every card charged, the statements carried home."""
        desk = desk or self.desk()
        raw = self.vault.bundle()
        if raw is None:
            return None
        work = desk.take(raw)
        for waiting in work.waiting:
            desk.charge(waiting)
        if carry:
            self.carry(desk, work)
        return work

    def carry(self, desk, work) -> None:
        """The statements, carried to the vault and fetched by the shop."""
        assert self.vault.take_statements(statement_file(desk.statements(work))).status == 200
        self.payments.hear_all(self.clock())

    def held(self, order: Order) -> bool:
        """Whether the vault really holds a card for the order."""
        row = self.vault.store.connection.execute(
            'SELECT count(*) FROM envelopes WHERE "order" = ? AND sealed IS NOT NULL',
            (order.number,),
        ).fetchone()
        return row[0] == 1

    def sealed(self, compact: str, number: str = VISA) -> Envelope:
        """What the payment page makes of a card for an offer."""
        shop = load_private_key(self.instance / "keys/shop.key").public_key()
        root = load_public_key(self.instance / "keys/root.pub")
        offer = Offer.verify(compact, shop)
        epoch = ManifestFile(self.instance / "keys/manifest", root).current().epoch(offer.kid)
        card = check_card(number, "12/39", int(time.time()))
        sealed = seal_hybrid(card, offer.raw, epoch)
        return Envelope.around(
            sealed, compact_offer=compact, kid=offer.kid, suite="mlkem768-x25519"
        )


class Serving:
    """A vault of this test's own, on a port that stays the same when it is stopped and started."""

    def __init__(self, made: Path, folder: Path):
        shutil.copytree(made / "vault", folder, ignore=shutil.ignore_patterns("store*"))
        self.folder, self.vault = folder, FaultyVault(folder)
        self.server_address = ("127.0.0.1", 0)
        self.start()

    def start(self) -> None:
        """Listens."""
        self._server = VaultServer(self.server_address, self.vault, self.folder)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.server_address = self._server.server_address[:2]
        options = {"poll_interval": 0.02}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=options)
        self._thread.start()

    def stop(self) -> None:
        """Nobody listens: the port refuses."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def nobody_listens(serving: Serving):
    """The vault is down for as long as the block runs."""
    serving.stop()
    try:
        yield
    finally:
        serving.start()
