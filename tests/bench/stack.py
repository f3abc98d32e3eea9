"""The whole shop for a measurement: shop, payment page, vault and worker, on a copy of an instance.

On a copy, because orders are placed in it, and the next run is to find the same stock.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from storefront import programs
from storefront.config import Settings
from storefront.db import database, open_database
from tests.bench import servers, shops, wire
from tests.bench.servers import Server
from tests.bench.shops import FORM, Scene
from tests.journey import ANN, hidden_in, order_path


@dataclass(frozen=True)
class Stack:
    """The running programs, and what a visitor may ask the shop for."""

    programs: dict[str, Server]
    scene: Scene

    @property
    def shop(self) -> str:
        """The shop's origin."""
        return self.programs["shop"].origin


@contextmanager
def running(settings: Settings) -> Iterator[Stack]:
    """Starts all four, one worker and one thread each, and ends them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        instance = Path(folder) / "instance"
        shops.leave()
        shutil.copytree(settings.instance, instance)
        database.initialize(open_database(f"sqlite:///{instance / 'shop.sqlite'}"))
        with database.connection_context():
            goods = shops.goods()
        shops.leave()
        with servers.running(_started(instance)) as started:
            origin = started["shop"].origin
            yield Stack(started, shops.scene(lambda *what: wire.ask(origin, *what), goods))


def _started(instance: Path) -> dict[str, Server]:
    # The shop is visited as localhost and the payment page as 127.0.0.1, as bin/run has it.
    place = programs.Place(_three_ports(), instance)
    environ = place.environ(servers.environ())
    vault = servers.Server(programs.vault(place, environ), place.vault)
    page = servers.web(
        "payment page", "storefront.handoff.payment_page:app", place.port + 1, environ
    )
    page.origin = place.payment
    return {
        "shop": servers.web("shop", "wsgi:app", place.port, environ),
        "payment page": page,
        "vault": vault,
        "worker": servers.Server(programs.worker(place, environ), ""),
    }


def _three_ports() -> int:
    first = servers.FIRST_PORT
    while programs.why_ports_are_refused(first):
        first += 3
    return first


def place_order(shop: str, cart: Mapping[str, str]) -> tuple[str, str]:
    """Orders what is in the cart; gives the order's path and its payment page's address."""
    page = wire.ask(shop, "/checkout", "GET", cart).body.decode()
    form = urlencode(ANN | hidden_in(page)).encode()
    answer = wire.ask(shop, "/checkout", "POST", {**FORM, **cart}, form)
    address = answer.header("location")
    if answer.status != 303 or not address:
        raise RuntimeError(f"no order could be placed: status {answer.status}")
    return order_path(address), address


def path_of(address: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(address)
    return f"{parts.path or '/'}?{parts.query}"
