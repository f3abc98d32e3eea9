import calendar
import dataclasses
import hashlib

import pytest

from storefront.handoff import suites
from storefront.handoff.seal import INFO, BadCard, Card, check_card, seal_hybrid
from storefront.handoff.wire import b64u, canonical
from tests.desks import desk_keys
from tests.opening import CannotOpen, open_sealed

HYBRID = suites.HYBRID
NOVEMBER_2026 = calendar.timegm((2026, 11, 15, 12, 0, 0))


def errors(number, expiry, now=NOVEMBER_2026):
    with pytest.raises(BadCard) as refused:
        check_card(number, expiry, now)
    return refused.value.errors


@pytest.mark.parametrize(
    "number",
    [
        "4242424242424242",
        "4242 4242 4242 4242",
        " 4242-4242-4242-4242 ",
        "4242\u00a042424242\u20114242",
    ],
)
def test_spaces_and_hyphens_are_fine(number):
    assert check_card(number, "12/30", NOVEMBER_2026) == Card("4242424242424242", 2030, 12)


@pytest.mark.parametrize("number", ["676770000005", "378282246310005", "6304000000000000000"])
def test_numbers_of_12_to_19_digits_are_fine(number):
    assert check_card(number, "12/30", NOVEMBER_2026).number == number


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("", "Enter the number"),
        ("  ", "Enter the number"),
        ("4242 4242 4242 424x", "only digits"),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "only digits"),
        ("42424242424", "12 to 19 digits"),
        ("42424242424242424242", "12 to 19 digits"),
        ("4242424242424241", "wrong or swapped digit"),
    ],
)
def test_a_number_that_is_none_is_refused_with_a_sentence(number, sentence):
    found = errors(number, "12/30")
    assert list(found) == ["cc-number"]
    assert sentence in found["cc-number"]


def test_every_single_wrong_digit_is_noticed():
    good = "4242424242424242"
    for at, digit in enumerate(good):
        for other in set("0123456789") - {digit}:
            assert "cc-number" in errors(good[:at] + other + good[at + 1 :], "12/30")


@pytest.mark.parametrize("expiry", ["12/30", " 12 / 30 ", "12-30", "12/2030", "1230"])
def test_an_expiry_date_is_read_as_people_and_browsers_write_it(expiry):
    assert check_card("4242424242424242", expiry, NOVEMBER_2026) == Card(
        "4242424242424242", 2030, 12
    )


@pytest.mark.parametrize(
    ("expiry", "sentence"),
    [
        ("", "month and year"),
        ("12", "month and year"),
        ("2030-12", "month and year"),
        ("12/1930", "month and year"),
        ("dec 30", "month and year"),
        ("13/30", "from 01 to 12"),
        ("00/30", "from 01 to 12"),
        ("10/26", "has expired"),
        ("12/25", "has expired"),
    ],
)
def test_an_expiry_date_that_is_none_is_refused_with_a_sentence(expiry, sentence):
    found = errors("4242424242424242", expiry)
    assert list(found) == ["cc-exp"]
    assert sentence in found["cc-exp"]


def test_a_card_is_good_through_the_last_second_of_its_month():
    last = calendar.timegm((2026, 11, 30, 23, 59, 59))
    assert check_card("4242424242424242", "11/26", last)
    assert "has expired" in errors("4242424242424242", "11/26", last + 1)["cc-exp"]


def test_both_fields_are_told_at_once_without_what_was_typed():
    found = errors("4111 1111", "99/99")
    assert set(found) == {"cc-number", "cc-exp"}
    assert not any(typed in str(found) for typed in ("4111", "99"))


def test_a_card_is_never_shown():
    assert "4242" not in repr(Card("4242424242424242", 2030, 12))


@pytest.fixture
def card():
    return Card("4242424242424242", 2030, 12)


@pytest.fixture
def epoch(manifest, now):
    return manifest.epoch_at(now)


@pytest.fixture
def seed(instance, epoch):
    """The private half, as the desk has it."""
    return desk_keys(instance).halves(epoch.kid)["mlkem768-x25519"]


def test_a_sealed_card_opens_with_the_desks_private_half(card, make_offer, epoch, seed):
    raw = make_offer().raw
    assert open_sealed(HYBRID, seal_hybrid(card, raw, epoch), raw, seed) == card


def test_a_card_is_sealed_to_1264_bytes_whatever_its_length_and_never_twice_the_same(
    card, make_offer, epoch
):
    raw = make_offer().raw
    short = dataclasses.replace(card, number="4" * 12)
    sealed = [seal_hybrid(one, raw, epoch) for one in (card, card, short)]
    assert [len(one) for one in sealed] == [1264] * 3
    assert len(set(sealed)) == 3


def test_a_sealed_card_does_not_open_for_another_order_or_amount(card, make_offer, epoch, seed):
    offer = make_offer()
    sealed = seal_hybrid(card, offer.raw, epoch)
    for change in ({"order": "OTHER"}, {"amount_minor": 1}, {"attempt": 2}):
        with pytest.raises(CannotOpen):
            open_sealed(HYBRID, sealed, dataclasses.replace(offer, **change).raw, seed)


def test_a_card_whose_digest_names_another_offer_does_not_open(card, make_offer, epoch, seed):
    """A sealer that binds only one of the two, `info` or the digest inside, is not believed."""
    ours, other = make_offer().raw, make_offer().raw
    public_key = suites.public_key(HYBRID, epoch.public_keys[suites.HYBRID])
    plaintext = suites.HPKE[HYBRID].decrypt(
        seal_hybrid(card, other, epoch), suites.hybrid_private_key(seed), INFO + other
    )
    assert len(plaintext) == 128
    sealed = suites.HPKE[HYBRID].encrypt(plaintext, public_key, INFO + ours)
    with pytest.raises(CannotOpen, match="another offer"):
        open_sealed(HYBRID, sealed, ours, seed)


def test_a_sealed_card_that_was_changed_does_not_open(card, make_offer, epoch, seed):
    raw = make_offer().raw
    sealed = seal_hybrid(card, raw, epoch)
    for at in (0, 1100, 1120, len(sealed) - 1):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(CannotOpen):
            open_sealed(HYBRID, changed, raw, seed)
    for cut in (b"", sealed[:-1], sealed[:1000]):
        with pytest.raises(CannotOpen):
            open_sealed(HYBRID, cut, raw, seed)


def test_a_sealed_card_does_not_open_with_another_epochs_key(card, make_offer, epoch):
    raw = make_offer().raw
    with pytest.raises(CannotOpen):
        open_sealed(HYBRID, seal_hybrid(card, raw, epoch), raw, bytes(32))


@pytest.mark.parametrize(
    "plaintext", [b"", b"{}", b"4242424242424242", b'{"exp":"2030-13","pan":"1"}', b"\xff" * 128]
)
def test_what_is_sealed_but_is_no_card_does_not_open(make_offer, epoch, seed, plaintext):
    raw = make_offer().raw
    public_key = suites.public_key(HYBRID, epoch.public_keys[suites.HYBRID])
    sealed = suites.HPKE[HYBRID].encrypt(plaintext, public_key, INFO + raw)
    with pytest.raises(CannotOpen):
        open_sealed(HYBRID, sealed, raw, seed)


@pytest.mark.parametrize("suite", suites.SUITES)
@pytest.mark.parametrize("name", ["cvv", "cvc", "cid", "cvv2"])
def test_a_security_code_sealed_in_beside_the_card_does_not_open(make_offer, epoch, suite, name):
    raw, private = make_offer().raw, suites.new_private_halves()
    key = suites.public_key(suite, suites.public_halves(private)[suite])
    digest = b64u(hashlib.sha256(raw).digest())
    members = {"pan": "4242424242424242", "exp": "2030-12", "offer_sha256": digest}
    good, bad = (
        suites.HPKE[suite].encrypt(canonical(one).ljust(128, b"\0"), key, INFO + raw)
        for one in (members, members | {name: "987"})
    )
    assert open_sealed(suite, good, raw, private[suite]) == Card("4242424242424242", 2030, 12)
    with pytest.raises(CannotOpen) as refused:
        open_sealed(suite, bad, raw, private[suite])
    assert "987" not in str(refused.value)


def test_the_hybrids_keys_are_those_of_x_wing():
    """The first test vector of draft-connolly-cfrg-xwing-kem, appendix C (its beginning)."""
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    public = suites.public_halves({suites.HYBRID: seed, suites.X25519: bytes(32)})
    beginning = "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d"
    assert public[suites.HYBRID].hex().startswith(beginning)
