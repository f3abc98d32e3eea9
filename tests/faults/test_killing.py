"""Shop, payment page and vault are killed outright, again and again, while people buy.

No order that was acknowledged is lost, none is there twice, no card is charged a second time.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storefront import programs
from storefront.models import Order, OrderLine, OutgoingMail, PaymentAttempt, Variant
from storefront.payment import GRACE, OFFER_VALID, Payments
from storefront.programs import Child
from tests.browser.ports import four_free_ports
from tests.faults.shoppers import Shopper, Told
from vault.acquirer import Sandbox

SHOPPERS, STOCK = 4, 1_000_000
READY_SECONDS = 60


class Stack:
    """The three programs, each of which can be killed and started again."""

    def __init__(self, settings):
        self.place = programs.Place(four_free_ports(), settings.instance, automatic_desk=False)
        self.environ = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "MAIL_URL": settings.mail_url,
            "STOREFRONT_LIMITS": "off",
        }
        makers = (programs.vault, programs.payment_page, programs.shop)
        self.programs = {make.__name__: make(self.place, self.environ) for make in makers}
        self.lines: list[str] = []
        self.children: dict[str, Child] = {}

    def start(self, name: str) -> None:
        self.children[name] = Child(self.programs[name], self.lines.append)

    def kill(self, name: str) -> None:
        """SIGKILL to the program and all it started; then it is started again."""
        child = self.children[name]
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.start(name)

    def wait_until_all_answer(self) -> None:
        give_up = time.monotonic() + READY_SECONDS
        for name, program in self.programs.items():
            while not program.answers():
                if self.children[name].ended():  # its port was not free yet
                    self.start(name)
                    time.sleep(0.1)
                assert time.monotonic() < give_up, "\n".join(self.lines[-30:])
                time.sleep(0.01)

    def stop(self) -> None:
        programs.stop(self.children.values())


def test_programs_are_killed_again_and_again_while_people_buy(settings, plenty, size):
    Variant.update(stock=STOCK, tracked=True).where(Variant.id == plenty.id).execute()
    kills, chance = size(4, 1000), random.Random(size(1, None))
    stack, told, stop = Stack(settings), Told(), threading.Event()
    for name in stack.programs:
        stack.start(name)
    stack.wait_until_all_answer()
    shoppers = [
        Shopper(stack.place, plenty, told, stop, chance.randrange(2**32)) for _ in range(SHOPPERS)
    ]
    try:
        for shopper in shoppers:
            shopper.start()
        for _ in range(kills):
            for name in chance.sample(list(stack.programs), len(stack.programs)):
                time.sleep(chance.random() * 0.3)
                stack.kill(name)
            stack.wait_until_all_answer()
        time.sleep(1)
        stop.set()
        for shopper in shoppers:
            shopper.join(30)
        assert told.broken == []
        everything_is_fetched(settings, stack)
        killed = the_desk_is_killed_while_it_charges(settings, stack, size(3, 30), chance)
        nothing_was_lost_or_doubled(settings, plenty, told)
    finally:
        stop.set()
        stack.stop()
    print(f"\nkills of each program: {kills}, of the desk: {killed}; {summary(told)}")


def summary(told: Told) -> str:
    states = Counter(order.state for order in Order.select(Order.state))
    return f"orders: {len(told.orders)}, receipts: {len(told.receipts)}, states: {dict(states)}"


def _payments(settings, stack) -> Payments:
    return Payments(replace(settings, vault_address=stack.place.vault))


def everything_is_fetched(settings, stack) -> None:
    """What the shop does at start-up and every minute."""
    _payments(settings, stack).settle(datetime.now(UTC))


def the_desk_is_killed_while_it_charges(settings, stack, kills: int, chance) -> int:
    """A person exports, charges, carries home; the machine dies under them so many times."""
    folder, killed = settings.instance / "carried", 0
    folder.mkdir()
    environ = stack.place.environ(stack.environ)

    def run(*arguments):
        argv = [programs.script("vault"), *map(str, arguments)]
        return subprocess.run(argv, env=environ, capture_output=True, text=True)

    for number in range(kills + 1):
        bundle, home = folder / f"bundle-{number}", folder / f"home-{number}"
        if run("export", bundle).returncode:
            break
        desk = subprocess.Popen(
            [programs.script("vault"), "desk", str(bundle)],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        desk.stdin.write(f"charge all\nwrite {home}\nquit\n")
        desk.stdin.close()
        try:
            desk.wait(chance.uniform(0.4, 1.2) if number < kills else None)
        except subprocess.TimeoutExpired:
            desk.kill()
            desk.wait()
            killed += 1
        if home.exists():
            done = run("import-statements", home)
            assert done.returncode == 0, done.stderr
    _payments(settings, stack).hear_all(datetime.now(UTC))
    return killed


def nothing_was_lost_or_doubled(settings, variant, told: Told) -> None:
    assert told.orders, "nobody bought anything"
    for placement, numbers in told.orders.items():
        assert len(numbers) == 1, f"placement {placement} was acknowledged as {numbers}"
    orders = {order.number: order for order in Order.select()}
    acknowledged = {number for numbers in told.orders.values() for number in numbers}
    assert acknowledged <= orders.keys(), "an acknowledged order was lost"
    assert len({order.placement for order in orders.values()}) == len(orders)
    for number in {*told.receipts, *told.held}:
        assert orders[number].state in ("charged", "declined"), "a card that was held was lost"
    moved = money_moved(settings)
    for number, order in orders.items():
        assert moved[number] == (1 if order.state == "charged" else 0), (number, order.state)
    assert Variant.get_by_id(variant.id).stock == STOCK - OrderLine.select().count()
    mails = Counter((mail.order_id, mail.kind) for mail in OutgoingMail.select())
    assert set(mails.values()) == {1}, "no mail twice"
    assert len([kind for _, kind in mails if kind == "order_placed"]) == len(orders)
    charged = [order for order in orders.values() if order.state == "charged"]
    assert len([kind for _, kind in mails if kind == "order_charged"]) == len(charged)


def money_moved(settings) -> Counter:
    """How often money moved for each order, by the acquirer's own books."""
    sandbox = Sandbox(settings.instance / "desk/sandbox.sqlite")
    moved = Counter()
    for attempt in PaymentAttempt.select():
        verdict = sandbox.find(attempt.env_id)
        moved[attempt.order.number] += bool(verdict and verdict.moved)
    sandbox.close()
    return moved


def test_a_receipt_that_nobody_fetched_keeps_the_stock_past_the_offers_end(world):
    """What the killing rests on: the shop asks the vault before it lets anything go."""
    address = world.place()
    world.pay(address)
    world.payments.settle(world.clock() + OFFER_VALID + GRACE + timedelta(days=1))
    assert Order.get().state == "card_held"
