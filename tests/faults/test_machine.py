"""A model of order, envelope and ledger, under messages that are lost, doubled and out of order.

Hypothesis plays shopper, courier and fate: it gives cards, brings receipts, carries bundles and
statements in any order, any number of times or never, lets the acquirer fall silent and the desk
die. After every step: no money moved twice for an order, and no state went back. At the end all
that was lost is sent again, and everybody agrees.
"""

import dataclasses
import shutil
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storefront.handoff.envelope import HandoffError
from storefront.models import DeskInstruction, DeskStatement, Order, PaymentAttempt
from storefront.refusals import Refused
from tests.faults.world import DECLINED, VISA, CountingSandbox, FaultyVault
from tests.models.placing import cart_of, place
from vault import ledger
from vault.bundle import statement_file
from vault.ledger import Ledger

#: How far an order has come; it never comes less far. `cancelled` and `charged` end it.
RANK = {
    "placed": 0,
    "awaiting_card": 1,
    "lapsed": 1,
    "card_held": 2,
    "declined": 1,
    "unopenable": 1,
    "expired": 1,
    "cancelling": 3,
    "cancelled": 4,
    "charged": 5,
    "refunded": 6,
}
ENDED = ("cancelled", "charged", "refunded")


SILENT = st.sampled_from(["", "", "before", "after"])
NUMBERS = st.sampled_from([VISA, VISA, DECLINED])
FATES = st.sampled_from(["", "", "lapses", "lies too long", "is cancelled"])


class Machine(RuleBasedStateMachine):
    """One order, one vault, one desk; `world` lends the keys and the shop."""

    world, ends = None, None
    bundles = Bundle("bundles")
    files = Bundle("files")
    receipts = Bundle("receipts")
    envelopes = Bundle("envelopes")

    @initialize(target=envelopes, fate=FATES, number=NUMBERS)
    def begin(self, fate, number):
        """A new order, and a vault, a ledger and an acquirer with nothing in them."""
        world = self.world
        folder = world.desk_folder.parent.parent / f"machine-{Order.select().count()}"
        folder.mkdir()
        keys = folder / "vault"
        shutil.copytree(world.vault._folder, keys, ignore=shutil.ignore_patterns("store*"))
        self.vault = FaultyVault(keys)
        self.sandbox = CountingSandbox(folder / "sandbox.sqlite")
        self.desk = self._sit_down(folder)
        DeskStatement.delete().execute()  # this ledger counts from one again
        self.now = world.clock()
        self.order = place(cart_of((world.variant, 1)), self.now)
        self.seen = "placed"
        self.fate = fate
        return self.give_a_card(number, False, True)

    def _sit_down(self, folder):
        desk = self.world.desk()
        desk._acquirer = self.sandbox
        desk.ledger.close()
        desk.ledger = Ledger(folder / "ledger.sqlite", desk._sign_with)
        return desk

    def teardown(self):
        if hasattr(self, "vault"):
            self._settle_everything()
            self.desk.close()
            self.vault.close()
            self.sandbox.close()

    # The shopper.

    @rule(
        target=envelopes,
        number=NUMBERS,
        spoilt=st.sampled_from([False, False, True]),
        sent=st.sampled_from([True, True, False]),
    )
    def give_a_card(self, number, spoilt, sent):
        """Opens the payment page once more and seals a card; sent at once, or later, or never."""
        try:
            PaymentAttempt.update(expires_at=self.now).execute()
            self.world.payments.begin(self._order(), "link.of-order", self.now)
        except Refused:
            return multiple()
        envelope = self.world.sealed(PaymentAttempt.latest(self.order).offer, number)
        raw = _spoil(envelope) if spoilt else envelope.to_bytes()
        if sent:
            self.vault.put(raw)
        return raw

    @rule(target=receipts, raw=envelopes)
    def send(self, raw):
        """The payment page puts it down the line, perhaps not for the first time."""
        receipt = self.vault.put(raw).members.get("receipt")
        return receipt if receipt else multiple()

    @rule(receipt=receipts)
    def come_home(self, receipt):
        self.world.payments.come_home(self._order(), receipt, self.now)

    # The courier.

    @rule(target=bundles)
    def export(self):
        """A bundle is written; it may be taken to the desk at once, late, often or never."""
        return self.vault.bundle() or multiple()

    @rule(target=files, silent=SILENT)
    def work_at_once(self, silent):
        raw = self.vault.bundle()
        return self.work(raw, silent) if raw else multiple()

    @rule(target=files, raw=bundles, silent=SILENT)
    def work(self, raw, silent):
        """The desk takes a bundle, old or new, and works it off as far as the acquirer answers."""
        work = self.desk.take(raw)
        self.sandbox.silent = silent
        for step, what in (
            *((self.desk.resolve_left, each) for each in [work]),
            *((self.desk.charge, each) for each in work.waiting),
            *((self.desk.refund, each) for each in work.refunds),
        ):
            try:
                step(what)
            except HandoffError:
                continue
        self.sandbox.silent = ""
        return statement_file(self.desk.statements(work))

    @rule(raw=files)
    def carry(self, raw):
        assert self.vault.take_statements(raw).status == 200

    @rule()
    def hear(self):
        """The shop fetches what the vault has, from wherever it got to."""
        self._hear(self.vault.statements_after(0).members["statements"])

    @rule(data=st.data())
    def hear_one(self, data):
        """The order's page fetches one statement, whichever, before all others."""
        rows = self.vault.statements_after(0).members["statements"]
        if rows:
            self._hear([data.draw(st.sampled_from(rows))])

    def _hear(self, rows):
        for _, compact in rows:
            self.world.payments.hear(self._order(), compact, self.now)

    # Fate.

    @precondition(lambda self: self.fate == "lapses")
    @rule()
    def lapse(self):
        Order.update(hold_until=self.now).where(
            Order.id == self.order.id, Order.hold_until.is_null(False)
        ).execute()
        self._order().lapse(self.now)

    @precondition(lambda self: self.fate == "lies too long")
    @rule()
    def lie_too_long(self):
        connection = self.vault.store.connection
        connection.execute("UPDATE envelopes SET stored_at = stored_at - 15 * 86400")
        self.vault.shred_old()

    @precondition(lambda self: self.fate == "is cancelled")
    @rule()
    def ask_to_cancel(self):
        self.fate = ""
        payments = self.world.payments
        try:
            DeskInstruction.cancel(self._order(), payments.signing(self.order), self.now)
        except Refused:
            return
        self._send_instructions()

    def _send_instructions(self):
        """What Payments._send_instructions does, with this machine's own vault."""
        for told in self.order.instructions.where(DeskInstruction.sent_at.is_null()):
            body = b'{"instruction":"' + told.text.encode() + b'"}'
            held = self.vault.put_instruction(body).members["held"]
            if not held:
                self.hear()
                told.order.cancel(self.now)
            told.sent(self.now)

    # What is always true.

    def _order(self) -> Order:
        return Order.get_by_id(self.order.id)

    @invariant()
    def no_money_moves_twice(self):
        if not hasattr(self, "sandbox"):
            return
        assert sum(self.sandbox.moved.values()) <= 1

    @invariant()
    def no_state_goes_back(self):
        if not hasattr(self, "order"):
            return
        state = self._order().state
        if self.seen in ENDED:
            assert RANK[state] >= RANK[self.seen], (self.seen, state)
        if self.seen == "cancelling":
            assert state in ("cancelling", *ENDED)
        if self.seen == "card_held":
            assert state not in ("placed", "awaiting_card", "lapsed"), state
        self.seen = state

    @invariant()
    def the_ledger_has_one_live_row_at_most(self):
        if not hasattr(self, "desk"):
            return
        rows = self.desk.ledger.connection.execute(
            "SELECT count(*) FROM charges WHERE state IN ('pending', 'charged')"
        ).fetchone()
        assert rows[0] <= 1

    def _settle_everything(self):
        """All that was lost is sent again, until nobody has anything new to say."""
        for _ in range(4):
            if raw := self.vault.bundle():
                self.carry(self.work(raw, ""))
            for row in self.desk.ledger.pending():
                self.desk.resolve(row)
            self.carry(statement_file(self.desk.statements(None)))
            self._send_instructions()
            self.hear()
        assert self.vault.bundle() is None, "the vault has nothing left to ask"
        state, moved = self._order().state, sum(self.sandbox.moved.values())
        self.ends[state] += 1
        assert (state == "charged") == (moved == 1), (state, moved)


def _spoil(envelope) -> bytes:
    return dataclasses.replace(envelope, sealed=bytes(len(envelope.sealed))).to_bytes()


def test_one_charge_at_most_and_no_state_goes_back(world, size):
    machine = type("OneOrder", (Machine,), {"world": world, "ends": Counter()})
    sizes = settings(
        max_examples=size(60, 3000),
        stateful_step_count=size(30, 50),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(machine, settings=sizes)
    for state in size(["charged"], ["charged", "declined", "cancelled", "expired"]):
        assert machine.ends[state], f"no order was ever {state}: the model slept"


def test_the_machine_notices_a_second_charge(world, monkeypatch):
    """A desk without its rules and without its index charges twice, and the model sees it."""
    monkeypatch.setattr(Ledger, "_refuse_second", lambda self, offer: None)
    monkeypatch.setattr(Ledger, "live", lambda self, order: None)
    unguarded = ledger._SCHEMA.replace("CREATE UNIQUE INDEX", "CREATE INDEX")
    monkeypatch.setattr(ledger, "_SCHEMA", unguarded)
    machine = type("Forgetful", (Machine,), {"world": world, "ends": Counter()})
    sizes = settings(
        max_examples=300,
        stateful_step_count=40,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with pytest.raises(Exception, match="assert"):
        run_state_machine_as_test(machine, settings=sizes)
