"""Passkeys at the desk: which answers are taken, from where, and how odd ones are refused."""

import json
from dataclasses import replace

import pytest
from webauthn.helpers import bytes_to_base64url as written

from storefront.app import create_app
from storefront.models import Passkey, Staff, signing_in
from storefront.passkeys import Place
from storefront.refusals import Refused
from tests.authenticator import PRESENT, VERIFIED, Authenticator
from tests.racing import at_once
from tests.staff import in_browser

DOOR = "/desk/door"


@pytest.fixture
def device(app, staff, clock) -> Authenticator:
    return Authenticator(staff, app.extensions["settings"].shop_origin, clock())


@pytest.fixture
def link(app, clock) -> str:
    _, secret = Staff.invite("new@staff.example", ["editor"], clock())
    return f"/desk/invitations/{secret}"


@pytest.fixture
def show(client, device):
    """Answers a new challenge at the door, as it should be but for what a test says."""

    def answer(**odd):
        asked = client.get("/desk/door/challenge").json
        signed = device.answer(asked["options"]["challenge"], **odd)
        return client.post(DOOR, data={"credential": signed, "ticket": asked["ticket"]})

    return answer


def test_a_passkey_opens_the_door(client, show):
    assert show().status_code == 303
    assert client.get("/desk").status_code == 200


@pytest.mark.parametrize(
    "odd",
    [
        *({"origin": "https://evil.example"}, {"origin": "http://localhost:1"}),
        *({"origin": "https://localhost"}, {"domain": "evil.example"}, {"domain": "host"}),
        *({"flags": PRESENT}, {"flags": VERIFIED}, {"flags": 0}),
        *({"kind": "webauthn.create"}, {"uses": 7}, {"uses": 6}, {"uses": 0}),
    ],
    ids=str,
)
def test_what_was_not_signed_here_by_them_and_now_is_refused(client, device, show, odd):
    """Another site, nobody's finger, another purpose, or a copy that counts from an earlier use."""
    answer = show(**odd)
    assert answer.status_code == 422
    assert "The passkey was not taken" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert Passkey.get().uses == 7


def test_the_challenge_of_another_page_is_not_the_one_that_was_asked(client, device):
    first, second = (client.get("/desk/door/challenge").json for _ in range(2))
    signed = device.answer(first["options"]["challenge"])
    form = {"credential": signed, "ticket": second["ticket"]}
    assert client.post(DOOR, data=form).status_code == 422


def test_of_a_passkey_and_its_copy_at_the_same_moment_one_is_let_in(device, staff, clock):
    """Both say the same count, each to a challenge of its own."""
    place = Place("localhost", device.origin, "Larch & Lane")
    names = [bytes([number]) * 32 for number in range(6)]
    signed = [(device.answer(written(name), uses=8), name) for name in names]

    def sign_in():
        return signing_in.with_passkey(place, *signed.pop(), clock())

    outcomes = at_once(sign_in, len(names))
    assert (outcomes.count(staff), outcomes.count(Refused)) == (1, 5)


@pytest.mark.parametrize(
    "credential",
    [
        *("", "{}", "[]", "null", "x" * 20_000, '{"id": 1}', '{"id": "abc", "rawId": []}'),
        *("[" * 9000, r'{"id": "\u0000"}', r'{"id": "\ud800"}'),
    ],
)
@pytest.mark.parametrize("ticket", ["", "x.y"])
def test_an_odd_answer_of_a_passkey_is_refused_in_words(staff, client, credential, ticket):
    good = client.get("/desk/door/challenge").json["ticket"]
    form = {"credential": credential, "ticket": ticket or good}
    answer = client.post(DOOR, data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("odd", [None, 7, "", "AAAA", "%%%", [], "e30"])
def test_an_odd_signature_of_a_known_passkey_is_refused_in_words(staff, client, clock, part, odd):
    moments = {"made_at": clock(), "used_at": clock()}
    Passkey.create(staff=staff, name="Key", credential="abcd", public_key="oWFhAA", **moments)
    response = {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"}
    credential = {"id": "abcd", "rawId": "abcd", "type": "public-key"}
    credential["response"] = response | {part: odd}
    ticket = client.get("/desk/door/challenge").json["ticket"]
    form = {"credential": json.dumps(credential), "ticket": ticket}
    answer = client.post(DOOR, data=form)
    assert answer.status_code == 422
    assert "The passkey was not taken" in answer.text


def test_a_passkeys_challenge_grows_old(client, clock):
    ticket = client.get("/desk/door/challenge").json["ticket"]
    clock.forward(minutes=6)
    answer = client.post(DOOR, data={"credential": '{"id": "abcd"}', "ticket": ticket})
    assert "This page has grown old" in answer.text


def test_an_odd_passkey_is_refused_in_words(app, staff, link, client):
    account = "/desk/account/passkeys"
    places = [(in_browser(app, staff), account, account), (client, link, f"{link}/passkey")]
    for there, prefix, url in places:
        ticket = there.get(f"{prefix}/challenge").json["ticket"]
        for credential in ("", "[]", '{"id": "a", "rawId": "a", "response": {}}'):
            answer = there.post(url, data={"credential": credential, "ticket": ticket})
            assert answer.status_code == 422
            assert "The passkey was not taken" in answer.text


@pytest.mark.parametrize(
    ("origin", "domain"),
    [
        ("http://localhost:8000", "localhost"),
        ("https://shop.example", "shop.example"),
        ("http://127.0.0.1:8000", None),
        ("http://[::1]:8000", None),
    ],
)
def test_passkeys_belong_to_a_name_and_numbers_are_none(origin, domain):
    place = Place.of(origin, "Larch & Lane")
    assert (place.domain if place else None) == domain


def test_where_the_shop_has_a_number_for_a_name_pages_say_that_there_are_no_passkeys(
    settings, clock
):
    origin = "http://127.0.0.1:8000"
    app = create_app(replace(settings, shop_origin=origin), clock)
    client = app.test_client()
    host = {"base_url": origin}
    _, secret = Staff.invite("ann@staff.example", ["editor"], clock())
    page = client.get(f"/desk/invitations/{secret}", **host)
    assert page.status_code == 200
    assert "A passkey belongs to a name" in page.text
    assert "data-challenge" not in page.text + client.get("/desk/door", **host).text
    for url in ("/desk/door/challenge", f"/desk/invitations/{secret}/challenge"):
        assert client.get(url, **host).status_code == 404
    form = {"credential": "{}", "ticket": "x"}
    assert client.post("/desk/door", data=form, **host).status_code == 422
    assert client.post(f"/desk/invitations/{secret}/passkey", data=form, **host).status_code == 404
