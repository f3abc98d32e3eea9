"""Every row of the failure table in docs/handoff.md, each a test with the row's name."""

import dataclasses
import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from storefront.handoff.envelope import ManifestFile
from storefront.models import Order, OutgoingMail, PaymentAttempt
from storefront.payment import GRACE, OFFER_VALID, Payments
from tests.desks import desk_keys
from tests.faults.world import DECLINED, nobody_listens
from tests.journey import order_path
from vault.acquirer import Silent
from vault.epochs import look_ahead
from vault.ledger import Blocked
from vault.opening import CannotOpen
from vault.places import ROLES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "handoff.md"
WEEK = 7 * 86400


def offer_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["offer"][0]


def charges(world) -> dict[str, int]:
    """How often money moved for each order, by the acquirer's own books."""
    moved: dict[str, int] = {}
    for attempt in PaymentAttempt.select():
        number = attempt.order.number
        moved[number] = moved.get(number, 0) + world.sandbox.moved.get(attempt.env_id, 0)
    return moved


def has_a_way_on(answer, address) -> bool:
    return order_path(address) in answer.text


def test_the_vault_is_down_or_the_line_is_cut_before_it_committed(world, vault_server):
    address = world.place()
    with nobody_listens(vault_server):
        answer = world.pay(address)
        assert answer.status_code == 503
        assert "has not kept your card" in answer.text
        assert has_a_way_on(answer, address)
        assert world.look(address) == "awaiting_card"
    world.vault.before = cut_the_line
    assert world.pay(address).status_code == 503
    world.vault.before = lambda: None
    assert not world.held(Order.get())
    assert world.look(address) == "awaiting_card"
    assert [mail.kind for mail in OutgoingMail.select()] == ["order_placed"], "its link pays later"
    assert world.home(world.pay(world.pay_again(address))) == "card_held"


def cut_the_line(*_):
    raise ConnectionResetError


@pytest.mark.parametrize("way", ["reload", "start-up"])
def test_a_timeout_after_the_commit_or_any_process_killed(world, way):
    address = world.place()
    world.vault.after = cut_the_line
    answer = world.pay(address)
    assert answer.status_code == 503
    assert has_a_way_on(answer, address)
    assert world.held(Order.get())
    if way == "reload":
        assert world.look(address) == "card_held"
    else:
        Payments(world.payments._settings).settle(world.clock() + OFFER_VALID + GRACE)
        assert Order.get().state == "card_held"


def test_a_double_click_with_the_same_bytes(world, settings):
    address = world.place()
    raw = world.sealed(offer_of(address)).to_bytes()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.vault.put(raw), range(8)))
    assert len({answer.members["receipt"] for answer in answers}) == 1
    assert sorted(answer.status for answer in answers) == [200] * 7 + [201]


def test_the_same_env_id_with_other_bytes(world):
    address = world.place()
    first, second = (world.sealed(offer_of(address)) for _ in range(2))
    assert first.to_bytes() != second.to_bytes()
    kept = world.vault.put(first.to_bytes())
    refused = world.vault.put(second.to_bytes())
    assert (kept.status, refused.status) == (201, 409)
    assert kept.members == refused.members, "the existing receipt"
    page = world.pay(address)
    assert world.home(page) == "card_held", "and the shopper comes home with it"


def test_a_new_attempt(world, clock):
    address = world.place()
    world.pay(address)  # and the browser dies
    world.vault.store.connection.execute("UPDATE envelopes SET state = 'exported'")
    first = world.desk()
    old = first.take(world.vault.bundle())
    PaymentAttempt.update(expires_at=clock()).execute()
    again = Payments(world.payments._settings).begin(Order.get(), "link.of-order", clock())
    envelope = world.sealed(offer_of(again))
    assert world.vault.put(envelope.to_bytes()).status == 201
    states = world.vault.store.connection.execute("SELECT state, sealed IS NULL FROM envelopes")
    assert states.fetchall() == [("superseded", 1), ("received", 0)]
    world.work_off()
    with pytest.raises(Blocked):
        first.charge(old.waiting[0])
    assert charges(world) == {Order.get().number: 1}
    assert Order.get().state == "charged"


@pytest.mark.parametrize("what", ["order", "amount"])
def test_a_replay_on_another_order_or_amount(world, what):
    mine = world.sealed(offer_of(world.place()))
    other = world.sealed(offer_of(world.place()))
    if what == "order":
        replayed = dataclasses.replace(other, sealed=mine.sealed)
        assert world.vault.put(replayed.to_bytes()).status == 201
        desk = world.desk()
        work = desk.take(world.vault.bundle())
        with pytest.raises(CannotOpen):
            desk.look(work.waiting[0])
        assert desk.charge(work.waiting[0]).state == "unopenable"
    else:
        cheap = re.sub(rb'"amount_minor":[0-9]+', b'"amount_minor":1', mine.offer)
        assert cheap != mine.offer
        replayed = dataclasses.replace(mine, offer=cheap)
        assert world.vault.put(replayed.to_bytes()).members == {"reason": "offer-not-ours"}
    assert sum(charges(world).values()) == 0


def test_the_offer_expired_or_the_price_changed(world, clock):
    address = world.place()
    till = world.payment_page.application.till
    till._clock = lambda: time.time() + 1801
    answer = world.payment_page.get(
        f"/?{urlsplit(address).query}", base_url="http://127.0.0.1:8001"
    )
    assert answer.status_code == 410
    assert "cc-number" not in answer.text
    assert has_a_way_on(answer, address)
    till._clock = time.time
    clock.forward(minutes=31)
    Order.update(total_minor=Order.total_minor + 100).execute()
    fresh = world.pay_again(address)
    assert offer_of(fresh) != offer_of(address)
    assert PaymentAttempt.select().count() == 2
    form = world.payment_page.get(f"/?{urlsplit(fresh).query}", base_url="http://127.0.0.1:8001")
    assert 'autocomplete="cc-number"' in form.text, "the card is entered again"


@pytest.mark.parametrize("what", ["unknown", "expired", "rolled back"])
def test_an_unknown_expired_or_rolled_back_kid(world, settings, what):
    address = world.place()
    till, path = world.payment_page.application.till, settings.instance / "payment/manifest"
    desk, now = desk_keys(settings.instance), int(time.time())
    if what == "unknown":
        path.write_text(changed_manifest(settings, desk, now, lambda epoch: None))
    elif what == "expired":
        over = {"not_after": now, "destroy_after": now + 14 * 86400}
        end = partial(dataclasses.replace, **over)  # the offer itself is still good
        path.write_text(changed_manifest(settings, desk, now, end))
    else:
        old = path.read_text()
        look_ahead(settings.instance, tuple(ROLES), desk, now + WEEK)
        assert till._manifest.current().seq > 1
        path.write_text(old)
    answer = world.payment_page.get(
        f"/?{urlsplit(address).query}", base_url="http://127.0.0.1:8001"
    )
    assert answer.status_code == 503
    assert "with the keys this payment names" in answer.text
    assert "cc-number" not in answer.text
    assert has_a_way_on(answer, address)


def changed_manifest(settings, desk, now, change) -> str:
    """A newer manifest of the same root; `change(epoch)` gives another for each epoch that is open
    now, or None."""
    root = desk.signer("root")
    current = ManifestFile(settings.instance / "keys/manifest", root.public_key()).current()
    changed = [change(epoch) if epoch.is_open(now) else epoch for epoch in current.epochs]
    epochs = tuple(epoch for epoch in changed if epoch)
    return dataclasses.replace(current, seq=current.seq + 1, epochs=epochs).sign(root)


def test_the_vaults_disk_is_full(world):
    connection = world.vault.store.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    states = {}
    for _ in range(12):
        address = world.place()
        answer = world.pay(address)
        states[address] = answer.status_code
        if answer.status_code == 503:
            assert has_a_way_on(answer, address)
            assert world.look(address) == "awaiting_card"
        else:
            assert world.home(answer) == "card_held"
    assert 503 in states.values()
    held = connection.execute("SELECT count(*) FROM envelopes").fetchone()[0]
    assert held == list(states.values()).count(303)
    connection.execute("PRAGMA max_page_count = 1000000")
    lost = next(address for address, status in states.items() if status == 503)
    assert world.home(world.pay(lost)) == "card_held"


def test_a_garbage_envelope(world):
    address = world.place()
    envelope = world.sealed(offer_of(address))
    garbage = dataclasses.replace(envelope, sealed=bytes(len(envelope.sealed)))
    assert world.vault.put(garbage.to_bytes()).status == 201
    assert world.look(address) == "card_held"
    world.work_off()
    assert world.look(address) == "unopenable"
    assert "order_card_again" in [mail.kind for mail in OutgoingMail.select()]
    assert world.home(world.pay(world.pay_again(address))) == "card_held"
    world.work_off()
    assert world.look(address) == "charged"


def test_cancelled_before_it_was_charged(world, clock):
    address = world.place()
    world.home(world.pay(address))
    desk = world.desk()
    old = desk.take(world.vault.bundle())
    world.payments.cancel(Order.get(), clock())
    assert Order.get().state == "cancelling"
    assert not world.held(Order.get())
    world.work_off()
    assert world.look(address) == "cancelled"
    assert desk.charge(old.waiting[0]).state == "cancelled", "the instruction has reached the desk"
    assert charges(world) == {Order.get().number: 0}
    [state] = world.vault.store.connection.execute("SELECT state FROM envelopes").fetchall()
    assert state == ("shredded",)


def test_charged_but_the_statement_was_lost(world):
    address = world.place()
    world.home(world.pay(address))
    work = world.work_off(carry=False)
    first = world.desks[-1].statements(work)
    assert world.look(address) == "card_held"
    again = world.desk()
    same = again.take(world.vault.bundle())
    assert same.waiting == []
    assert again.statements(same) == first
    world.carry(again, same)
    assert world.look(address) == "charged"
    assert charges(world) == {Order.get().number: 1}


@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize("by", ["the acquirer's key", "a person"])
def test_the_desk_dies_while_charging(world, lost, by):
    address = world.place()
    world.home(world.pay(address))
    desk = world.desk()
    world.sandbox.silent = lost
    with pytest.raises(Silent):
        desk.charge(desk.take(world.vault.bundle()).waiting[0])
    world.sandbox.silent = ""
    again = world.desk()
    [row] = again.ledger.pending()
    if by == "a person":
        again.settle(row, world.sandbox.find(row.env_id))
    world.work_off(desk=again)
    assert world.look(address) == "charged"
    assert charges(world) == {Order.get().number: 1}


def test_an_epoch_ends_with_unopened_envelopes(world, clock, caplog):
    address = world.place()
    world.home(world.pay(address))
    connection, now = world.vault.store.connection, int(time.time())
    world.vault._clock = lambda: now + 11 * 86400 - 60
    assert world.vault.look().alarms == []
    world.vault._clock = lambda: now + 11 * 86400 + 60
    [alarm] = world.vault.look().alarms
    assert alarm.startswith("1 unopened cards of epoch")
    world.payments.hear_all(clock())
    assert f"the vault's alarm: {alarm}" in caplog.text
    world.vault._clock = lambda: now + 15 * 86400
    assert world.vault.shred_old() == 1
    assert connection.execute("SELECT state, sealed FROM envelopes").fetchall() == [
        ("expired", None)
    ]
    world.work_off()
    assert world.look(address) == "expired"
    world.vault._clock = time.time
    assert world.home(world.pay(world.pay_again(address))) == "card_held"


# Not rows of their own: what they rest on.


def test_a_declined_card_leads_to_a_second_attempt_that_succeeds(world):
    address = world.place()
    world.home(world.pay(address, DECLINED))
    world.work_off()
    assert world.look(address) == "declined"
    assert world.home(world.pay(world.pay_again(address))) == "card_held"
    world.work_off()
    assert world.look(address) == "charged"
    assert charges(world) == {Order.get().number: 1}


def test_every_row_of_the_table_has_a_test_with_its_name():
    text = DOCUMENT.read_text("utf-8").partition("## What happens when")[2]
    rows = re.findall(r"^\| ([^|]+?) \| [^|]+ \| `(test_\w+)` \|$", text, re.MULTILINE)
    assert len(rows) == 14
    for row, name in rows:
        assert callable(globals()[name]), name
        words = set(re.findall(r"[a-z]{4,}", row.lower()))
        assert len(words & set(name.split("_"))) >= len(words) / 2, (row, name)
