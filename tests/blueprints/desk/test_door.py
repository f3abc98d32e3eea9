"""The door of the desk: who is let in, how often is listened, what strangers learn of accounts."""

import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from playhouse.test_utils import count_queries

from storefront import factors
from storefront.app import create_app
from storefront.models import RecoveryCode, Staff, signing_in
from storefront.refusals import Refused
from tests.racing import at_once
from tests.staff import KEY, PASSWORD, code, in_browser, settled

DOOR = "/desk/door"


def is_in(client) -> bool:
    return client.get("/desk").status_code == 200


def test_password_and_code_open_the_door(staff, client, sign_in):
    answer = sign_in(email=" Ann@Staff.Example ")
    assert (answer.status_code, answer.location) == (303, "http://localhost/desk")
    assert is_in(client)
    assert "ann@staff.example" in client.get("/desk").text
    assert client.get(DOOR).location == "http://localhost/desk"


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "seven loud larches"},
        {"code": "123456"},
        {"code": ""},
        {"code": "aaaa-bbbb-cccc-dddd"},
        {"email": "nobody@staff.example"},
        {"email": ""},
        {"email": "ann@staff.example" * 100},
    ],
    ids=str,
)
def test_the_same_words_whatever_does_not_fit(staff, client, sign_in, wrong):
    answer = sign_in(**wrong)
    assert answer.status_code == 422
    assert "This did not fit together." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert not is_in(client)


def test_an_account_that_there_is_not_is_answered_alike_to_the_letter(staff, sign_in):
    known = sign_in(password="seven loud larches").text
    unknown = sign_in(email="bob@staff.example", password="seven loud larches").text
    assert known == unknown.replace("bob@staff.example", "ann@staff.example")


def test_an_account_that_there_is_not_takes_as_much_work(staff, app, clock):
    """Of both, the middle one of several: the machine has other things to do, too."""

    def seconds(email: str) -> float:
        started = time.perf_counter()
        with pytest.raises(Exception, match="did not fit together"):
            signing_in.with_password(email, "seven loud larches", "000000", clock())
        return time.perf_counter() - started

    seconds("ann@staff.example")
    pairs = [(seconds("ann@staff.example"), seconds("bob@staff.example")) for _ in range(9)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


def test_a_wrong_password_takes_the_database_as_long_as_a_wrong_code(staff, clock):
    """What is written, and that it is written at all, must not tell that a password was right."""

    def statements(password: str, code: str, email: str = "ann@staff.example") -> list[str]:
        with count_queries() as counted, pytest.raises(Refused):
            signing_in.with_password(email, password, code, clock())
        return [query.msg[0] for query in counted.get_queries()]

    right = statements(PASSWORD, "000000")
    assert any(sql.startswith("DELETE") for sql in right)
    assert right == statements("wrong", "000000")
    assert right == statements("wrong", "000000", "bob@staff.example")


def test_an_account_without_a_password_is_opened_by_none(app, client, sign_in):
    Staff.invite("ann@staff.example", ["manager"], app.extensions["clock"]())
    assert sign_in(password="", code=pyotp.TOTP(factors.NOBODYS_KEY).now()).status_code == 422
    assert not is_in(client)


def test_a_code_counts_once(staff, app, client):
    form = {"email": staff.email, "password": PASSWORD, "code": code(app)}
    assert client.post(DOOR, data=form).status_code == 303
    assert app.test_client().post(DOOR, data=form).status_code == 422


def test_a_code_before_the_last_one_counts_no_more(staff, app, client, clock):
    earlier = pyotp.TOTP(KEY).at(clock() - timedelta(seconds=30))
    form = {"email": staff.email, "password": PASSWORD}
    assert client.post(DOOR, data=form | {"code": code(app)}).status_code == 303
    assert app.test_client().post(DOOR, data=form | {"code": earlier}).status_code == 422


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (-30, 303), (30, 303), (60, 422)])
def test_clocks_may_be_a_step_apart(staff, client, clock, seconds, status):
    shown = pyotp.TOTP(KEY).at(clock() + timedelta(seconds=seconds))
    form = {"email": staff.email, "password": PASSWORD, "code": f"{shown[:3]} {shown[3:]}"}
    assert client.post(DOOR, data=form).status_code == status


def test_a_recovery_code_stands_in_for_the_app_once(staff, app, client, sign_in):
    codes = factors.new_codes()
    staff.keep_codes(codes)
    assert len(set(codes)) == 10
    assert sign_in(code=codes[3].upper().replace("-", " ")).status_code == 303
    assert is_in(client)
    assert sign_in(app.test_client(), code=codes[3]).status_code == 422
    assert RecoveryCode.select().count() == 9
    assert not any(codes[0].replace("-", "") in row.digest for row in RecoveryCode.select())


def test_a_recovery_code_without_the_password_is_kept(staff, sign_in):
    codes = factors.new_codes()
    staff.keep_codes(codes)
    assert sign_in(code=codes[3], password="seven loud larches").status_code == 422
    assert RecoveryCode.select().count() == 10


def test_a_code_that_is_sent_many_times_at_once_counts_once(staff, app, clock):
    form = (staff.email, PASSWORD, code(app), clock())
    outcomes = at_once(lambda: signing_in.with_password(*form), 6)
    assert (outcomes.count(staff), outcomes.count(Refused)) == (1, 5)


def test_the_cookie_by_which_a_browser_is_known_is_for_the_shop_alone(staff, sign_in):
    (known,) = [c for c in sign_in().headers.getlist("Set-Cookie") if c.startswith("known=")]
    assert "HttpOnly" in known
    assert "SameSite=Strict" in known
    assert "Max-Age=7776000" in known
    assert "ann" not in known


def test_cookies_of_the_desk_are_for_tls_and_the_one_host_where_the_shop_is_on_tls(settings, clock):
    app = create_app(replace(settings, shop_origin="https://shop.example"), clock)
    settled(app, "editor", email="ann@staff.example")
    client, host = app.test_client(), {"base_url": "https://shop.example"}
    form = {"email": "ann@staff.example", "password": PASSWORD, "code": code(app)}
    answer = client.post(DOOR, data=form, **host)
    lines = answer.headers.getlist("Set-Cookie")
    assert [line.partition("=")[0] for line in lines] == ["__Host-known", "__Host-session"]
    for line in lines:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(line.split("; "))
        assert "Domain" not in line
    assert client.get("/desk", **host).status_code == 200
    assert client.get("/desk/door/challenge", **host).json["options"]["rpId"] == "shop.example"


def test_signing_out_ends_the_sessions_in_all_browsers(staff, app, client, sign_in):
    sign_in()
    other = in_browser(app, Staff.get_by_id(staff.id))
    assert is_in(other)
    other.post("/desk/session/end")
    assert not is_in(other)
    assert not is_in(client)


def test_an_ended_session_cannot_be_brought_back_by_its_cookie(staff, client, sign_in):
    sign_in()
    kept = client.get_cookie("session").value
    client.post("/desk/session/end", headers={"Origin": "http://localhost"})
    client.set_cookie("session", kept)
    assert not is_in(client)


def test_the_way_back_leads_to_where_somebody_wanted_to_go(staff, app, client, sign_in):
    door = client.get("/desk/staff?sort=name").location
    assert 'name="next" value="/desk/staff?sort=name"' in client.get(door).text
    assert sign_in(next="/desk/staff?sort=name").location == "http://localhost/desk/staff?sort=name"


@pytest.mark.parametrize(
    "away",
    [
        *("//evil.example", "https://evil.example", "/desk//evil.example", "/desk/\\evil"),
        *("/deskevil", "/products", "javascript:alert(1)", "/desk/x\r\nSet-Cookie: a=b"),
        *("/desk/?x=//evil", "/desk/..", "/desk/../cart?emptied=1"),
    ],
)
def test_the_way_back_leads_nowhere_else(staff, sign_in, away):
    assert sign_in(next=away).location == "http://localhost/desk"
