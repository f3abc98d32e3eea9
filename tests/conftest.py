"""A shop for each test: its own folder, its own database, its own clock.

DATABASE_URL of a PostgreSQL server (see tests/postgres.py) has every test keep its data there, in
a database copied from one that was set up once; without it, in a copied SQLite file.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storefront import gate, view_counts
from storefront import setup as set_up
from storefront.app import create_app
from storefront.assets import Assets
from storefront.commands import cli
from storefront.config import Settings, read_settings
from storefront.db import database, open_database
from storefront.handoff.payment_page import create_payment_page
from storefront.handoff.payment_settings import Settings as PaymentSettings
from storefront.models import Product
from tests.copies import Copies
from tests.databases import (
    SERVER,
    copied_database,
    drop,
    new_postgresql,
    postgresql,
    using_database,
)
from tests.mail_server import Inbox, Server
from tests.once import make_once
from tests.rendered import Rendered
from vault.intake import Vault
from vault.serve import VaultServer

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_addoption(parser) -> None:
    """For the second run of all tests, on the other database."""
    words = "leave out what asks no database, or the same of it once more"
    parser.addoption("--of-a-database", action="store_true", help=words)


def pytest_collection_modifyitems(config, items) -> None:
    """What asks for no shop comes to the same on either database, and who asks for fragments has
    asked it for the same as who asks for pages.
    """
    if config.getoption("--of-a-database"):
        of_a_shop = (item for item in items if {"settings", "made"} & set(item.fixturenames))
        items[:] = [item for item in of_a_shop if not _asks_for_fragments(item)]


def _asks_for_fragments(item) -> bool:
    given = getattr(item, "callspec", None)
    return given is not None and "fragments" in map(str, given.params.values())


def pytest_configure(config) -> None:
    """Before the first test, for templates wherever they are drawn."""
    config.pluginmanager.register(Rendered())
    make_once()


def pytest_collection_finish() -> None:
    """What is there by now stays: looking through it for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real catalogues and policies beside the checkout; those who clone it have none."""
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not here")
    return SHARED / "data"


class Clock:
    """The moment a test says it is; starts now, because the vault knows only the real time."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **period: float) -> None:
        self.moment += timedelta(**period)


def _quiet(_line: str) -> None:
    pass


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Iterator[Settings]:
    """An instance set up once, with the demo; tests get copies."""
    folder = tmp_path_factory.mktemp("made")
    url = new_postgresql() if SERVER else f"sqlite:///{folder / 'shop.sqlite'}"
    environ = {"STOREFRONT_INSTANCE": str(folder), "DATABASE_URL": url}
    settings = set_up.make_files(read_settings(environ), "USD", _quiet)
    with using_database(url):
        moment = datetime.now(UTC)
        set_up.upgrade_schema(settings, moment, _quiet)
        set_up.open_shop(settings, moment, True, _quiet)
    Assets(settings.instance / "static")  # pressing them takes longer than many a test
    yield settings
    if SERVER:
        postgresql().close()


@pytest.fixture(scope="session")
def copied(made):
    """`with copied(folder) as url:` one more instance, whose database is gone afterwards."""
    files = Copies(made.instance, without="*.sqlite*")

    @contextmanager
    def copied(folder: Path) -> Iterator[str]:
        files.lay(folder)
        url = copied_database(made, folder)
        try:
            yield url
        finally:
            drop(url)

    return copied


@pytest.fixture
def settings(made, copied, tmp_path, vault_server) -> Iterator[Settings]:
    """Settings of this test's own shop, whose database is open."""
    instance = tmp_path / "instance"
    host, port = vault_server.server_address[:2]
    with copied(instance) as url, using_database(url):
        yield replace(
            made,
            instance=instance,
            database_url=url,
            mail_url=f"maildir://{instance / 'mail'}",
            vault_address=f"{host}:{port}",
            limits=False,
        )


@pytest.fixture(autouse=True)
def no_views_noted():
    """What one test's widgets were asked for is not written down in another's shop."""
    yield
    view_counts._notes.clear()
    view_counts._issues.clear()


@pytest.fixture(scope="session")
def vault_server(made):
    """A real vault on a free port, with the keys of `made`, which all copies share."""
    vault = Vault(made.instance / "vault")
    server = VaultServer(("127.0.0.1", 0), vault, made.instance / "vault")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    vault.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(settings, clock):
    app = create_app(settings, clock)
    yield app
    gate.open_again()


@pytest.fixture
def client(app):
    """A browser without JavaScript, as far as a test client can be one."""
    return app.test_client()


class Visitor:
    """A visitor who asks for pages, or through htmx for fragments: the same calls either way."""

    def __init__(self, client, fragments: bool) -> None:
        self.client, self.fragments = client, fragments
        self.headers = {"HX-Request": "true"} if fragments else {}

    def get(self, url: str, **options):
        return self.client.get(url, headers=self.headers, **options)

    def post(self, url: str, data: dict, **options):
        return self.client.post(url, data=data, headers=self.headers, **options)

    def cart(self) -> str:
        """The cart's own page, whichever way it was filled."""
        return self.client.get("/cart").text


@pytest.fixture(params=["pages", "fragments"])
def visitor(request, client) -> Visitor:
    return Visitor(client, request.param == "fragments")


@pytest.fixture
def payment_page(settings):
    """The real payment page, in this process, on the real line to the real vault."""
    page = create_payment_page(
        PaymentSettings(
            folder=settings.instance / "payment",
            shop_origin=settings.shop_origin,
            payment_origin=settings.payment_origin,
            vault=settings.vault_address,
        )
    )
    return page.test_client()


@pytest.fixture
def runner(settings, monkeypatch):
    """Runs a step of the `storefront` command on this test's shop."""
    from click.testing import CliRunner

    monkeypatch.setenv("STOREFRONT_INSTANCE", str(settings.instance))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MAIL_URL", settings.mail_url)
    monkeypatch.setenv("STOREFRONT_VAULT", settings.vault_address)

    def run(*arguments: str, given: bytes | None = None):
        database.close_all()
        result = CliRunner().invoke(cli, [str(a) for a in arguments], input=given)
        database.initialize(open_database(settings.database_url))
        database.connect(reuse_if_open=True)
        return result

    return run


@pytest.fixture
def serving():
    """Start a mail server: `serving(inbox, …)` gives its port."""
    servers = []

    def start(inbox: Inbox, **options) -> int:
        servers.append(Server(inbox, **options))
        servers[-1].start()
        return servers[-1].port

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def shirt(settings) -> Product:
    """A product of the demo with sizes and colours, some sold out."""
    return Product.get(Product.handle == "second-day-merino-t-shirt")


@pytest.fixture
def plenty(shirt):
    """A variant of it with stock to spare."""
    return next(variant for variant in shirt.in_order() if (variant.left or 0) >= 3)
