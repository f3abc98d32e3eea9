"""A vault that refuses, hangs, hangs up, signs wrongly, is full, or has the wrong time.

Whatever it does: the shop never says "held" of a card that the vault does not hold, and the
shopper always has a next step.
"""

import dataclasses
import resource
import secrets
import shutil
import subprocess
import time
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront import programs
from storefront.handoff.envelope import Envelope, Offer, b64u, load_private_key
from storefront.handoff.line import Line, LineDown
from storefront.models import Order
from tests.faults.world import nobody_listens
from tests.journey import order_path

SMALL, FULL = 6, 200
ROOT = Path(__file__).resolve().parents[2]


def buy(world) -> None:
    """One purchase, whatever comes of it; checks the two promises."""
    address = world.place()
    answer = world.pay(address)
    if answer.status_code == 303:
        world.home(answer)
    else:
        assert answer.status_code in (410, 503)
        assert order_path(address) in answer.text, "a way back to the order"
    world.look(address)
    order = Order.select().order_by(Order.id.desc()).get()
    if order.state == "card_held":
        assert world.held(order), "never a false held"
    else:
        assert order.state == "awaiting_card"
        assert order.hold_until, "everything is kept for the shopper"


def lose(*_):
    raise ConnectionResetError


def test_a_vault_that_refuses(world, vault_server, size):
    with nobody_listens(vault_server):
        for _ in range(size(SMALL, FULL)):
            buy(world)
    assert {order.state for order in Order.select()} == {"awaiting_card"}


def test_a_vault_that_hangs(world, vault_server, size, monkeypatch):
    """Before it has kept anything, and after: both longer than anyone waits for it."""
    world.payment_page.application.till._line.answer_timeout = 0.05
    world.payments._line.answer_timeout = 0.05
    hang = [lambda *_: time.sleep(0.15), lambda answer: time.sleep(0.15) or answer]
    for number in range(size(SMALL, FULL)):
        world.vault.before = hang[0] if number % 2 else lambda: None
        world.vault.after = hang[1] if not number % 2 else lambda answer: answer
        buy(world)


def test_a_vault_that_hangs_up_after_it_has_kept_the_card(world, size):
    world.vault.after = lose
    for _ in range(size(SMALL, FULL)):
        buy(world)
    assert {order.state for order in Order.select()} == {"card_held"}, "reloading found them all"


def test_a_vault_that_hangs_up_before_it_has_kept_anything(world, size):
    world.vault.before = lose
    for _ in range(size(SMALL, FULL)):
        buy(world)
    assert {order.state for order in Order.select()} == {"awaiting_card"}


def test_a_vault_that_signs_with_another_key(world, size):
    world.vault.store._private_key = Ed25519PrivateKey.generate()
    for _ in range(size(SMALL, FULL)):
        address = world.place()
        answer = world.pay(address)
        assert answer.status_code == 503, "the payment page does not believe it"
        assert order_path(address) in answer.text
        shown = world.client.get(order_path(address), follow_redirects=True)
        assert shown.status_code == 200, "nor does the shop, and the order's page stays"
        assert f"{order_path(address)}/payment" in shown.text, "from which to try again"
        assert urlsplit(world.pay_again(address)).query, "which leads to the payment page"
    assert {order.state for order in Order.select()} == {"awaiting_card"}


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_vault_whose_clock_is_an_hour_off(world, size, hours):
    world.vault._clock = lambda: time.time() + 3600 * hours
    for _ in range(size(SMALL, FULL)):
        buy(world)
    wanted = {"awaiting_card"} if hours > 0 else {"card_held"}
    assert {order.state for order in Order.select()} == wanted


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_shop_whose_clock_is_an_hour_off(world, size, clock, hours):
    """Its offers are over before they arrive, or good for too long; nothing is lost by it."""
    # Everybody else is two hours ahead, so that the shop's policy is in force in any case.
    world.vault._clock = world.payment_page.application.till._clock = lambda: time.time() + 7200
    clock.forward(hours=2 + hours)
    for _ in range(size(SMALL, FULL)):
        buy(world)


# A real vault, with a real disk that is really full.


# In a mount namespace of its own, so that the disk goes with the process, however that ends.
SMALL_DISK = ["unshare", "--mount", "sh", "-c"]
MOUNTED = """
mount -t tmpfs -o size=640k,mode=700 tmpfs "$1" && cp -r "$2" "$1" && shift 2 && exec "$@"
"""


@pytest.fixture(params=["a small disk", "a limit on the file"])
def full_vault(request, made, tmp_path):
    """`vault serve` as a process whose store cannot grow past a mebibyte."""
    folder, bare = tmp_path / "full", tmp_path / "bare" / "vault"
    folder.mkdir()
    shutil.copytree(made.instance / "vault", bare, ignore=shutil.ignore_patterns("store*"))
    argv = [programs.script("vault"), "serve", "--instance", str(folder), "--listen", "127.0.0.1:0"]
    limited = None
    if request.param == "a small disk":
        tried = [*SMALL_DISK, MOUNTED, "sh", str(folder), str(bare), "true"]
        if subprocess.run(tried, capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a small disk; a limit stands in for it")
        argv = [*SMALL_DISK, MOUNTED, "sh", str(folder), str(bare), *argv]
    else:
        limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (400 * 1024, 400 * 1024))
        shutil.copytree(bare, folder / "vault")
    process = subprocess.Popen(
        argv,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=limited,
    )
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_vault_whose_disk_is_full(full_vault, world, size):
    """It refuses, and never gives a receipt for what it has not kept."""
    payment = Line(full_vault, world.instance / "payment", (5.0, 5.0))
    shop = Line(full_vault, world.instance / "keys", (5.0, 5.0))
    address, kept, refused = world.place(), [], 0
    while refused < size(10, FULL):
        envelope, env_id = fresh(world, address)
        try:
            kept.append((env_id, payment.put_envelope(envelope.to_bytes())))
        except LineDown:
            refused += 1
            assert shop.receipt(env_id) is None
        assert len(kept) < 2000, "the disk never filled up"
    assert kept
    for env_id, receipt in kept:
        assert shop.receipt(env_id) == receipt


def fresh(world, address):
    """Something sealed to an offer that the shop has signed for an order of its own."""
    key = load_private_key(world.instance / "keys/shop.key")
    first = Offer.verify(parse_qs(urlsplit(address).query)["offer"][0], key.public_key())
    env_id, order = b64u(secrets.token_bytes(16)), f"N-{secrets.token_hex(6).upper()}"
    offer = dataclasses.replace(first, env_id=env_id, order=order)
    sealed = secrets.token_bytes(1264)
    made = Envelope.around(
        sealed, compact_offer=offer.sign(key), kid=offer.kid, suite="mlkem768-x25519"
    )
    return made, env_id
