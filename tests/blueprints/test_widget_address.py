"""An e-mail address in the frame: of who wished it to be shown, to who asks for it."""

import re

import pytest

from storefront.app import create_app
from tests.resellers import SITE, another, frame_of, policy_of, reseller, resold

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def test_an_address_is_not_in_the_page_and_comes_with_one_press(nobody, hill, shirt, clock):
    first, _ = resold(shirt, clock(), 2, shows_email=True)
    page = nobody.get(frame_of(hill, "?sized=1")).text
    assert "@" not in re.sub(r"<style>.*?</style>", "", page)
    action = re.search(rf'action="([^"]*/{first.id}/address[^"]*)"', page)[1]
    answer = nobody.post(action.partition("#")[0], headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert action.endswith(f"#t{first.id}")
    assert '<a href="mailto:person0%40example.com">person0@example.com</a>' in answer.text
    assert "person1@" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert policy_of(answer)["frame-ancestors"] == f"'self' {SITE}"
    assert "script-src" in policy_of(answer)


def test_it_is_given_of_one_that_newer_ones_have_pushed_out(nobody, hill, shirt, clock):
    rows = resold(shirt, clock(), 12, shows_email=True)
    answer = nobody.post(f"{frame_of(hill)}/{rows[0].id}/address", headers=SAME_ORIGIN)
    assert "person0@example.com" in answer.text


@pytest.mark.parametrize("why", ["hidden", "no consent", "waiting", "not theirs", "nothing"])
def test_an_address_that_is_not_shown_is_not_there(nobody, shirt, clock, why):
    own = reseller(clock(), (another(shirt),) if why == "not theirs" else ())
    agreed = {"for_resellers": why != "no consent", "shows_email": why != "hidden"}
    (one,) = resold(shirt, clock(), **agreed)
    if why == "waiting":
        one.change({"words": "New.", "name": "Ann", "stars": 1, "connection": ""}, clock())
    number = one.id + (why == "nothing")
    answer = nobody.post(f"{frame_of(own)}/{number}/address", headers=SAME_ORIGIN)
    assert answer.status_code == 404
    assert "This address is not shown, or no longer." in answer.text
    assert "person0@" not in answer.text


def test_a_number_that_no_row_can_have_is_not_there(nobody, hill):
    for number in (2**31 - 1, 2**31, 10**30):
        answer = nobody.post(f"{frame_of(hill)}/{number}/address", headers=SAME_ORIGIN)
        assert answer.status_code == 404


def test_a_form_from_another_site_gets_no_address(nobody, hill, shirt, clock):
    (one,) = resold(shirt, clock(), shows_email=True)
    way = f"{frame_of(hill)}/{one.id}/address"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": SITE}):
        answer = nobody.post(way, headers=headers)
        assert answer.status_code == 403
        assert "person0@" not in answer.text
    assert nobody.get(way).status_code == 405


def test_an_older_browser_that_names_our_own_origin_alone_is_given_it(nobody, hill, shirt, clock):
    (one,) = resold(shirt, clock(), shows_email=True)
    assert nobody.get(frame_of(hill)).headers["Referrer-Policy"] == "same-origin"
    way = f"{frame_of(hill)}/{one.id}/address"
    assert nobody.post(way, headers={"Origin": "http://localhost"}).status_code == 200
    assert nobody.post(way, headers={"Origin": "null"}).status_code == 403


def test_who_collects_addresses_is_stopped(settings, clock, hill, shirt):
    (one,) = resold(shirt, clock(), shows_email=True)
    app = create_app(settings.__class__(**vars(settings) | {"limits": True}), clock)
    way, asking = f"{frame_of(hill)}/{one.id}/address", app.test_client()
    codes = [asking.post(way, headers=SAME_ORIGIN).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]
    stopped = asking.post(way, headers=SAME_ORIGIN)
    assert "Please wait a while" in stopped.text
    assert policy_of(stopped)["frame-ancestors"] == f"'self' {SITE}"
