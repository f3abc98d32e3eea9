"""Paying, seen from the shop: offers go out, receipts come home, what never came is fetched."""

import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from storefront.handoff.envelope import (
    Envelope,
    ManifestFile,
    Offer,
    Receipt,
    load_private_key,
    load_public_key,
)
from storefront.handoff.line import Line
from storefront.handoff.seal import check_card, seal_hybrid
from storefront.jobs import Jobs
from storefront.models import Order, OutgoingMail, PaymentAttempt
from storefront.payment import GRACE, OFFER_VALID, Payments, Unavailable
from storefront.refusals import Refused, SoldOut
from tests.desks import desk_keys
from tests.models.placing import at_once, cart_of, left, place, stock

LINK = "the-order.link"
NOBODY = "127.0.0.1:1"  # nobody listens there


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


@pytest.fixture
def without_vault(settings):
    return Payments(replace(settings, vault_address=NOBODY))


def offer_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["offer"][0]


@pytest.fixture
def give_card(settings):
    """Do what the payment page does with a card: seal it to the offer; the vault's receipt."""

    def give(address: str) -> str:
        keys = settings.keys
        compact = offer_in(address)
        offer = Offer.verify(compact, load_private_key(keys / "shop.key").public_key())
        manifest = ManifestFile(keys / "manifest", load_public_key(keys / "root.pub")).current()
        card = check_card("4242 4242 4242 4242", "12/39", int(time.time()))
        sealed = seal_hybrid(card, offer.raw, manifest.epoch(offer.kid))
        envelope = Envelope.around(
            sealed, compact_offer=compact, kid=offer.kid, suite="mlkem768-x25519"
        )
        line = Line(settings.vault_address, settings.instance / "payment")
        return line.put_envelope(envelope.to_bytes())

    return give


def test_an_offer_says_what_the_order_costs_and_the_stock_is_held_for_it(
    settings, payments, order, now
):
    address = payments.begin(order, LINK, now)
    assert address.startswith(f"{settings.payment_origin}/?")
    assert parse_qs(urlsplit(address).query)["link"] == [LINK]
    shop = load_private_key(settings.keys / "shop.key").public_key()
    offer = Offer.verify(offer_in(address), shop)
    assert (offer.aud, offer.order, offer.attempt) == (settings.payment_origin, order.number, 1)
    assert (offer.amount_minor, offer.currency) == (order.total_minor, "USD")
    assert offer.expires == int((now + OFFER_VALID).timestamp())
    assert Order.get().hold_until == now + OFFER_VALID + GRACE
    assert Order.get().state == "awaiting_card"


def test_an_offer_that_is_still_good_is_given_again(payments, order, now):
    first = payments.begin(order, LINK, now)
    assert payments.begin(Order.get(), LINK, now + timedelta(minutes=24)) == first
    assert PaymentAttempt.select().count() == 1


def test_eight_clicks_on_pay_at_once_get_the_same_offer(payments, order, now):
    addresses = at_once(8, lambda _: payments.begin(Order.get_by_id(order.id), LINK, now))
    assert len(set(addresses)) == 1
    assert offer_in(addresses[0]) == PaymentAttempt.get().offer


def test_an_offer_about_to_run_out_is_made_anew_and_holds_the_stock_longer(payments, order, now):
    first, later = payments.begin(order, LINK, now), now + timedelta(minutes=25, seconds=1)
    assert payments.begin(order, LINK, later) != first
    assert [attempt.number for attempt in PaymentAttempt.select()] == [1, 2]
    assert Order.get().hold_until == later + OFFER_VALID + GRACE


def test_after_a_verdict_against_the_card_there_is_a_new_offer(payments, order, now):
    first = payments.begin(order, LINK, now)
    Order.update(state="declined").execute()
    assert payments.begin(Order.get(), LINK, now) != first
    assert Order.get().state == "awaiting_card"


def test_there_are_five_attempts_at_the_most(payments, order, now):
    for n in range(5):
        payments.begin(order, LINK, now + n * OFFER_VALID)
    with pytest.raises(Refused, match=f"Five attempts were made to pay for order {order.number}"):
        payments.begin(order, LINK, now + 5 * OFFER_VALID)
    assert PaymentAttempt.select().count() == 5
    again = payments.begin(order, LINK, now + 4 * OFFER_VALID)
    assert offer_in(again) == PaymentAttempt.latest(order).offer, "the fifth is still good"


def test_who_has_paid_is_told_so_and_gets_no_offer(payments, order, now):
    order.hold_card(now)
    with pytest.raises(Refused, match="paid for already"):
        payments.begin(order, LINK, now)
    assert PaymentAttempt.select().count() == 0


def test_paying_for_what_has_sold_out_since_the_lapse_leaves_no_attempt(
    payments, order, variant, now
):
    order.lapse(now + OFFER_VALID + GRACE)
    stock(variant, 1)
    with pytest.raises(SoldOut, match=r"only 1 is left\."):
        payments.begin(order, LINK, now)
    assert PaymentAttempt.select().count() == 0
    assert Order.get().state == "lapsed"


@pytest.mark.parametrize(
    ("spoil", "days"),
    [
        (lambda manifest: None, 365),
        (lambda manifest: manifest.write_text("damaged"), 0),
        (lambda manifest: manifest.unlink(), 0),
    ],
    ids=["run out", "damaged", "lost"],
)
def test_without_good_keys_no_card_is_asked_for_and_the_order_is_kept(
    settings, payments, order, variant, now, spoil, days, caplog
):
    spoil(settings.keys / "manifest")
    with pytest.raises(Unavailable):
        payments.begin(order, LINK, now + timedelta(days=days))
    assert "no offer can be signed" in caplog.text
    assert (Order.get().state, left(variant)) == ("placed", 8)
    assert PaymentAttempt.select().count() == 0


def test_an_older_list_of_keys_put_back_is_refused(settings, payments, order, now):
    path = settings.keys / "manifest"
    older = path.read_text()
    root = desk_keys(settings.instance).signer("root")
    newest = ManifestFile(path, root.public_key()).current()
    path.write_text(replace(newest, seq=newest.seq + 1).sign(root))
    payments.begin(order, LINK, now)
    path.write_text(older)
    with pytest.raises(Unavailable):
        Payments(settings).begin(order, LINK, now + OFFER_VALID)


def test_a_receipt_comes_home_any_number_of_times_with_one_effect(payments, order, give_card, now):
    receipt = give_card(payments.begin(order, LINK, now))
    at_once(4, lambda _: payments.come_home(Order.get_by_id(order.id), receipt, now))
    payments.come_home(order, receipt, now + timedelta(minutes=1))
    assert Order.get().state == "card_held"
    assert (PaymentAttempt.get().receipt, PaymentAttempt.get().received_at) == (receipt, now)
    assert OutgoingMail.select().where(OutgoingMail.kind == "order_card_held").count() == 1


def test_a_forged_receipt_is_refused(settings, payments, order, give_card, now):
    receipt = give_card(payments.begin(order, LINK, now))
    told = Receipt.verify(receipt, load_public_key(settings.keys / "vault.pub"))
    forged = told.sign(load_private_key(settings.keys / "shop.key"))
    for text in ("", ".", "a.b", "é.é", forged, receipt[:-2], receipt.swapcase(), "x" * 9000):
        with pytest.raises(Refused, match="does not come from our vault"):
            payments.come_home(order, text, now)
    assert Order.get().state == "awaiting_card"


def test_a_receipt_of_another_order_is_refused(payments, order, variant, give_card, now):
    payments.begin(order, LINK, now)
    other = place(cart_of((variant, 1)), now)
    receipt = give_card(payments.begin(other, LINK, now))
    with pytest.raises(Refused, match="belongs to another order"):
        payments.come_home(order, receipt, now)
    assert Order.get_by_id(order.id).state == "awaiting_card"


def test_a_receipt_of_an_envelope_that_nobody_asked_for_is_refused(
    settings, payments, order, give_card, now
):
    receipt = give_card(payments.begin(order, LINK, now))
    told = Receipt.verify(receipt, load_public_key(settings.keys / "vault.pub"))
    vault = load_private_key(settings.instance / "vault" / "vault.key")
    for wrong in ({"env_id": "A" * 22}, {"order": "AAAAA-AAAAA"}):
        with pytest.raises(Refused, match="belongs to another order"):
            payments.come_home(order, replace(told, **wrong).sign(vault), now)
    assert Order.get().state == "awaiting_card"


def test_a_receipt_that_never_came_home_is_fetched_and_the_stock_stays(
    payments, order, variant, give_card, now
):
    receipt = give_card(payments.begin(order, LINK, now))
    assert payments.look_up(order) == receipt
    payments.settle(now + OFFER_VALID + GRACE)
    assert (Order.get().state, left(variant)) == ("card_held", 8)
    assert payments.look_up(order) is None, "it is known by now"


def test_stock_is_let_go_when_the_vault_has_no_card(payments, order, variant, now):
    payments.begin(order, LINK, now)
    payments.settle(now + OFFER_VALID + GRACE - timedelta(seconds=1))
    assert (Order.get().state, left(variant)) == ("awaiting_card", 8)
    payments.settle(now + OFFER_VALID + GRACE)
    payments.settle(now + OFFER_VALID + GRACE)
    assert (Order.get().state, left(variant)) == ("lapsed", 10)


def test_stock_is_kept_while_the_vault_cannot_be_asked(
    payments, without_vault, order, variant, now, caplog
):
    payments.begin(order, LINK, now)
    without_vault.settle(now + timedelta(days=1))
    assert "holds are kept" in caplog.text
    assert (Order.get().state, left(variant)) == ("awaiting_card", 8)
    payments.settle(now + timedelta(days=1))
    assert (Order.get().state, left(variant)) == ("lapsed", 10)


def test_an_order_nobody_tried_to_pay_for_lapses_without_asking_anyone(
    without_vault, order, variant, now
):
    without_vault.settle(now + OFFER_VALID + GRACE)
    assert (Order.get().state, left(variant)) == ("lapsed", 10)


def test_one_receipt_that_cannot_be_used_keeps_its_order_and_stops_no_other(
    settings, payments, order, variant, give_card, now, caplog
):
    other = place(cart_of((variant, 1)), now)
    for each in (order, other):
        give_card(payments.begin(each, LINK, now))
    # The vault's answer for the first is not this order's: its envelope is another one's.
    strange = place(cart_of((variant, 1)), now)
    env_id = PaymentAttempt.get(PaymentAttempt.order == order).env_id
    PaymentAttempt.delete().where(PaymentAttempt.order == order).execute()
    PaymentAttempt.create(order=strange, number=1, env_id=env_id, offer="", expires_at=now)
    Order.update(state="awaiting_card").where(Order.id == strange.id).execute()
    payments.settle(now + timedelta(days=1))
    assert "kept on hold" in caplog.text
    states = [each.state for each in Order.select().order_by(Order.id)]
    assert states == ["lapsed", "card_held", "awaiting_card"]


def test_the_worker_fetches_receipts_lets_stock_go_and_sends_mail(
    settings, payments, order, give_card, now, app
):
    give_card(payments.begin(order, LINK, now))
    Jobs(settings).look_after()
    assert Order.get().state == "card_held"
    assert OutgoingMail.select().where(OutgoingMail.sent_at.is_null()).count() == 0
