"""An invitation and one's own account: choosing how to sign in, changing it, who is signed out."""

import pytest

from storefront import factors
from storefront.models import Passkey, RecoveryCode, Staff
from tests.staff import KEY, PASSWORD, code, hired, in_browser, key_in, settled, ticket_in

NEW = "nine loud hornbeams"


@pytest.fixture
def link(app, clock) -> str:
    _, secret = Staff.invite("ann@staff.example", ["editor"], clock())
    return f"/desk/invitations/{secret}"


@pytest.fixture
def browser(app, staff):
    return in_browser(app, staff)


@pytest.fixture
def passkey(staff, clock) -> Passkey:
    moments = {"made_at": clock(), "used_at": clock()}
    return Passkey.create(staff=staff, name="Phone", credential="abc", public_key="x", **moments)


def is_in(client) -> bool:
    return client.get("/desk").status_code == 200


def choose(client, link: str, app, **given):
    page = client.get(link).text
    form = {"password": PASSWORD, "ticket": ticket_in(page), "code": code(app, key_in(page))}
    return client.post(f"{link}/password", data=form | given)


def test_an_invitation_is_taken_with_password_and_app_and_leads_on_to_recovery_codes(
    app, client, link
):
    page = client.get(link).text
    assert "ann@staff.example" in page
    assert "<svg" in page
    answer = choose(client, link, app)
    assert answer.location == "http://localhost/desk/account/recovery-codes"
    assert client.get(answer.location).text.count("<li><code>") == 10
    assert is_in(client)


def test_a_link_opens_once(app, client, link):
    choose(client, link, app)
    assert client.get(link).status_code == 410
    other = app.test_client()
    assert other.post(f"{link}/password", data={}).status_code == 410
    assert client.get(f"{link}/challenge").status_code == 404


def test_a_link_opens_for_seven_days(client, link, clock):
    clock.forward(days=6, hours=23)
    assert client.get(link).status_code == 200
    clock.forward(hours=2)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "Ask a manager for a new one." in answer.text


def test_a_new_link_makes_the_one_before_open_nothing(client, link, clock):
    Staff.invite("ann@staff.example", [], clock())
    assert client.get(link).status_code == 410


def test_the_secret_of_a_link_is_kept_as_a_hash(app, link):
    assert Staff.get().invitation not in link
    assert len(Staff.get().invitation) == 64


def test_a_new_link_for_somebody_who_lost_a_phone_ends_what_there_was(app, staff, passkey, clock):
    browser = in_browser(app, staff)
    staff.keep_codes(factors.new_codes())
    _, secret = Staff.invite(staff.email, [], clock())
    client = app.test_client()
    choose(client, f"/desk/invitations/{secret}", app, password=NEW)
    assert not is_in(browser)
    assert Passkey.select().count() == RecoveryCode.select().count() == 0
    form = {"email": staff.email, "password": PASSWORD, "code": code(app)}
    assert app.test_client().post("/desk/door", data=form).status_code == 422


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 12 characters"),
        ("x" * 201, "at most 200 characters"),
        ("passwordpassword", "guessed first"),
        ("qwertyuiop123", "guessed first"),
        ("Password1234!", "guessed first"),
        ("aaaaaaaaaaaaaaaa", "guessed first"),
        ("ann@staff.example", "guessed first"),
        ("Larch & Lane1", "guessed first"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_in_a_sentence(
    app, client, link, password, words
):
    answer = choose(client, link, app, password=password)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="password-error"' in answer.text
    assert not Staff.get().is_settled


def test_a_refused_form_offers_the_same_key_again_and_says_all_that_is_wrong(app, client, link):
    page = client.get(link).text
    form = {"password": "short", "ticket": ticket_in(page), "code": "000000"}
    answer = client.post(f"{link}/password", data=form)
    assert key_in(answer.text) == key_in(page)
    assert "at least 12 characters" in answer.text
    assert "This is not the code that the app shows now." in answer.text
    assert PASSWORD not in answer.text


def test_a_key_that_was_not_offered_here_is_not_taken(app, client, link, clock):
    _, other = Staff.invite("bob@staff.example", ["editor"], clock())
    page = client.get(f"/desk/invitations/{other}").text
    form = {"ticket": ticket_in(page), "code": code(app, key_in(page))}
    assert "The key is a new one" in choose(client, link, app, **form).text


def test_a_key_is_offered_for_an_hour(app, client, link, clock):
    page = client.get(link).text
    clock.forward(minutes=61)
    form = {"password": PASSWORD, "ticket": ticket_in(page), "code": code(app, key_in(page))}
    answer = client.post(f"{link}/password", data=form)
    assert "The key is a new one" in answer.text
    assert key_in(answer.text) != key_in(page)


def test_the_code_that_proves_the_app_is_used_up(app, client, link):
    page = client.get(link).text
    shown = code(app, key_in(page))
    choose(client, link, app, ticket=ticket_in(page), code=shown)
    form = {"email": "ann@staff.example", "password": PASSWORD, "code": shown}
    assert app.test_client().post("/desk/door", data=form).status_code == 422


@pytest.mark.parametrize("spelt", ["fünf stille Lärchen", "fu\u0308nf stille La\u0308rchen"])
def test_a_password_is_the_same_however_a_keyboard_writes_it(spelt):
    kept = factors.password_hash("fünf stille Lärchen")
    assert factors.is_password(spelt, kept)
    assert kept.startswith("$argon2id$")
    assert not factors.is_password("funf stille Larchen", kept)
    assert not factors.is_password("", "damaged")


def test_recovery_codes_count_once_they_were_written_down(app, browser, staff):
    page = browser.get("/desk/account/recovery-codes").text
    assert RecoveryCode.select().count() == 0
    answer = browser.post("/desk/account/recovery-codes", data={"ticket": ticket_in(page)})
    assert answer.location == "http://localhost/desk/account"
    assert "10 of them are left" in browser.get("/desk/account").text
    shown = page.split("<li><code>")[4].split("<")[0]
    form = {"email": staff.email, "password": PASSWORD, "code": shown}
    assert app.test_client().post("/desk/door", data=form).status_code == 303
    assert "Your recovery codes are kept" not in browser.get("/desk/account").text


def test_recovery_codes_are_not_kept_twice(app, browser, staff):
    page = browser.get("/desk/account/recovery-codes").text
    ticket = {"ticket": ticket_in(page)}
    browser.post("/desk/account/recovery-codes", data=ticket)
    answer = browser.post("/desk/account/recovery-codes", data=ticket)
    assert answer.status_code == 422
    assert "This page has grown old" in answer.text


def test_a_new_password_ends_all_other_sessions(app, browser, staff):
    other = in_browser(app, staff)
    answer = browser.post("/desk/account/password", data={"password": NEW})
    assert answer.location == "http://localhost/desk/account"
    assert "Your password was changed." in browser.get("/desk/account").text
    assert not is_in(other)
    form = {"email": staff.email, "password": NEW, "code": code(app)}
    assert app.test_client().post("/desk/door", data=form).status_code == 303


def test_a_new_password_is_judged_as_the_first_one(browser):
    answer = browser.post("/desk/account/password", data={"password": "passwordpassword"})
    assert answer.status_code == 422
    assert "guessed first" in answer.text
    assert browser.get("/desk/account/password").status_code == 200


def test_a_new_app_ends_all_other_sessions_and_the_codes_of_the_one_before(app, browser, staff):
    other = in_browser(app, staff)
    page = browser.get("/desk/account/app").text
    wrong = browser.post("/desk/account/app", data={"ticket": ticket_in(page), "code": code(app)})
    assert wrong.status_code == 422
    form = {"ticket": ticket_in(page), "code": code(app, key_in(page))}
    assert browser.post("/desk/account/app", data=form).status_code == 303
    assert is_in(browser)
    assert not is_in(other)
    form = {"email": staff.email, "password": PASSWORD, "code": code(app, KEY)}
    assert app.test_client().post("/desk/door", data=form).status_code == 422


def test_who_has_a_passkey_alone_chooses_password_and_app_together(app, clock):
    staff = hired(app, "editor")
    browser = in_browser(app, staff)
    assert "You sign in with a passkey alone" in browser.get("/desk/account").text
    for url in ("/desk/account/app", "/desk/account/recovery-codes"):
        assert browser.get(url).status_code == browser.post(url, data={}).status_code == 303
    page = browser.get("/desk/account/password").text
    assert browser.post("/desk/account/password", data={"password": NEW}).status_code == 422
    form = {"password": NEW, "ticket": ticket_in(page), "code": code(app, key_in(page))}
    answer = browser.post("/desk/account/password", data=form)
    assert answer.location == "http://localhost/desk/account/recovery-codes"
    assert is_in(browser)


@pytest.mark.parametrize("fragments", [False, True])
def test_passkeys_are_renamed_and_removed(app, browser, staff, passkey, fragments):
    headers = {"HX-Request": "true"} if fragments else {}
    other = in_browser(app, staff)
    url = f"/desk/account/passkeys/{passkey.id}"
    answer = browser.post(url, data={"name": " My   phone "}, headers=headers)
    page = answer.text if fragments else browser.get(answer.location).text
    assert 'value="My phone"' in page
    assert is_in(other), "a name is no way in"
    answer = browser.post(f"{url}/removal", headers=headers)
    page = answer.text if fragments else browser.get(answer.location).text
    assert "The passkey was removed." in page
    assert not is_in(other)
    assert is_in(browser)
    assert browser.post(url, data={"name": "x"}, headers=headers).status_code == 422


def test_a_passkey_without_a_name_is_called_by_the_day(browser, passkey, clock):
    browser.post(f"/desk/account/passkeys/{passkey.id}", data={"name": " "})
    assert Passkey.get().name == f"Passkey of {clock():%-d %B %Y}"


def test_the_passkeys_of_others_are_not_touched(app, passkey):
    browser = in_browser(app, settled(app, "manager"))
    url = f"/desk/account/passkeys/{passkey.id}"
    assert browser.post(url, data={"name": "mine"}).status_code == 422
    browser.post(f"{url}/removal")
    assert Passkey.get().name == "Phone"


def test_the_last_way_to_sign_in_is_kept(app, staff, browser, passkey):
    assert browser.post("/desk/account/password/removal").status_code == 303
    assert Staff.get().password is None
    answer = browser.post(f"/desk/account/passkeys/{passkey.id}/removal")
    assert answer.status_code == 422
    assert "the only way you have to sign in" in answer.text
    assert Passkey.select().count() == 1


def test_the_password_is_kept_where_there_is_no_passkey(browser):
    answer = browser.post("/desk/account/password/removal")
    assert answer.status_code == 422
    assert "Add a passkey first" in answer.text


def test_other_sessions_are_ended_when_asked(app, browser, staff):
    other = in_browser(app, staff)
    browser.post("/desk/account/sessions/end")
    assert (is_in(browser), is_in(other)) == (True, False)


def test_a_name_is_what_others_see(browser):
    browser.post("/desk/account/name", data={"name": "  Ann   <b>  "})
    assert "Signed in as Ann &lt;b&gt;" in browser.get("/desk").text
