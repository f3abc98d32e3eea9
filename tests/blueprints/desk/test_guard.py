"""The one guard of the desk, on every route there is: who may pass, and who learns nothing."""

import pytest
from werkzeug.routing import IntegerConverter, PathConverter

from storefront.blueprints.desk import guard
from storefront.models import Staff
from storefront.models.staff import ROLES
from tests.staff import PASSWORD, code, hired, in_browser, settled, signed_in

# What answers to anybody. Whoever adds to it says here that it gives nothing away.
DOOR = {
    "desk.door",
    "desk.challenge",
    "desk.sign_in",
    "desk.invitation",
    "desk.invitation_challenge",
    "desk.accept_with_passkey",
    "desk.accept_with_password",
}
TO_THE_DOOR = "http://localhost/desk/door"


def rules(app) -> list:
    found = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk")]
    assert len(found) > 20
    return found


def calls(app, endpoints) -> list[tuple[str, str]]:
    """Every method and address under /desk of those endpoints."""
    made = []
    for rule in rules(app):
        if rule.endpoint in endpoints:
            values = {name: value_for(rule._converters[name]) for name in rule.arguments}
            with app.test_request_context():
                url = app.url_map.bind("localhost").build(rule.endpoint, values)
            made += [(method, url) for method in rule.methods - {"OPTIONS", "HEAD"}]
    return made


def value_for(converter) -> str | int:
    if isinstance(converter, IntegerConverter):
        return 1
    return "a/b" if isinstance(converter, PathConverter) else "abc"


def guarded(app) -> set[str]:
    return {rule.endpoint for rule in rules(app)} - DOOR


def ask(client, method: str, url: str, **options):
    data = {} if method == "POST" else None
    return client.open(url, method=method, data=data, buffered=True, **options)


def answers(client, every) -> set[tuple]:
    given = [ask(client, method, url) for method, url in every]
    return {(answer.status_code, (answer.location or "").partition("?")[0]) for answer in given}


def test_every_route_under_the_desk_stands_behind_the_guard(app):
    assert {rule.endpoint.partition(".")[0] for rule in rules(app)} == {"desk"}


def test_every_view_of_the_desk_says_whose_it_is(app):
    for endpoint in guarded(app):
        said = getattr(app.view_functions[endpoint], "roles", None)
        assert said, f"{endpoint} declares no roles"
        assert set(said) <= set(ROLES), endpoint
    for endpoint in DOOR:
        assert app.view_functions[endpoint].roles == guard.ANYBODY


def test_nobody_is_sent_to_the_door_from_everywhere(app, client):
    assert answers(client, calls(app, guarded(app))) == {(303, TO_THE_DOOR)}


def test_htmx_is_sent_to_the_door_too(app, client):
    for method, url in calls(app, guarded(app)):
        answer = ask(client, method, url, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.data) == (204, b"")
        assert answer.headers["HX-Redirect"].startswith("/desk/door")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_who_follows_a_link_from_another_site_asks_once_more_from_ours(app, client, site):
    answer = client.get("/desk/staff?a=%22b", headers={"Sec-Fetch-Site": site})
    assert 'content="0; url=/desk/staff?a=%22b"' in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    answer = client.get("/desk/staff", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.location.startswith(TO_THE_DOOR)
    answer = client.post("/desk/session/end", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


@pytest.mark.parametrize("role", ROLES[:-1])
def test_a_wrong_role_is_refused_everywhere(app, role):
    views = app.view_functions
    foreign = {each for each in guarded(app) if role not in views[each].roles}
    assert "desk.people" in foreign
    client = signed_in(app, role)
    assert answers(client, calls(app, foreign)) == {(403, "")}
    for method, url in calls(app, foreign):
        assert "This part of the desk is for" in ask(client, method, url).text


def test_somebody_without_any_role_passes_nowhere(app):
    staff = hired(app, "editor")
    Staff.update(roles=[]).execute()
    assert answers(in_browser(app, staff), calls(app, guarded(app))) == {(403, "")}


def test_a_manager_passes_everywhere(app):
    client = signed_in(app, "manager")
    reading = [each for each in calls(app, guarded(app)) if each[0] == "GET"]
    assert 403 not in {status for status, _ in answers(client, reading)}


@pytest.mark.parametrize("given", [{"code": ""}, {"code": "000000"}, {"password": ""}])
def test_with_one_factor_alone_everything_stays_shut(app, client, given):
    staff = settled(app, "manager")
    form = {"email": staff.email, "password": PASSWORD, "code": code(app)} | given
    assert client.post("/desk/door", data=form).status_code == 422
    assert answers(client, calls(app, guarded(app))) == {(303, TO_THE_DOOR)}
    again = {"email": staff.email, "password": PASSWORD, "code": code(app)}
    assert client.post("/desk/door", data=again).status_code == 303
    assert client.get("/desk").status_code == 200


def test_numbers_that_no_database_takes_are_of_nobody_and_nothing(app):
    client = signed_in(app, "manager")
    numbered = {rule.endpoint for rule in rules(app) if "number" in rule.arguments}
    assert len(numbered) > 8
    for method, url in calls(app, numbered):
        assert ask(client, method, url.replace("/1", "/" + "9" * 30)).status_code in (404, 405)


def test_an_invitation_that_was_opened_and_not_finished_opens_nothing(app, client, clock):
    _, secret = Staff.invite("new@staff.example", ["manager"], clock())
    assert client.get(f"/desk/invitations/{secret}").status_code == 200
    assert client.get(f"/desk/invitations/{secret}/challenge").status_code == 200
    half = {"password": PASSWORD, "code": ""}
    assert client.post(f"/desk/invitations/{secret}/password", data=half).status_code == 422
    assert answers(client, calls(app, guarded(app))) == {(303, TO_THE_DOOR)}


def test_a_view_that_says_nothing_is_refused_even_to_managers(app, monkeypatch):
    """In an app that has it, since a blueprint that is registered takes no more views."""
    client = signed_in(app, "manager")
    monkeypatch.delattr(app.view_functions["desk.home"], "roles")
    assert client.get("/desk").status_code == 403


def test_roles_that_there_are_not_are_no_roles():
    for names in ((), ("editor", "emperor")):
        with pytest.raises(ValueError, match="none of fulfilment"):
            guard.roles(*names)


def test_a_session_ends_after_half_an_hour_without_work(app, clock):
    client = signed_in(app, "editor")
    for _ in range(5):
        clock.forward(minutes=29)
        assert client.get("/desk").status_code == 200
    clock.forward(minutes=31)
    assert client.get("/desk").location == TO_THE_DOOR


def test_a_session_ends_after_twelve_hours_of_work(app, clock):
    client = signed_in(app, "editor")
    for _ in range(28):
        clock.forward(minutes=25)
        assert client.get("/desk").status_code == 200
    clock.forward(minutes=25)
    assert client.get("/desk").location == TO_THE_DOOR


def test_who_changes_how_to_sign_in_has_signed_in_just_now(app, clock):
    client = signed_in(app, "manager")
    clock.forward(minutes=16)
    for url in ("/desk/account", "/desk/staff", "/desk/account/password"):
        answer = client.get(url)
        assert answer.location.startswith(f"{TO_THE_DOOR}?next=%2Fdesk%2F")
        assert answer.location.endswith("again=1")
        assert "sign in once more" in client.get(answer.location).text
    for url, back in (("/desk/staff", "staff"), ("/desk/account/passkeys/1/removal", "account")):
        answer = client.post(url, data={})
        assert answer.location == f"{TO_THE_DOOR}?next=%2Fdesk%2F{back}&again=1"
    assert client.get("/desk").status_code == 200


def test_nobody_keeps_what_the_desk_answers(app):
    client = signed_in(app, "manager")
    every = [client.get("/desk/door"), client.get("/desk"), client.get("/desk/staff")]
    every += [client.post("/desk/staff", data={}), client.get("/desk/account")]
    every += [signed_in(app, "editor").get("/desk/staff"), client.get("/desk/door/challenge")]
    for answer in every:
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_what_the_desk_answers_is_not_compressed(app):
    """Its pages hold secrets beside what was typed; a length must not tell of them (BREACH)."""
    client = signed_in(app, "manager")
    answer = client.get("/desk/account", headers={"Accept-Encoding": "br, gzip"})
    assert len(answer.data) > 2000
    assert "Content-Encoding" not in answer.headers
    assert "Content-Encoding" in client.get("/", headers={"Accept-Encoding": "br"}).headers


def test_a_session_shows_nobody_anything_in_the_shop_and_its_pages_are_not_kept(app):
    client = signed_in(app, "manager")
    for _ in range(2):
        answer = client.get("/products")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "manager@staff.example" not in answer.text


def test_pages_of_the_shop_do_not_look_whether_there_is_a_session(client):
    answer = client.get("/pictures/second-day-merino-t-shirt.svg")
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Set-Cookie" not in client.get("/").headers


def test_a_form_from_elsewhere_is_refused_and_one_without_a_word_of_origin_needs_the_token(app):
    client = signed_in(app, "manager")
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site}
        assert client.post("/desk/session/end", headers=headers).status_code == 403
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    headers = {"Origin": "https://evil.example"}
    assert client.post("/desk/session/end", headers=headers).status_code == 403
    assert client.post("/desk/session/end").status_code == 403
    page = client.get("/desk").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post("/desk/session/end", data={"csrf_token": token}).status_code == 303


def test_the_cookie_of_a_session_names_nobody_and_is_kept_from_scripts_and_other_sites(app):
    client = signed_in(app, "editor")
    app.extensions["clock"].forward(minutes=2)
    (cookie,) = client.get("/desk").headers.getlist("Set-Cookie")
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    with client.session_transaction() as session:
        assert set(session) == {"_user_id", "begun", "seen", "csrf_token"}
