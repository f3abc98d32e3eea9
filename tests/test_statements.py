"""Statements come home: the shop believes the desk alone, moves the order once, tells by mail."""

import time
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from storefront.handoff.envelope import (
    Envelope,
    ManifestFile,
    Offer,
    Statement,
    load_private_key,
    load_public_key,
)
from storefront.handoff.line import EnvelopeRefused, Line
from storefront.handoff.seal import check_card, seal_hybrid
from storefront.jobs import Jobs
from storefront.models import (
    DeskInstruction,
    DeskStatement,
    Order,
    OrderEvent,
    OutgoingMail,
    PaymentAttempt,
)
from storefront.models.settling import ANOTHER_CARD
from storefront.payment import GRACE, OFFER_VALID, Payments
from storefront.refusals import Refused
from tests.desks import desk_keys
from tests.models.placing import at_once, cart_of, left, place, stock

LINK = "the-order.link"
NOBODY = "127.0.0.1:1"


@pytest.fixture
def now(clock):
    return clock().replace(microsecond=0)


@pytest.fixture
def variant(plenty):
    return stock(plenty, 10)


@pytest.fixture
def order(variant, now):
    return place(cart_of((variant, 2)), now)


@pytest.fixture
def payments(settings):
    return Payments(settings)


@pytest.fixture(autouse=True)
def fresh_vault(vault_server):
    """The vault is the whole session's: what earlier tests left in it is cleared away."""
    connection = vault_server.vault.store.connection
    for table in ("statements", "instructions", "envelopes", "bundles"):
        connection.execute(f"DELETE FROM {table}")


@pytest.fixture
def attempt(payments, order, now):
    """Another attempt to pay, as the shop offers it; the last is 31 minutes after the first."""

    def attempt(at=now):
        payments.begin(Order.get_by_id(order.id), LINK, at)
        return PaymentAttempt.latest(order)

    return attempt


@pytest.fixture
def say(settings, vault_server):
    """The desk says something, and the vault has it; the compact statement."""
    numbers = count(1)
    key = desk_keys(settings.instance).signer("desk")

    def say(attempt, outcome, amount=None, seq=None, bring=True, **changes):
        order = attempt.order
        told = Statement(
            attempt.env_id,
            order.number,
            outcome,
            amount or order.total_minor,
            order.currency,
            "ch_1" if outcome == "charged" else "",
            None,
            seq or next(numbers),
        )
        compact = replace(told, **changes).sign(key)
        if bring:
            assert vault_server.vault.take_statements(compact.encode()).status == 200
        return compact

    return say


def state():
    return Order.get().state


def mails():
    return [mail.kind for mail in OutgoingMail.select().order_by(OutgoingMail.id)]


def events():
    return [event.what for event in OrderEvent.select().order_by(OrderEvent.id)]


# Each verdict.


def test_a_charge_comes_home_and_the_customer_is_told(payments, order, attempt, say, now, variant):
    one = attempt()
    order.hold_card(now)
    say(one, "charged")
    assert payments.hear_all(now) == 1
    assert (state(), left(variant), Order.get().hold_until) == ("charged", 8, None)
    assert mails() == ["order_placed", "order_card_held", "order_charged"]
    kept = DeskStatement.get()
    assert (kept.order, kept.outcome, kept.reference) == (order, "charged", "ch_1")
    assert PaymentAttempt.get().verdict == "charged"


def test_a_statement_fetched_again_and_again_has_one_effect(payments, order, attempt, say, now):
    compact = say(attempt(), "charged")
    at_once(4, lambda _: payments.hear_all(now))
    payments.hear(order, compact, now)
    assert payments.hear_all(now) == 0
    assert mails().count("order_charged") == 1
    assert DeskStatement.select().count() == 1


@pytest.mark.parametrize(
    ("verdict", "mail"),
    [
        ("declined", "order_declined"),
        ("unopenable", "order_card_again"),
        ("expired", "order_card_again"),
    ],
)
def test_a_card_that_was_not_charged_leads_to_another_one(
    payments, order, attempt, say, now, variant, verdict, mail
):
    one = attempt()
    order.hold_card(now)
    say(one, verdict)
    payments.hear_all(now)
    assert (state(), mails()[-1]) == (verdict, mail)
    assert Order.get().hold_until == now + ANOTHER_CARD
    two = attempt(now + timedelta(minutes=1))
    assert (two.number, state()) == (2, "awaiting_card")
    say(two, "charged")
    payments.hear_all(now)
    assert (state(), left(variant)) == ("charged", 8)


def test_what_is_kept_for_another_card_is_let_go_after_a_day(
    payments, order, attempt, say, now, variant
):
    one = attempt()
    order.hold_card(now)
    say(one, "declined")
    payments.hear_all(now)
    payments.settle(now + ANOTHER_CARD - timedelta(seconds=1))
    assert (state(), left(variant)) == ("declined", 8)
    payments.settle(now + ANOTHER_CARD)
    assert (state(), left(variant)) == ("lapsed", 10)


def test_a_charge_of_another_sum_counts_and_is_noted(payments, attempt, say, now):
    say(attempt(), "charged", amount=1)
    payments.hear_all(now)
    assert (state(), events()[-2:]) == ("charged", ["odd_amount", "charged"])


def test_a_charge_in_another_currency_counts_and_is_noted(payments, attempt, say, now):
    say(attempt(), "charged", currency="JPY")
    payments.hear_all(now)
    assert (state(), events()[-2:]) == ("charged", ["odd_amount", "charged"])


# What arrives late, twice or out of order takes nothing back.


def test_a_charge_counts_although_the_receipt_never_came(payments, attempt, say, now):
    say(attempt(), "charged")
    payments.hear_all(now)
    assert state() == "charged"


def test_a_receipt_that_comes_after_the_verdict_revives_nothing(payments, order, attempt, say, now):
    one = attempt()
    say(one, "declined")
    payments.hear_all(now)
    assert not PaymentAttempt.get().receive("a late receipt", now)
    assert state() == "declined"
    assert payments.look_up(order) is None


@pytest.mark.parametrize("late", ["declined", "unopenable", "expired", "cancelled"])
def test_what_is_charged_stays_charged(payments, attempt, say, now, late):
    one = attempt()
    two = attempt(now + OFFER_VALID)
    say(two, "charged")
    say(one, late)
    payments.hear_all(now)
    assert state() == "charged"
    assert mails() == ["order_placed", "order_charged"]


@pytest.mark.parametrize("early", ["declined", "unopenable", "expired"])
def test_a_charge_that_comes_after_another_verdict_counts(payments, attempt, say, now, early):
    one = attempt()
    two = attempt(now + OFFER_VALID)
    say(two, early)
    say(one, "charged")
    payments.hear_all(now)
    assert state() == "charged"


def test_a_verdict_on_an_old_attempt_does_not_disturb_the_new_one(payments, attempt, say, now):
    one = attempt()
    attempt(now + OFFER_VALID)
    say(one, "declined")
    payments.hear_all(now)
    assert state() == "awaiting_card"
    assert [each.verdict for each in PaymentAttempt.select().order_by(PaymentAttempt.number)] == [
        "declined",
        None,
    ]


def test_a_charge_after_the_stock_was_let_go_takes_it_again(
    payments, order, attempt, say, now, variant
):
    one = attempt()
    order.lapse(now + OFFER_VALID + GRACE)
    assert left(variant) == 10
    say(one, "charged")
    payments.hear_all(now)
    assert (state(), left(variant)) == ("charged", 8)


def test_a_charge_for_what_has_gone_meanwhile_counts_and_staff_are_told(
    payments, order, attempt, say, now, variant
):
    one = attempt()
    order.lapse(now + OFFER_VALID + GRACE)
    stock(variant, 1)
    say(one, "charged")
    payments.hear_all(now)
    assert (state(), left(variant)) == ("charged", 1)
    assert events()[-2:] == ["stock_gone", "charged"]


# Who is believed.


def test_a_statement_that_the_desk_did_not_sign_is_not_believed(
    payments, order, attempt, say, now, settings, vault_server, caplog
):
    one = attempt()
    compact = say(one, "charged", bring=False)
    told = Statement.verify(compact, desk_keys(settings.instance).signer("desk").public_key())
    forged = told.sign(load_private_key(settings.keys / "shop.key"))
    for text in ("", "a.b", forged, compact[:-4], "é"):
        with pytest.raises(Refused, match="does not come from our desk"):
            payments.hear(order, text, now)
    vault_server.vault.store.connection.execute(
        'INSERT INTO statements (desk_seq, env_id, "order", outcome, statement, arrived_at)'
        " VALUES (1, ?, ?, 'charged', ?, 0)",
        (one.env_id, order.number, forged),
    )
    assert payments.hear_all(now) == 0
    assert "is not our desk's" in caplog.text
    say(one, "charged", seq=2)
    assert payments.hear_all(now) == 1, "and what comes after it is heard all the same"


def test_a_statement_about_another_order_is_refused(payments, order, attempt, say, variant, now):
    one = attempt()
    other = place(cart_of((variant, 1)), now)
    with pytest.raises(Refused, match="about another order"):
        payments.hear(other, say(one, "charged"), now)
    with pytest.raises(Refused, match="about another order"):
        payments.hear(order, say(one, "charged", env_id="A" * 22), now)
    assert state() == "awaiting_card"


def test_a_statement_about_no_order_of_ours_is_kept_and_moves_none(payments, attempt, say, now):
    say(attempt(), "charged", env_id="A" * 22)
    say(PaymentAttempt.get(), "charged", order="AAAAA-AAAAA")
    assert payments.hear_all(now) == 2
    assert state() == "awaiting_card"
    assert [each.order for each in DeskStatement.select()] == [None, None]
    assert payments.hear_all(now) == 0


def test_another_statement_under_the_same_number_changes_nothing(
    payments, order, attempt, say, now, caplog
):
    one = attempt()
    say(one, "declined", seq=7)
    payments.hear_all(now)
    payments.hear(order, say(one, "charged", seq=7, bring=False), now)
    assert "was another one before" in caplog.text
    assert state() == "declined"


def test_a_contradiction_sends_no_visitor_in_circles(
    payments, order, attempt, say, now, vault_server
):
    one = attempt()
    order.hold_card(now)
    DeskStatement.create(
        desk_seq=7, outcome="declined", amount_minor=1, currency="USD", text="another", taken_at=now
    )
    say(one, "charged", seq=7)
    assert payments.look_up_verdict(order) is None
    statement = say(one, "charged", seq=8)
    assert payments.look_up_verdict(order) == statement
    vault_server.vault.store.connection.execute("UPDATE statements SET statement = 'a.b'")
    assert payments.look_up_verdict(order) is None


def test_a_vault_that_counts_anew_is_heard_from_the_beginning(
    payments, attempt, say, now, vault_server, caplog
):
    one = attempt()
    for _ in range(3):
        say(one, "declined")
    payments.hear_all(now)
    connection = vault_server.vault.store.connection
    connection.execute("DELETE FROM statements")
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'statements'")
    say(one, "charged", seq=9)
    assert payments.hear_all(now) == 1
    assert "counts its statements anew" in caplog.text
    assert state() == "charged"
    assert DeskStatement.last_number() == 1


def test_many_statements_come_in_several_answers(payments, attempt, say, now):
    one = attempt()
    for _ in range(230):
        say(one, "declined")
    assert payments.hear_all(now) == 230
    assert DeskStatement.last_number() >= 230


@pytest.mark.parametrize(
    "odd",
    [
        lambda after: (10**9, [(5, "junk")]),  # the same again and again
        lambda after: (10**9, [(after + 1, "junk")]),  # more and more
        lambda after: (after - 1, [(1, "junk")]),  # always counting anew
        lambda after: (10**9 - after, [(10**6 - after, "junk")]),  # to and fro
    ],
)
def test_a_vault_whose_numbers_lead_nowhere_does_not_keep_the_worker_busy(
    payments, order, attempt, say, now, monkeypatch, odd
):
    say(attempt(), "declined")
    payments.hear_all(now)
    asked = []
    monkeypatch.setattr(Line, "statements", lambda self, after: asked.append(after) or odd(after))
    payments.hear_all(now)
    assert len(asked) <= 102


def test_while_the_vault_is_silent_nothing_changes(settings, attempt, say, now, caplog):
    say(attempt(), "charged")
    silent = Payments(replace(settings, vault_address=NOBODY))
    assert silent.hear_all(now) == 0
    assert "the desk was not heard" in caplog.text
    assert state() == "awaiting_card"


# Cancelling and refunding.


@pytest.fixture
def sealed_card(vault_server, settings):
    """Puts something sealed to the attempt's offer into the vault."""

    def put(attempt, number="4242 4242 4242 4242"):
        keys = settings.keys
        shop = load_private_key(keys / "shop.key").public_key()
        offer = Offer.verify(attempt.offer, shop)
        manifest = ManifestFile(keys / "manifest", load_public_key(keys / "root.pub")).current()
        sealed = seal_hybrid(
            check_card(number, "12/39", int(time.time())), offer.raw, manifest.epoch(offer.kid)
        )
        envelope = Envelope.around(
            sealed, compact_offer=attempt.offer, kid=offer.kid, suite="mlkem768-x25519"
        )
        line = Line(settings.vault_address, settings.instance / "payment")
        return line.put_envelope(envelope.to_bytes())

    return put


def test_an_order_without_a_card_is_cancelled_at_once(payments, order, now, variant):
    payments.cancel(order, now)
    assert (state(), left(variant)) == ("cancelled", 10)
    assert mails() == ["order_placed", "order_cancelled"]
    with pytest.raises(Refused, match="cancelled already"):
        payments.cancel(Order.get(), now)
    with pytest.raises(Refused, match="is cancelled"):
        payments.begin(Order.get(), LINK, now)


def test_an_order_whose_card_lies_in_the_vault_is_cancelled_when_the_desk_says_so(
    payments, order, attempt, sealed_card, say, now, variant
):
    one = attempt()
    payments.come_home(order, sealed_card(one), now)
    payments.cancel(order, now)
    assert (state(), left(variant)) == ("cancelling", 8)
    assert DeskInstruction.get().sent_at == now
    say(one, "cancelled")
    payments.hear_all(now)
    assert (state(), left(variant)) == ("cancelled", 10)
    assert mails()[-1] == "order_cancelled"


@pytest.mark.parametrize("verdict", ["declined", "unopenable", "expired"])
def test_any_verdict_but_a_charge_makes_a_cancellation_certain(
    payments, order, attempt, sealed_card, say, now, verdict
):
    one = attempt()
    payments.come_home(order, sealed_card(one), now)
    payments.cancel(order, now)
    say(one, verdict)
    payments.hear_all(now)
    assert state() == "cancelled"


def test_a_cancellation_that_comes_too_late_is_said_to_have(
    payments, order, attempt, sealed_card, say, now, variant
):
    one = attempt()
    payments.come_home(order, sealed_card(one), now)
    payments.cancel(order, now)
    say(one, "charged")
    payments.hear_all(now)
    assert (state(), left(variant)) == ("charged", 8)
    assert events()[-2:] == ["too_late_to_cancel", "charged"]


def test_a_charge_that_lay_in_the_vault_is_heard_before_anything_is_cancelled(
    payments, order, attempt, sealed_card, say, now
):
    one = attempt()
    payments.come_home(order, sealed_card(one), now)
    say(one, "charged")
    payments.cancel(order, now)
    assert state() == "charged"


def test_a_cancellation_waits_for_a_vault_that_is_silent(settings, payments, order, now):
    Payments(replace(settings, vault_address=NOBODY)).cancel(order, now)
    assert state() == "cancelling"
    assert DeskInstruction.get().sent_at is None
    payments.hear_all(now)
    assert state() == "cancelled"


def test_a_lapsed_order_that_is_cancelled_puts_nothing_back_twice(payments, order, now, variant):
    order.lapse(now + OFFER_VALID + GRACE)
    assert left(variant) == 10
    payments.cancel(order, now)
    assert (state(), left(variant)) == ("cancelled", 10)


def test_after_a_cancellation_the_vault_keeps_no_card_for_the_order(
    payments, order, attempt, sealed_card, now
):
    one = attempt()
    payments.cancel(order, now)
    with pytest.raises(EnvelopeRefused, match="settled"):
        sealed_card(one)


def test_money_goes_back_in_parts_and_never_more_than_there_was(
    payments, order, attempt, say, now, settings
):
    one = attempt()
    with pytest.raises(Refused, match="is not charged"):
        payments.refund(order, 1, now)
    say(one, "charged")
    payments.hear_all(now)
    line = order.lines.get()
    payments.refund(order, 500, now, line)
    asked = DeskInstruction.get()
    assert (asked.what, asked.line, asked.amount_minor, asked.sent_at) == ("refund", line, 500, now)
    say(one, "refunded", amount=500, instruction=asked.seq)
    payments.hear_all(now)
    assert (state(), events()[-1], mails()[-1]) == ("charged", "refunded_part", "order_refunded")
    rest = order.total_minor - 500
    for wrong in (rest + 1, 0, -1):
        with pytest.raises(Refused, match="can be refunded"):
            payments.refund(order, wrong, now)
    payments.refund(order, rest, now)
    say(one, "refunded", amount=rest)
    payments.hear_all(now)
    assert state() == "refunded"
    with pytest.raises(Refused, match="is not charged"):
        payments.refund(Order.get(), 1, now)


def test_an_order_that_is_paid_for_is_refunded_and_not_cancelled(
    payments, order, attempt, say, now
):
    say(attempt(), "charged")
    payments.hear_all(now)
    with pytest.raises(Refused, match="ask for its money back instead"):
        payments.cancel(order, now)


def test_numbers_of_instructions_only_ever_grow(payments, variant, now):
    orders = [place(cart_of((variant, 1)), now) for _ in range(3)]
    for order in orders:
        payments.cancel(order, now)
    numbers = [each.seq for each in DeskInstruction.select().order_by(DeskInstruction.id)]
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= int(now.timestamp() * 1000)


def test_an_instruction_that_the_vault_refuses_stays_unsent_and_is_logged(
    payments, order, now, vault_server, caplog
):
    DeskInstruction.cancel(order, payments.signing(order), now)
    seq = DeskInstruction.get().seq
    taken = "INSERT INTO instructions VALUES (?, 'refund', 'X', 'another', 0)"
    vault_server.vault.store.connection.execute(taken, (seq,))
    payments.hear_all(now)
    assert "refused instruction" in caplog.text
    assert state() == "cancelling"


# On the way home.


def test_the_worker_hears_the_desk_and_mails_the_customer(settings, attempt, say):
    say(attempt(), "charged")
    Jobs(settings).look_after()
    assert state() == "charged"
    assert all(mail.sent_at for mail in OutgoingMail.select())


def test_the_vaults_alarm_reaches_the_shops_log(
    payments, attempt, sealed_card, vault_server, now, caplog
):
    sealed_card(attempt())
    vault_server.vault.store.connection.execute(
        "UPDATE envelopes SET stored_at = stored_at - 12 * 86400"
    )
    payments.hear_all(now)
    assert "the vault's alarm: 1 unopened cards" in caplog.text


def test_both_databases_take_a_statement_in_from_many_threads_once(
    payments, order, attempt, say, now
):
    compact = say(attempt(), "charged", bring=False)
    at_once(8, lambda _: payments.hear(Order.get_by_id(order.id), compact, now))
    assert DeskStatement.select().count() == 1
    assert mails().count("order_charged") == 1


def test_the_steps_of_the_command_cancel_and_refund(runner, order, attempt, say, payments, now):
    assert "There is no order NOPE" in str(runner("cancel-order", "NOPE").exception)
    said = runner("cancel-order", order.number)
    assert said.output == f"order {order.number} is cancelled\n"
    other = place(cart_of((order.lines.get().variant, 1)), now)
    payments.begin(other, LINK, now)
    one = PaymentAttempt.latest(other)
    say(one, "charged")
    payments.hear_all(now)
    said = runner("refund-order", other.number, "--amount", "100")
    assert said.output == f"the desk is to give back $1.00 for order {other.number}\n"


def test_the_demonstrations_worker_hears_its_desk_within_seconds(
    settings, attempt, say, monkeypatch
):
    monkeypatch.setattr("storefront.jobs.DEMO_SECONDS", 0.05)
    one = attempt()
    with Jobs(replace(settings, demo_desk=True))._listening():
        say(one, "charged")
        give_up = time.monotonic() + 10
        while state() != "charged" and time.monotonic() < give_up:
            time.sleep(0.05)
    assert state() == "charged"
