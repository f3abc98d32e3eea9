"""At the desk: every order is charged once at most, and what was done is said, however often."""

import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import (
    Instruction,
    Statement,
    canonical,
    load_private_key,
    load_public_key,
)
from tests.desks import desk_keys
from vault.acquirer import CHARGES, DECLINES, Amount, Sandbox, Silent, Verdict
from vault.bundle import BadBundle, Bundle, Gone, statement_file
from vault.ledger import Blocked
from vault.opening import CannotOpen, Card

DAY = 86400


@pytest.fixture
def put(vault, make_envelope):
    """Has the vault keep an envelope; which one."""

    def put(*arguments, **changes):
        envelope = make_envelope(*arguments, **changes)
        assert vault.put(envelope.to_bytes()).status == 201
        return envelope

    return put


def statements_of(desk, work, instance):
    key = load_public_key(instance / "vault/desk.pub")
    return [Statement.verify(each, key) for each in desk.statements(work)]


# One good day.


def test_a_card_is_charged_what_the_offer_says_and_the_vault_forgets_it(
    put, vault, desk, instance, states
):
    envelope = put()
    stored = b"".join(path.read_bytes() for path in (instance / "vault").glob("store.sqlite*"))
    assert envelope.sealed[:500] in stored
    work = desk.take(vault.bundle())
    [waiting] = work.waiting
    assert waiting.amount == Amount(1999, "USD")
    assert desk.charge(waiting).state == "charged"
    [said] = statements_of(desk, work, instance)
    assert (said.order, said.outcome, said.amount_minor) == ("K7M2-9QXD", "charged", 1999)
    assert said.acquirer_reference.startswith("ch_")
    assert (said.instruction, said.desk_seq) == (None, 1)
    assert states() == [("K7M2-9QXD", 1, "exported", 1)]
    vault.take_statements(statement_file(desk.statements(work)))
    assert states() == [("K7M2-9QXD", 1, "shredded", 0)]
    for path in (instance / "vault").glob("store.sqlite*"):
        assert envelope.sealed[:500] not in path.read_bytes(), path


# Nobody opens what nobody should.


def test_every_suite_that_is_offered_opens(instance, make_envelope, desk, put, vault):
    """The browser's suite, sealed here with the library's own HPKE."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    from storefront.handoff.seal import _plaintext, check_card
    from vault.opening import open_card

    envelope = make_envelope()
    halves = desk_keys(instance).halves(envelope.kid)
    from storefront.handoff.envelope import Envelope, public_halves

    public = X25519PublicKey.from_public_bytes(public_halves(halves)["x25519"])
    hpke = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    card = check_card("5555 5555 5555 4444", "01/40", 0)
    plain = _plaintext(card, envelope.offer)
    sealed = hpke.encrypt(plain, public, b"storefront-card/1\0" + envelope.offer)
    compact = envelope.compact_offer
    made = Envelope.around(sealed, compact_offer=compact, kid=envelope.kid, suite="x25519")
    assert open_card(made, halves) == Card("5555555555554444", 2040, 1)


def test_garbage_is_unopenable_and_the_desk_says_so(put, work_off, told, states):
    put("BAD22-22222", spoilt=True)
    put("GOOD2-22222")
    assert [row.state for row in work_off()] == ["unopenable", "charged"]
    assert told() == [("BAD22-22222", "unopenable"), ("GOOD2-22222", "charged")]
    assert [state for _, _, state, _ in states()] == ["shredded", "shredded"]


def test_a_card_for_another_order_or_amount_never_opens(make_envelope, desk, put, vault):
    """What was sealed for one offer, put into an envelope with another."""
    import dataclasses

    cheap, dear = make_envelope("CHEAP-22222"), make_envelope("DEARR-22222", amount_minor=999900)
    moved = dataclasses.replace(dear, sealed=cheap.sealed)
    assert vault.put(moved.to_bytes()).status == 201
    [waiting] = desk.take(vault.bundle()).waiting
    with pytest.raises(CannotOpen):
        desk.look(waiting)
    assert desk.charge(waiting).state == "unopenable"


def test_a_card_whose_epoch_was_destroyed_is_expired(put, work_off, told, instance):
    envelope = put()
    desk_keys(instance).destroy(envelope.kid)
    assert [row.state for row in work_off()] == ["expired"]
    assert told() == [("K7M2-9QXD", "expired")]


def test_a_desk_without_the_key_says_nothing_about_the_card(put, vault, desk, instance):
    from storefront.handoff.envelope import HandoffError

    envelope = put()
    (instance / f"desk/epochs/{envelope.kid}.json").unlink()
    work = desk.take(vault.bundle())
    with pytest.raises(HandoffError, match="has no key for this card"):
        desk.charge(work.waiting[0])
    assert desk.statements(work) == []


def test_a_card_that_lay_too_long_is_not_charged(put, vault, make_desk, sandbox, now):
    put()
    desk = make_desk(sandbox, lambda: now + 15 * DAY)
    [waiting] = desk.take(vault.bundle()).waiting
    assert desk.charge(waiting).state == "expired"


def test_what_expired_at_the_vault_is_said_to_have(put, vault, work_off, told, states):
    put()
    vault.store.connection.execute("UPDATE envelopes SET stored_at = stored_at - 15 * 86400")
    assert vault.shred_old() == 1
    assert states() == [("K7M2-9QXD", 1, "expired", 0)]
    assert work_off() == []
    assert told() == [("K7M2-9QXD", "expired")]
    assert states() == [("K7M2-9QXD", 1, "shredded", 0)]
    assert vault.bundle() is None


# One charge an order.


def test_a_bundle_taken_twice_charges_once_and_says_the_same_again(put, vault, desk, sandbox):
    put()
    raw = vault.bundle()
    first = desk.take(raw)
    desk.charge(first.waiting[0])
    said = desk.statements(first)
    again = desk.take(raw)
    assert again.waiting == []
    assert desk.statements(again) == said
    assert desk.charge(first.waiting[0]).state == "charged"
    assert desk.statements(again) == said


def test_a_second_attempt_at_a_charged_order_is_blocked(put, vault, desk):
    put()
    first = desk.take(vault.bundle())
    put(attempt=2)
    second = desk.take(vault.bundle())
    desk.charge(first.waiting[0])
    with pytest.raises(Blocked, match="charged by attempt 1"):
        desk.charge(second.waiting[0])
    assert len(desk.statements(second)) == 1


def test_an_older_attempt_is_not_charged_after_a_later_one(put, vault, desk):
    put(number="4242 4242 4242 4242")
    first = desk.take(vault.bundle())
    put(attempt=2, number="4000 0000 0000 0002")
    second = desk.take(vault.bundle())
    assert desk.charge(second.waiting[0]).state == "declined"
    with pytest.raises(Blocked, match="has a later attempt"):
        desk.charge(first.waiting[0])


def test_a_declined_card_leads_to_a_second_attempt_that_succeeds(put, work_off, told):
    put(number="4000 0000 0000 0002")
    work_off()
    put(attempt=2)
    work_off()
    assert told() == [("K7M2-9QXD", "declined"), ("K7M2-9QXD", "charged")]


def test_two_charged_rows_of_one_order_cannot_be_written(desk, put, vault):
    put()
    desk.charge(desk.take(vault.bundle()).waiting[0])
    columns = '"order", attempt, env_id, amount_minor, currency, state, begun_at'
    with pytest.raises(sqlite3.IntegrityError):
        desk.ledger.connection.execute(
            f"INSERT INTO charges ({columns}) VALUES ('K7M2-9QXD', 2, 'x', 1, 'USD', 'pending', 0)"
        )


# The acquirer does not answer, or the desk dies.


class Wire:
    """An acquirer at the end of a bad wire, with a real memory: what it loses, it has done."""

    name = "wire"

    def __init__(self, sandbox: Sandbox):
        self.sandbox, self.lose, self.reached, self.charges = sandbox, "", True, 0

    def charge(self, card, amount, key):
        if self.lose == "before":
            raise Silent("nothing came of it")
        verdict = self.sandbox.charge(card, amount, key)
        self.charges += 1
        if self.lose == "after":
            raise Silent("it charged, and the answer was lost")
        return verdict

    def find(self, key):
        if not self.reached:
            raise Silent("nobody there")
        return self.sandbox.find(key)

    def refund(self, reference, amount, key):
        return self.sandbox.refund(reference, amount, key)


@pytest.fixture
def wire(sandbox):
    return Wire(sandbox)


@pytest.mark.parametrize("lose", ["before", "after"])
def test_a_desk_that_died_while_charging_is_settled_by_the_acquirers_key(
    put, vault, make_desk, wire, lose
):
    put()
    raw = vault.bundle()
    desk = make_desk(wire)
    wire.lose = lose
    with pytest.raises(Silent):
        desk.charge(desk.take(raw).waiting[0])
    assert [row.state for row in desk.ledger.pending()] == ["pending"]
    wire.lose = ""
    again = make_desk(wire)
    [waiting] = again.take(raw).waiting
    assert again.charge(waiting).state == "charged"
    assert wire.charges == 1
    assert len(again.statements(None)) == 1


def test_a_pending_charge_stays_pending_while_the_acquirer_is_not_reached(
    put, vault, make_desk, wire
):
    put()
    desk = make_desk(wire)
    [waiting] = desk.take(vault.bundle()).waiting
    wire.lose, wire.reached = "after", False
    for _ in range(3):
        with pytest.raises(Silent):
            desk.charge(waiting)
    assert wire.charges == 1
    assert desk.statements(None) == []


def test_a_person_settles_what_the_acquirer_cannot(put, vault, make_desk, wire, instance):
    put()
    desk = make_desk(wire)
    wire.lose = "before"
    with pytest.raises(Silent):
        desk.charge(desk.take(vault.bundle()).waiting[0])
    [row] = desk.ledger.pending()
    assert desk.settle(row, Verdict(True, "slip-17")).state == "charged"
    [said] = statements_of(desk, None, instance)
    assert (said.outcome, said.acquirer_reference) == ("charged", "slip-17")


def test_what_a_person_says_was_never_tried_can_be_charged_again(put, vault, make_desk, wire):
    put()
    desk = make_desk(wire)
    [waiting] = desk.take(vault.bundle()).waiting
    wire.lose = "before"
    with pytest.raises(Silent):
        desk.charge(waiting)
    assert desk.settle(desk.ledger.pending()[0], None).state == "abandoned"
    assert desk.statements(None) == []
    wire.lose = ""
    assert desk.charge(waiting).state == "charged"


@pytest.mark.parametrize(("lose", "second"), [("before", "charged"), ("after", None)])
def test_a_new_attempt_waits_until_the_pending_one_is_settled(
    put, vault, make_desk, wire, lose, second
):
    put()
    desk = make_desk(wire)
    wire.lose = lose
    with pytest.raises(Silent):
        desk.charge(desk.take(vault.bundle()).waiting[0])
    put(attempt=2)
    [later] = desk.take(vault.bundle()).waiting
    wire.lose = ""
    if second:
        assert desk.charge(later).state == second
    else:
        with pytest.raises(Blocked, match="charged by attempt 1"):
            desk.charge(later)
    assert wire.charges == 1


def test_what_was_begun_is_settled_although_its_card_is_gone(put, vault, make_desk, wire, instruct):
    put()
    desk = make_desk(wire)
    wire.lose = "after"
    with pytest.raises(Silent):
        desk.charge(desk.take(vault.bundle()).waiting[0])
    instruct("cancel")
    work = desk.take(vault.bundle())
    assert work.waiting == []
    desk.resolve_left(work)
    assert [row.state for row in [desk.ledger.row("K7M2-9QXD", 1)]] == ["charged"]
    assert len(desk.statements(work)) == 1


# Cancelling and refunding.


def test_cancelled_before_it_was_charged_it_is_never_charged(
    put, vault, desk, instruct, told, states, work_off
):
    put()
    old = desk.take(vault.bundle())
    assert instruct("cancel").members == {"held": 1}
    assert states() == [("K7M2-9QXD", 1, "cancelled", 0)]
    assert work_off() == []
    assert told() == [("K7M2-9QXD", "cancelled")]
    assert desk.charge(old.waiting[0]).state == "cancelled"
    assert states() == [("K7M2-9QXD", 1, "shredded", 0)]
    assert vault.bundle() is None


def test_cancelled_after_it_was_charged_the_charge_is_said_again(
    put, vault, desk, instruct, told, work_off
):
    put()
    work_off(bring_home=False)
    assert instruct("cancel").members == {"held": 1}
    work_off()
    assert told() == [("K7M2-9QXD", "charged")]
    assert instruct("cancel", seq=2).members == {"held": 0}
    assert vault.bundle() is None


def test_after_a_cancellation_no_card_is_kept_for_the_order(vault, make_envelope, instruct):
    assert instruct("cancel").members == {"held": 0}
    assert vault.put(make_envelope().to_bytes()) == (410, {"reason": "settled"})
    assert vault.bundle() is None


def test_after_a_charge_no_card_is_kept_for_the_order(vault, make_envelope, put, work_off):
    put()
    work_off()
    assert vault.put(make_envelope(attempt=2).to_bytes()) == (410, {"reason": "settled"})


def test_a_charge_comes_home_after_another_attempt_arrived_and_that_card_is_deleted(
    put, vault, desk, states
):
    put()
    work = desk.take(vault.bundle())
    desk.charge(work.waiting[0])
    put(attempt=2)
    vault.take_statements(statement_file(desk.statements(work)))
    assert states() == [("K7M2-9QXD", 1, "superseded", 0), ("K7M2-9QXD", 2, "superseded", 0)]


def test_a_cancellation_that_the_shop_did_not_sign_is_passed_over(put, vault, desk, instance, now):
    put()
    work = desk.take(vault.bundle())
    gone = [each.envelope.compact_offer for each in work.waiting]
    key = load_private_key(instance / "vault/vault.key")
    forged = Bundle(9, now, 0, (), (Gone(gone[0], "cancelled"),), ("Zm9yZ2Vk.Zm9yZ2Vk",))
    odd = desk.take(forged.to_bytes(key))
    assert [sentence.split(".")[0] for sentence in odd.odd] == [
        "An instruction is not our shop's",
        "K7M2-9QXD is not said by our shop to be cancelled",
    ]
    assert desk.charge(work.waiting[0]).state == "charged"


def test_money_is_given_back_once_and_never_more_than_was_taken(
    put, vault, desk, instruct, told, work_off
):
    put()
    work_off()
    instruct("refund", amount=500, line=3)
    raw = vault.bundle()
    work_off()
    work_off_again = desk.take(raw)
    assert desk.refund(work_off_again.refunds[0])
    assert told() == [("K7M2-9QXD", "charged"), ("K7M2-9QXD", "refunded")]
    assert vault.bundle() is None
    instruct("refund", amount=1500)
    work = desk.take(vault.bundle())
    with pytest.raises(Blocked, match="not charged so much"):
        desk.refund(work.refunds[0])
    instruct("refund", amount=1499)
    work = desk.take(vault.bundle())
    assert desk.refund(work.refunds[1])


def test_nothing_is_given_back_for_an_order_that_was_not_charged(put, vault, desk, instruct):
    put(number="4000 0000 0000 0002")
    instruct("refund", amount=1)
    work = desk.take(vault.bundle())
    with pytest.raises(Blocked, match="no charge to refund"):
        desk.refund(work.refunds[0])


# What travels.


def test_statements_that_were_lost_on_the_way_are_carried_again(put, vault, desk, told, work_off):
    put("AAAAA-22222")
    work_off(bring_home=False)
    put("BBBBB-22222")
    work_off()
    assert told() == [("AAAAA-22222", "charged"), ("BBBBB-22222", "charged")]


def test_statements_that_have_come_home_are_not_carried_again(put, vault, desk, work_off):
    put("AAAAA-22222")
    work_off()
    put("BBBBB-22222")
    work = desk.take(vault.bundle())
    assert work.bundle.statements_seen == 1
    assert desk.statements(work) == []


def test_the_same_statements_twice_change_nothing(put, vault, desk, told):
    put()
    work = desk.take(vault.bundle())
    desk.charge(work.waiting[0])
    raw = statement_file(desk.statements(work))
    assert vault.take_statements(raw).members == {"new": 1}
    assert vault.take_statements(raw).members == {"new": 0}
    assert told() == [("K7M2-9QXD", "charged")]


def test_a_statement_that_the_desk_did_not_sign_is_refused_with_all_the_others(put, vault, desk):
    put()
    work = desk.take(vault.bundle())
    desk.charge(work.waiting[0])
    forged = Statement("A" * 22, "K7M2-9QXD", "declined", 1, "USD", "", None, 2)
    raw = statement_file([*desk.statements(work), forged.sign(Ed25519PrivateKey.generate())])
    assert vault.take_statements(raw) == (403, {"reason": "statement-not-ours"})
    assert vault.statements_after(0).members == {"last": 0, "statements": []}


def test_another_statement_under_a_number_that_was_used_is_refused(put, vault, desk, instance):
    put()
    work = desk.take(vault.bundle())
    desk.charge(work.waiting[0])
    vault.take_statements(statement_file(desk.statements(work)))
    other = Statement("A" * 22, "K7M2-9QXD", "declined", 1, "USD", "", None, 1)
    raw = statement_file([other.sign(desk_keys(instance).signer("desk"))])
    assert vault.take_statements(raw) == (409, {"reason": "number-taken"})


def test_an_instruction_number_stands_for_one_instruction(instruct):
    assert instruct("refund", amount=5, seq=4).status == 200
    assert instruct("refund", amount=5, seq=4).status == 200
    assert instruct("refund", amount=6, seq=4) == (409, {"reason": "number-taken"})


def test_an_instruction_under_a_number_that_was_used_is_said_and_passed_over(
    put, vault, desk, instance, now
):
    """A vault that is not honest may pass on both."""
    put("AAAAA-22222")
    put("BBBBB-22222")
    signer = load_private_key(instance / "keys/shop.key")
    both = [
        Instruction("cancel", f"{name}-22222", None, 1, "USD", 7) for name in ("AAAAA", "BBBBB")
    ]
    told = Bundle(9, now, 0, (), (), tuple(each.sign(signer) for each in both))
    odd = desk.take(told.to_bytes(load_private_key(instance / "vault/vault.key"))).odd
    assert odd == ["The shop's instruction 7 was another one before."]
    first, second = desk.ledger.cancelled_by("AAAAA-22222"), desk.ledger.cancelled_by("BBBBB-22222")
    assert (first, second) == (7, None)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"instruction":1}', b'{"instruction":"a.b"}', b"["])
def test_an_instruction_that_is_not_the_shops_is_refused(vault, raw):
    assert vault.put_instruction(raw).status in (400, 403)


@pytest.mark.parametrize("cut", [1, 100, 2000])
def test_a_bundle_that_was_cut_short_or_changed_is_refused(put, vault, desk, cut):
    put()
    raw = vault.bundle()
    for bad in (raw[:-cut], raw + b"\n", raw.replace(b"sealed", b"opened"), b"", b"\xff"):
        with pytest.raises(BadBundle):
            desk.take(bad)


def test_a_bundle_of_another_vault_is_refused(put, vault, desk):
    put()
    bundle = Bundle(1, 0, 0)
    with pytest.raises(BadBundle):
        desk.take(bundle.to_bytes(Ed25519PrivateKey.generate()))
    assert canonical([]) == b"[]"


# The sandbox.


def test_a_ledger_that_is_older_than_what_the_vault_has_seen_says_so_and_is_heard(
    put, vault, make_desk, sandbox, instance, work_off, told
):
    """Restored from a backup, or a new desk: it must not count what the vault knows already."""
    put("AAAAA-22222")
    work_off()
    (instance / "desk/ledger.sqlite").rename(instance / "desk/lost")
    desk = make_desk(sandbox)
    put("BBBBB-22222")
    work = desk.take(vault.bundle())
    assert "ends with statement 0, and the vault has seen 1" in work.odd[0]
    assert desk.charge(work.waiting[0]).state == "charged"
    answer = vault.take_statements(statement_file(desk.statements(work)))
    assert answer == (200, {"new": 1})
    assert told() == [("AAAAA-22222", "charged"), ("BBBBB-22222", "charged")]
    put("CCCCC-22222")
    assert desk.take(vault.bundle()).odd == []


def test_a_vault_cannot_use_up_the_desks_numbers(desk, instance, now):
    key = load_private_key(instance / "vault/vault.key")
    with pytest.raises(BadBundle, match="more statements than any desk"):
        desk.take(Bundle(1, now, 2**53 - 1).to_bytes(key))
    assert desk.ledger.last_statement() == 0


@pytest.mark.parametrize(
    ("ahead", "said"), [(0, False), (13 * DAY, False), (15 * DAY, True), (-7200, True)]
)
def test_a_clock_that_is_wrong_is_said_before_cards_are_given_up(
    put, vault, make_desk, sandbox, now, ahead, said
):
    put()
    work = make_desk(sandbox, lambda: now + ahead).take(vault.bundle())
    assert any("Set the clock right" in sentence for sentence in work.odd) == said


@pytest.mark.parametrize("line", [b"null", b"1", b'"envelope"', b"[]", b"{}"])
def test_a_bundle_with_a_line_of_another_kind_is_refused(desk, instance, monkeypatch, now, line):
    monkeypatch.setattr(Bundle, "_lines", lambda self: [line])
    raw = Bundle(1, now, 0).to_bytes(load_private_key(instance / "vault/vault.key"))
    with pytest.raises(BadBundle):
        desk.take(raw)


@pytest.mark.parametrize("number", CHARGES)
def test_published_numbers_that_charge_are_charged(sandbox, number):
    verdict = sandbox.charge(Card(number, 2039, 12), Amount(100, "USD"), number)
    assert verdict.moved


@pytest.mark.parametrize(("number", "reason"), DECLINES.items())
def test_published_numbers_that_are_declined_give_their_reason(sandbox, number, reason):
    verdict = sandbox.charge(Card(number, 2039, 12), Amount(100, "USD"), number)
    assert (verdict.moved, verdict.reason) == (False, reason)


def test_a_number_that_is_no_published_test_card_is_never_charged(sandbox):
    verdict = sandbox.charge(Card("4929000000006", 2039, 12), Amount(100, "USD"), "key")
    assert verdict == Verdict(False, verdict.reference, "not_a_test_card")


def test_the_sandbox_gives_one_verdict_for_one_key_for_ever(sandbox, instance):
    first = sandbox.charge(Card(CHARGES[0], 2039, 12), Amount(100, "USD"), "key")
    again = Sandbox(instance / "desk/sandbox.sqlite")
    assert again.charge(Card("4000000000000002", 2039, 12), Amount(1, "USD"), "key") == first
    assert again.find("key") == first
    assert again.find("another") is None
    again.close()


def test_no_card_number_is_kept_at_the_desk(put, work_off, instance):
    put()
    work_off()
    for path in (instance / "desk").rglob("*"):
        if path.is_file():
            assert b"4242424242424242" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("number", "shown"),
    [("4242424242424242", "424242******4242"), ("378282246310005", "378282*****0005")],
)
def test_at_most_the_first_six_and_the_last_four_digits_are_shown(number, shown):
    assert Card(number, 2039, 12).masked == shown
    assert number not in repr(Card(number, 2039, 12))
