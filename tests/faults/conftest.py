"""A world for each test, with a vault of its own to break; sizes; the acquirer's own books."""

import os
import subprocess

import pytest

from storefront import programs
from storefront.handoff.payment_page import create_payment_page
from storefront.handoff.payment_settings import Settings as PaymentSettings
from storefront.models import Variant
from tests.faults.dying import Waiting
from tests.faults.world import CountingSandbox, Serving, World
from tests.mail_server import Server


@pytest.fixture
def size():
    """`size(small, full)`: how often; `bin/test --faults` asks for the full size."""
    return lambda small, full: full if os.environ.get("FAULTS") == "full" else small


@pytest.fixture
def vault_server(made, tmp_path):
    """In place of the session's vault: one that this test may break."""
    serving = Serving(made.instance, tmp_path / "vault")
    yield serving
    serving.stop()
    serving.vault.close()


@pytest.fixture
def payment_page(settings):
    """The real payment page, without its limits: these shoppers come in hundreds."""
    page = create_payment_page(
        PaymentSettings(
            folder=settings.instance / "payment",
            shop_origin=settings.shop_origin,
            payment_origin=settings.payment_origin,
            vault=settings.vault_address,
            limits=False,
        )
    )
    return page.test_client()


@pytest.fixture
def world(app, client, payment_page, settings, vault_server, plenty, clock, tmp_path):
    Variant.update(stock=100_000, tracked=True).where(Variant.id == plenty.id).execute()
    sandbox = CountingSandbox(tmp_path / "sandbox.sqlite")
    line = payment_page.application.till._line
    line.connect_timeout, line.answer_timeout = 0.5, 0.5
    world = World(
        client=client,
        payment_page=payment_page,
        payments=app.extensions["payments"],
        vault=vault_server.vault,
        instance=settings.instance,
        variant=plenty,
        clock=clock,
        desk_folder=settings.instance / "desk",
        sandbox=sandbox,
    )
    yield world
    for desk in world.desks:
        desk.close()
    sandbox.close()


@pytest.fixture
def inbox():
    return Waiting()


@pytest.fixture
def server(inbox):
    server = Server(inbox)
    server.start()
    yield server
    inbox.go_on.set()
    server.stop()


@pytest.fixture
def work(settings, server):
    """Starts a worker; all that were started are ended after the test."""
    started = []
    environ = {
        **os.environ,
        "STOREFRONT_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "STOREFRONT_VAULT": settings.vault_address,
        "MAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }

    def start() -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [programs.script("storefront"), "worker"]
        started.append(subprocess.Popen(command, env=environ, **quiet))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
