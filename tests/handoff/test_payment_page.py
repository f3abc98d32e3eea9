"""The form, and a card's way from it to a vault that really serves."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import Envelope, Receipt, load_public_key
from storefront.handoff.seal import Card, open_hybrid
from storefront.handoff.wire import unb64u
from tests.desks import desk_keys
from vault import keys
from vault.intake import Answer

HERE, SHOP = "http://127.0.0.1:8001", "http://localhost:8000"
LINK = "MTIzNDU2.link-_of.an-order"
BACK = f"{SHOP}/orders/{LINK}"
NUMBER = "4242 4242 4242 4242"
WEEK = 7 * 86400


# The form


def test_the_page_shows_the_amount_the_order_and_the_form(client, offer, look, state):
    answer = look(client, offer)
    assert answer.status_code == 200
    assert state(answer) == "card"
    for part in (
        "<h1>Pay for your order</h1>",
        "$1,234.56",
        "K7M2-9QXD",
        'autocomplete="cc-number" required inputmode="numeric"',
        'autocomplete="cc-exp" required placeholder="MM/YY"',
        '<label for="cc-number">',
        '<label for="cc-exp">',
        f'<a href="{BACK}">',
        f'name="offer" value="{offer}"',
        f'name="link" value="{LINK}"',
    ):
        assert part in answer.text
    assert "aria-invalid" not in answer.text


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(5, "USD", "$0.05"), (1234, "JPY", "¥1,234"), (1234, "KWD", "1.234"), (100, "EUR", "€1.00")],
)
def test_the_amount_is_written_as_its_currency_is(
    client, make_offer, shop_key, minor, currency, shown, look
):
    signed = make_offer(amount_minor=minor, currency=currency).sign(shop_key)
    assert shown in look(client, signed).text


@pytest.mark.parametrize(
    "link", ["", "short", "x" * 121, "a/b/c/d/e/f", '"><script>x', "a b c d e"]
)
def test_a_link_that_is_none_is_refused_and_never_echoed(client, offer, link, look, refused):
    answer = look(client, offer, link)
    refused(answer, 400, "the address is not complete", [f"{SHOP}/"])
    assert not link or f"orders/{link}" not in answer.text
    assert "<script" not in answer.text


def test_without_an_offer_the_page_says_where_it_opens_from(client, refused):
    refused(client.get("/", base_url=HERE), 400, "opens from your order", [f"{SHOP}/"])


def test_two_offers_are_none(client, offer, refused):
    answer = client.get(f"/?offer={offer}&offer={offer}&link={LINK}", base_url=HERE)
    refused(answer, 400, "did not come from our shop")


def test_an_offer_of_another_shop_is_refused(client, make_offer, look, pay, refused):
    signed = make_offer().sign(Ed25519PrivateKey.generate())
    for answer in (look(client, signed), pay(client, signed)):
        refused(answer, 400, "did not come from our shop")


def test_a_tampered_offer_is_refused_and_nothing_goes_down_the_line(
    client, offer, pay, refused, kept
):
    for at in (3, len(offer) // 2, len(offer) - 3):
        changed = offer[:at] + ("A" if offer[at] != "A" else "B") + offer[at + 1 :]
        refused(pay(client, changed), 400, "did not come from our shop")
    assert kept() == []


def test_an_offer_for_another_payment_page_is_refused(client, make_offer, shop_key, look, refused):
    signed = make_offer(aud="https://pay.example").sign(shop_key)
    refused(look(client, signed), 400, "did not come from our shop")


def test_an_offer_that_has_run_out_gets_no_form_and_takes_no_card(
    client, offer, clock, look, pay, refused, kept
):
    clock[0] += 1800
    for answer in (look(client, offer), pay(client, offer)):
        refused(answer, 410, "Go back to your order for a fresh page")
    assert kept() == []


def test_an_unknown_key_gets_no_form_and_takes_no_card(
    client, make_offer, shop_key, look, pay, refused, kept
):
    signed = make_offer(kid="0123456789abcdef").sign(shop_key)
    for answer in (look(client, signed), pay(client, signed)):
        refused(answer, 503, "we will not take it")
    assert kept() == []


def test_a_key_past_its_time_gets_no_form(client, make_offer, shop_key, clock, look, refused):
    clock[0] += 2 * WEEK
    refused(look(client, make_offer(issued=clock[0]).sign(shop_key)), 503, "fresh page")


def test_an_offer_without_the_suite_of_this_page_gets_no_form(
    client, make_offer, shop_key, look, refused
):
    refused(look(client, make_offer(suites=("x25519",)).sign(shop_key)), 503, "fresh page")


def test_a_rolled_back_manifest_gets_no_form(client, offer, instance, now, look, pay, refused):
    path = instance / "payment/manifest"
    old = path.read_bytes()
    keys.init(instance, now + WEEK)
    assert look(client, offer).status_code == 200
    path.write_bytes(old)
    for answer in (look(client, offer), pay(client, offer)):
        refused(answer, 503, "we will not take it")


# Taking a card


def test_a_card_goes_to_the_vault_and_the_shopper_back_to_the_shop_with_the_receipt(
    client, offer, instance, manifest, now, pay, kept
):
    answer = pay(client, offer)
    assert answer.status_code == 303
    there = urlsplit(answer.location)
    assert answer.location.startswith(f"{BACK}/return?receipt=")
    compact = parse_qs(there.query)["receipt"][0]
    receipt = Receipt.verify(compact, load_public_key(instance / "keys/vault.pub"))
    assert receipt.order == "K7M2-9QXD"
    ((signed, sealed),) = kept()
    assert signed == offer
    kid = manifest.epoch_at(now).kid
    desk = desk_keys(instance).halves(kid)
    raw = unb64u(offer.split(".")[0])
    opened = open_hybrid(sealed, raw, desk["mlkem768-x25519"])
    assert opened == Card("4242424242424242", 2039, 12)
    envelope = Envelope.around(sealed, compact_offer=offer, kid=kid, suite="mlkem768-x25519")
    assert envelope.sha256 == receipt.envelope_sha256


def test_a_double_click_gets_the_same_receipt_and_keeps_one_card(client, offer, pay, kept):
    first, second = pay(client, offer), pay(client, offer)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert len(kept()) == 1


def test_a_page_superseded_by_a_newer_attempt_says_so(client, make_offer, shop_key, pay, refused):
    assert pay(client, make_offer(attempt=2).sign(shop_key)).status_code == 303
    answer = pay(client, make_offer(attempt=1).sign(shop_key))
    refused(answer, 410, "A newer payment for this order has been started")


def test_an_envelope_the_vault_refuses_leads_back_to_the_order(
    client, offer, served, monkeypatch, clock, pay, refused
):
    monkeypatch.setattr(served.vault, "_clock", lambda: clock[0] + 1800)
    refused(pay(client, offer), 410, "can no longer be used")


@pytest.mark.parametrize(
    ("number", "expiry", "found"),
    [
        ("4242424242424241", "12/39", {"cc-number": "wrong or swapped digit"}),
        ("4242 4242 4242 424x", "12/39", {"cc-number": "only digits"}),
        ("4242", "12/39", {"cc-number": "12 to 19 digits"}),
        ("", "12/39", {"cc-number": "Enter the number"}),
        (NUMBER, "01/20", {"cc-exp": "has expired"}),
        (NUMBER, "13/39", {"cc-exp": "from 01 to 12"}),
        (NUMBER, "soon", {"cc-exp": "month and year"}),
        ("4000-0000", "1/1/39", {"cc-number": "12 to 19 digits", "cc-exp": "month and year"}),
    ],
)
def test_a_card_that_is_none_is_refused_beside_its_fields(
    client, offer, number, expiry, found, pay, state, kept
):
    answer = pay(client, offer, number=number, expiry=expiry)
    assert answer.status_code == 422
    assert state(answer) == "card"
    assert "<title>Error: " in answer.text
    assert "For your safety we did not keep what you typed" in answer.text
    assert 'role="alert"' in answer.text
    for name in ("cc-number", "cc-exp"):
        sentence = re.search(f'<p class="error" id="{name}-error">(.*?)</p>', answer.text)
        assert bool(sentence) == (name in found)
        assert answer.text.count(f'<a href="#{name}">') == (name in found)
        assert (f'aria-describedby="{name}-hint {name}-error"' in answer.text) == (name in found)
        if sentence:
            assert found[name] in sentence[1]
    assert answer.text.count('aria-invalid="true"') == len(found)
    assert kept() == []


def test_what_was_typed_is_never_written_into_a_page(client, offer, pay):
    answer = pay(client, offer, number="4000 1234 5678 9019", expiry="77/66")
    assert answer.status_code == 422
    assert not re.search("4000|1234 5678|9019|77/66", answer.text.replace(offer, ""))


@pytest.mark.parametrize("name", ["cc-number", "cc-exp"])
def test_a_field_that_comes_twice_or_not_at_all_is_refused(client, offer, name, kept):
    form = {"offer": offer, "link": LINK, "cc-number": NUMBER, "cc-exp": "12/39"}
    twice = client.post("/", data=form | {name: [form[name]] * 2}, base_url=HERE)
    del form[name]
    never = client.post("/", data=form, base_url=HERE)
    assert (twice.status_code, never.status_code) == (422, 422)
    assert "more than once" in twice.text
    assert f'id="{name}-error"' in twice.text
    assert f'id="{name}-error"' in never.text
    assert kept() == []


@pytest.mark.parametrize(
    "name",
    [
        "cvv",
        "CVC",
        "cid",
        "cvv2",
        "csc",
        "cvn",
        "security_code",
        "cc-csc",
        "Security-Code",
        "card[cvc]",
        "cardCode",
        "cc_cvv",
        "verification_value",
    ],
)
def test_a_security_code_is_refused_and_never_echoed(client, offer, name, pay, kept):
    for options in ({"extra": {name: "987"}}, {"query_string": {name: "987"}}):
        answer = pay(client, offer, **options)
        assert answer.status_code == 422
        assert "never ask for the security code" in answer.text
        assert "987" not in answer.text.replace(offer, "")
        assert "4242" not in answer.text.replace(offer, "")
    assert kept() == []


def test_with_the_vault_down_the_card_is_not_kept_and_there_is_a_way_on(
    client, offer, served, look, pay, refused
):
    served.stop()
    answer = pay(client, offer)
    again = f"/?offer={offer}&amp;link={LINK}"
    refused(answer, 503, "This page has not kept your card", [BACK, again])
    assert "4242" not in answer.text.replace(offer, "")
    assert look(client, offer).status_code == 200


def test_after_an_answer_that_got_lost_trying_again_brings_the_receipt(
    client, offer, served, monkeypatch, pay, kept
):
    real = served.vault.put

    def commit_and_break(raw):
        real(raw)
        raise ConnectionResetError

    monkeypatch.setattr(served.vault, "put", commit_and_break)
    assert pay(client, offer).status_code == 503
    monkeypatch.undo()
    assert pay(client, offer).status_code == 303
    assert len(kept()) == 1


def test_a_receipt_that_is_not_the_vaults_is_not_believed(client, offer, served, pay, refused):
    served.vault.store._private_key = Ed25519PrivateKey.generate()
    refused(pay(client, offer), 503, "An order is charged once at most")


def test_a_receipt_for_another_envelope_is_not_believed(
    client, make_offer, shop_key, served, monkeypatch, pay, refused
):
    other = pay(client, make_offer(order="OTHER").sign(shop_key))
    receipt = parse_qs(urlsplit(other.location).query)["receipt"][0]
    for status in (201, 409):
        answer = Answer(status, {"receipt": receipt})
        monkeypatch.setattr(served.vault, "put", lambda raw, answer=answer: answer)
        refused(pay(client, make_offer().sign(shop_key)), 503, "charged once at most")
