"""Cards that were sealed in the page: what the form takes, and what it gives to browsers."""

import html
import re
from pathlib import Path

import pytest

from storefront.handoff.seal import SENTENCES, Card
from storefront.handoff.wire import b64u, unb64u

SEALER = Path(__file__).resolve().parents[2] / "storefront/static/sealer.js"
HERE = "http://127.0.0.1:8001"
LINK = "MTIzNDU2.link-_of.an-order"
BACK = f"http://localhost:8000/orders/{LINK}"


@pytest.fixture
def send(offer):
    """Sends the form as the page's script does, with `fields` put in afterwards."""

    def send(client, sealed, offer=offer, **fields):
        form = {"offer": offer, "link": LINK, "sealed": sealed} | fields
        return client.post("/", data=form, base_url=HERE)

    return send


def test_a_card_sealed_in_the_page_goes_to_the_vault_as_it_is(
    client, offer, seal_in_page, send, kept, served, open_as_the_desk
):
    sealed = seal_in_page(offer)
    answer = send(client, sealed)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{BACK}/return?receipt=")
    assert kept() == [(offer, unb64u(sealed))]
    suite = served.vault.store.connection.execute("SELECT suite FROM envelopes").fetchone()[0]
    assert suite == "x25519"
    opened = open_as_the_desk(suite, unb64u(sealed), offer)
    assert opened == Card("4242424242424242", 2039, 12)


def test_pressed_twice_the_same_bytes_get_the_same_receipt(client, offer, seal_in_page, send, kept):
    sealed = seal_in_page(offer)
    assert send(client, sealed).location == send(client, sealed).location
    assert len(kept()) == 1


def test_sealed_again_the_first_card_is_held_and_its_receipt_comes_back(
    client, offer, seal_in_page, send, kept
):
    first, second = (send(client, seal_in_page(offer)) for _ in range(2))
    assert first.location == second.location
    assert len(kept()) == 1


@pytest.mark.parametrize(
    "sealed",
    [
        "",
        "4242424242424242",
        b64u(bytes(175)),
        b64u(bytes(177)),
        b64u(bytes(176))[:-1] + "B",
        b64u(bytes(176)) + "=",
        "é" * 235,
        b64u(bytes(2000)),
    ],
)
def test_what_is_no_sealed_card_is_refused_and_leads_to_the_servers_form(
    client, offer, send, refused, kept, sealed
):
    again = f"/?offer={offer}&amp;link={LINK}&amp;seal=server"
    answer = send(client, sealed)
    refused(answer, 400, "did not seal the card as it should", [BACK, again])
    assert "4242" not in answer.text.replace(offer, "")
    assert kept() == []


def test_a_sealed_card_that_comes_twice_is_refused(client, offer, seal_in_page, send, kept):
    sealed = seal_in_page(offer)
    assert send(client, [sealed, sealed]).status_code == 400
    assert kept() == []


@pytest.mark.parametrize(
    "name", ["cvv", "cvc", "cid", "cvv2", "CSC", "card[cvc]", "cc-csc", "cc-number", "cc-exp"]
)
def test_a_sealed_card_with_anything_beside_it_is_refused_and_nothing_echoed(
    client, offer, seal_in_page, send, kept, name
):
    answer = send(client, seal_in_page(offer), **{name: "987"})
    assert answer.status_code == 422
    assert "never ask for the security code" in answer.text
    assert "987" not in answer.text.replace(offer, "")
    assert kept() == []


def test_an_offer_without_the_pages_suite_gets_the_servers_form_and_takes_no_sealed_card(
    client, make_offer, shop_key, look, seal_in_page, send, kept
):
    signed = make_offer(suites=("mlkem768-x25519",)).sign(shop_key)
    page = look(client, signed).text
    assert "<script" not in page
    assert 'name="cc-number"' in page
    assert send(client, seal_in_page(signed), signed).status_code == 400
    assert kept() == []


# What browsers get.


def test_the_named_fields_stand_inside_noscript_only(client, offer, look):
    page = look(client, offer).text
    assert re.findall('name="cc-[a-z]+"', page) == ['name="cc-number"', 'name="cc-exp"']
    outside = re.sub("<noscript>.*</noscript>", "", page, flags=re.DOTALL)
    assert "cc-number" not in re.sub("<script>.*</script>", "", outside, flags=re.DOTALL)
    assert f'<a href="/?offer={offer}&amp;link={LINK}&amp;seal=server">' in outside


def test_the_script_stands_in_the_page_as_the_file_has_it(client, offer, look):
    page = look(client, offer).text
    assert re.findall("<script>(.*)</script>", page, re.DOTALL) == [SEALER.read_text("utf-8")]


def test_the_page_gives_the_script_the_key_the_month_and_the_servers_sentences(
    client, offer, look, manifest, now, clock
):
    clock[0] = now
    page = html.unescape(look(client, offer).text)
    assert f'data-key="{b64u(manifest.epoch_at(now).public_keys["x25519"])}"' in page
    assert re.search(r'data-today="20\d\d-[01]\d"', page)
    for name, sentence in SENTENCES.items():
        assert f'data-{name}="{sentence}"' in page


def test_the_form_for_sealing_on_the_server_has_no_script(client, offer, state):
    answer = client.get(f"/?offer={offer}&link={LINK}&seal=server", base_url=HERE)
    assert answer.status_code == 200
    assert state(answer) == "card"
    assert "script" not in answer.text
    assert 'name="cc-number"' in answer.text


def test_a_refused_card_comes_back_with_the_form_it_came_from(client, offer, pay):
    page = pay(client, offer, number="").text
    assert "script" not in page
    assert 'name="cc-number"' in page
