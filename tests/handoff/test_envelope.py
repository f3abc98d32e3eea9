import dataclasses
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import (
    BadEnvelope,
    BadOffer,
    BadReceipt,
    Envelope,
    HandoffError,
    Receipt,
    canonical,
    read_canonical,
)
from storefront.handoff.line import EnvelopeRefused, Line


@pytest.fixture
def envelope(make_offer, shop_key):
    offer = make_offer()
    return Envelope.around(
        b"sealed", compact_offer=offer.sign(shop_key), kid=offer.kid, suite="mlkem768-x25519"
    )


def test_an_envelope_is_read_back(envelope):
    assert Envelope.read(envelope.to_bytes()) == envelope


def test_an_envelope_carries_the_offer_exactly_as_it_was_signed(envelope, shop_key):
    again = Envelope.read(envelope.to_bytes())
    offer = again.verified_offer(shop_key.public_key())
    assert offer.raw == again.offer
    assert offer.sign(shop_key) == again.compact_offer


def test_an_envelope_with_a_changed_offer_is_refused(envelope, shop_key):
    changed = dataclasses.replace(envelope, offer=envelope.offer.replace(b"123456", b"1"))
    with pytest.raises(BadOffer):
        changed.verified_offer(shop_key.public_key())


@pytest.mark.parametrize(
    "change", [{"v": 2}, {"kid": ""}, {"suite": "A"}, {"sealed": "AB"}, {"sealed": ""}, {"x": 1}]
)
def test_an_envelope_with_other_members_is_refused(envelope, change):
    members = read_canonical(envelope.to_bytes()) | change
    with pytest.raises(BadEnvelope):
        Envelope.read(canonical(members))


@pytest.mark.parametrize("name", ["cvv", "cvc", "cid", "cvv2", "CVV", "csc", "cvn", "pin"])
def test_an_envelope_with_a_security_code_is_refused_by_the_vault_and_not_echoed(
    envelope, served, instance, name, kept, caplog
):
    caplog.set_level("DEBUG")
    members = read_canonical(envelope.to_bytes()) | {name: "987"}
    with pytest.raises(BadEnvelope) as refused:
        Envelope.read(canonical(members))
    assert not re.search(f"987|{name}", str(refused.value))
    answer = served.vault.put(canonical(members))
    assert answer == (400, {"reason": "malformed"})
    with pytest.raises(EnvelopeRefused, match="malformed"):
        Line(served.address, instance / "payment").put_envelope(canonical(members))
    assert "987" not in caplog.text
    assert kept() == []


def test_an_envelope_in_another_spelling_is_refused(envelope):
    with pytest.raises(BadEnvelope, match="canonical"):
        Envelope.read(envelope.to_bytes() + b" ")


def test_an_envelope_past_4_kib_is_refused(envelope):
    big = dataclasses.replace(envelope, sealed=bytes(4096))
    with pytest.raises(BadEnvelope, match="at most 4096"):
        Envelope.read(big.to_bytes())


@pytest.fixture
def receipt(envelope, now):
    return Receipt("A" * 22, "K7M2-9QXD", envelope.sha256, now, 7)


def test_a_receipt_that_the_vault_signed_is_read_back(receipt, shop_key):
    assert Receipt.verify(receipt.sign(shop_key), shop_key.public_key()) == receipt


def test_a_receipt_of_another_vault_is_refused(receipt, shop_key):
    with pytest.raises(BadReceipt):
        Receipt.verify(receipt.sign(Ed25519PrivateKey.generate()), shop_key.public_key())


@pytest.mark.parametrize("change", [{"vault_seq": 0}, {"envelope_sha256": "A" * 64}, {"order": ""}])
def test_a_receipt_with_what_no_receipt_may_have_is_refused(receipt, shop_key, change):
    signed = dataclasses.replace(receipt, **change).sign(shop_key)
    with pytest.raises(BadReceipt):
        Receipt.verify(signed, shop_key.public_key())


@pytest.mark.parametrize("text", ["", "x", "a.b", "é.é", "4242424242424242"])
def test_garbage_is_no_receipt(shop_key, text):
    with pytest.raises(BadReceipt) as refused:
        Receipt.verify(text, shop_key.public_key())
    assert isinstance(refused.value, HandoffError)
    assert "4242" not in str(refused.value)


def test_an_offer_never_passes_for_a_receipt(make_offer, shop_key):
    with pytest.raises(BadReceipt):
        Receipt.verify(make_offer().sign(shop_key), shop_key.public_key())
