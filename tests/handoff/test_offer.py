import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import Receipt
from storefront.handoff.offer import BadOffer, Offer
from storefront.handoff.wire import unb64u


def test_an_offer_that_the_shop_signed_is_read_back(make_offer, shop_key):
    offer = make_offer()
    assert Offer.verify(offer.sign(shop_key), shop_key.public_key()) == offer


def test_an_offer_names_the_epochs_key_and_its_suites(make_offer, manifest, now):
    epoch = manifest.epoch_at(now)
    assert (make_offer().kid, make_offer().suites) == (epoch.kid, epoch.suites)


def test_every_offer_has_128_random_bits_of_its_own(make_offer):
    ids = {make_offer().env_id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(unb64u(env_id)) == 16 and len(env_id) == 22 for env_id in ids)


def test_an_offer_is_good_for_half_an_hour(make_offer, now):
    offer = make_offer()
    assert not offer.expired(now + 1799)
    assert offer.expired(now + 1800)


def test_an_offer_of_another_shop_is_refused(make_offer, shop_key):
    with pytest.raises(BadOffer, match="signature"):
        Offer.verify(make_offer().sign(Ed25519PrivateKey.generate()), shop_key.public_key())


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"aud": "ftp://x"},
        {"aud": "https://pay.example/path"},
        {"env_id": "short"},
        {"env_id": "A" * 21 + "B"},
        {"order": "k7m2"},
        {"order": "<b>"},
        {"attempt": 0},
        {"attempt": 6},
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"currency": "usd"},
        {"kid": "../key"},
        {"suites": ()},
        {"suites": ("x25519", "x25519")},
        {"policy_version": -1},
        {"expires": "soon"},
    ],
)
def test_an_offer_with_what_no_offer_may_have_is_refused_even_if_signed(
    make_offer, shop_key, change
):
    signed = dataclasses.replace(make_offer(), **change).sign(shop_key)
    with pytest.raises(BadOffer, match=next(iter(change))):
        Offer.verify(signed, shop_key.public_key())


def test_a_sixth_attempt_is_not_offered(manifest, now):
    with pytest.raises(BadOffer, match="attempt"):
        Offer.issue(
            aud="http://127.0.0.1:8001",
            order="K7M2-9QXD",
            attempt=6,
            amount_minor=1,
            currency="USD",
            epoch=manifest.epoch_at(now),
            policy_version=1,
            now=now,
        )


def test_a_receipt_never_passes_for_an_offer(shop_key, now):
    receipt = Receipt("A" * 22, "K7M2-9QXD", "0" * 64, now, 1).sign(shop_key)
    with pytest.raises(BadOffer):
        Offer.verify(receipt, shop_key.public_key())
