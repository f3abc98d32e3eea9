"""Passkeys of customers: added beside the mail, never instead of it, and no way into the desk."""

import pytest

from storefront.models import AccountPasskey, Passkey
from tests.authenticator import Authenticator
from tests.conftest import Visitor
from tests.customers import account_of, signed_in
from tests.staff import hired

WAY = "/account/passkeys"
SIGN_IN = "/account/sign-in"


@pytest.fixture
def device(app, clock) -> Authenticator:
    origin = app.extensions["settings"].shop_origin
    return Authenticator(account_of(app), origin, clock(), AccountPasskey)


@pytest.fixture(params=["pages", "fragments"])
def at_home(request, app) -> Visitor:
    return Visitor(signed_in(app), request.param == "fragments")


@pytest.fixture
def show(client, device):
    """Answers a new challenge, as it should be but for what a test says."""

    def answer(**odd):
        asked = client.get(f"{SIGN_IN}/challenge").json
        signed = device.answer(asked["options"]["challenge"], **odd)
        form = {"credential": signed, "ticket": asked["ticket"]}
        return client.post(f"{SIGN_IN}/passkey", data=form)

    return answer


def test_a_passkey_signs_in_where_there_is_no_mail(client, show):
    assert show().headers["Location"].endswith("/account")
    assert "signed in as ann@example.com" in client.get("/account").text


@pytest.mark.parametrize(
    "odd", [{"origin": "https://evil.example"}, {"flags": 1}, {"kind": "webauthn.create"}], ids=str
)
def test_what_was_not_signed_here_by_them_is_refused(client, show, odd):
    answer = show(**odd)
    assert answer.status_code == 422
    assert "The passkey was not taken" in answer.text
    assert client.get("/account").status_code == 303


def test_an_answer_counts_once(client, app, device):
    asked = client.get(f"{SIGN_IN}/challenge").json
    signed = device.answer(asked["options"]["challenge"])
    form = {"credential": signed, "ticket": asked["ticket"]}
    assert client.post(f"{SIGN_IN}/passkey", data=form).status_code == 303
    assert app.test_client().post(f"{SIGN_IN}/passkey", data=form).status_code == 422


def test_a_customers_passkey_opens_no_desk_and_staffs_no_account(client, app, device, clock):
    asked = client.get("/desk/door/challenge").json
    form = {"credential": device.answer(asked["options"]["challenge"]), "ticket": asked["ticket"]}
    assert client.post("/desk/door", data=form).status_code == 422
    theirs = Authenticator(hired(app, "manager"), device.origin, clock(), credential="c3RhZmY")
    asked = client.get(f"{SIGN_IN}/challenge").json
    form = {"credential": theirs.answer(asked["options"]["challenge"]), "ticket": asked["ticket"]}
    answer = client.post(f"{SIGN_IN}/passkey", data=form)
    assert answer.status_code == 422
    assert "not known here" in answer.text
    assert hired(app, "editor").handle != account_of(app).handle


def test_a_challenge_of_the_desk_is_none_of_an_account(client, device):
    asked = client.get("/desk/door/challenge").json
    form = {"credential": device.answer(asked["options"]["challenge"]), "ticket": asked["ticket"]}
    answer = client.post(f"{SIGN_IN}/passkey", data=form)
    assert answer.status_code == 422
    assert "grown old" in answer.text


def test_a_passkey_is_named_and_removed_and_then_signs_in_no_more(at_home, app, device, show):
    number = device.passkey.id
    assert at_home.post(f"{WAY}/{number}", {"name": "My  phone"}).status_code in (200, 303)
    assert AccountPasskey.get().name == "My phone"
    other = signed_in(app)
    answer = at_home.post(f"{WAY}/{number}/removal", {})
    assert answer.status_code in (200, 303)
    assert "You have none yet" in at_home.client.get(WAY).text
    assert other.get("/account").status_code == 303, "what it may have opened is shut"
    assert show().status_code == 422


def test_another_customers_passkey_is_not_there(at_home, app, clock):
    bob = account_of(app, "bob@example.com")
    origin = app.extensions["settings"].shop_origin
    theirs = Authenticator(bob, origin, clock(), AccountPasskey).passkey
    for path in (f"{WAY}/{theirs.id}", f"{WAY}/{theirs.id}/removal"):
        answer = at_home.post(path, {"name": "mine"})
        nobodys = at_home.post(path.replace(str(theirs.id), "999"), {"name": "mine"})
        assert answer.status_code == nobodys.status_code == 404
        assert answer.text == nobodys.text
    assert AccountPasskey.get().name == "Software"
    assert at_home.client.get("/account").status_code == 200


def test_an_odd_passkey_is_refused_in_words(at_home):
    ticket = at_home.client.get(f"{WAY}/challenge").json["ticket"]
    for credential in ("", "[]", '{"id": "a", "rawId": "a", "response": {}}'):
        answer = at_home.post(WAY, {"credential": credential, "ticket": ticket})
        assert answer.status_code == 422
        assert "The passkey was not taken" in answer.text
    assert not AccountPasskey.select().exists()
    assert not Passkey.select().exists()
