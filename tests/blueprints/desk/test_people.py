"""The managers' page: who works here, with which roles."""

import re

import pytest

from storefront.models import Staff
from tests.racing import at_once
from tests.staff import hired, in_browser, settled


@pytest.fixture
def manager(app) -> Staff:
    return settled(app, "manager", email="mia@staff.example")


@pytest.fixture(params=["pages", "fragments"])
def browser(request, app, manager):
    client = in_browser(app, manager)
    client.headers = {"HX-Request": "true"} if request.param == "fragments" else {}
    return client


def send(browser, url: str, **form) -> str:
    """What the manager sees after a form, whichever way it was sent."""
    answer = browser.post(url, data=form, headers=browser.headers)
    return browser.get(answer.location).text if answer.status_code == 303 else answer.text


def is_in(client) -> bool:
    return client.get("/desk").status_code == 200


def test_somebody_is_invited_and_the_link_is_shown_once(app, browser):
    page = send(browser, "/desk/staff", email="Ann@Staff.example", role=["editor", "moderator"])
    link = re.search(r"http://localhost:\d+(/desk/invitations/[\w-]+)", page)
    assert app.test_client().get(link[1]).status_code == 200
    assert "/desk/invitations/" not in browser.get("/desk/staff").text
    assert Staff.about("ann@staff.example").get().roles == ["editor", "moderator"]


def test_an_invitation_without_a_role_or_an_address_is_refused_beside_the_field(browser):
    page = send(browser, "/desk/staff", email="ann@staff.example")
    assert "Choose at least one role." in page
    assert 'value="ann@staff.example"' in page
    page = send(browser, "/desk/staff", email="ann at staff", role=["editor"])
    assert 'id="email-error"' in page
    page = send(browser, "/desk/staff", email="ann@staff.example", role=["emperor"])
    assert "Choose at least one role." in page
    assert Staff.select().count() == 1


def test_a_new_link_is_made_for_somebody_who_is_there(app, browser):
    ann = hired(app, "editor", email="ann@staff.example")
    page = send(browser, f"/desk/staff/{ann.id}/invitation")
    link = re.search(r"http://localhost:\d+(/desk/invitations/[\w-]+)", page)
    assert app.test_client().get(link[1]).status_code == 200
    assert Staff.get_by_id(ann.id).roles == ["editor"]


def test_the_page_says_until_when_a_link_is_good_while_it_is(app, browser, clock):
    hired(app, "editor", email="ann@staff.example")
    assert "a link is good until" in browser.get("/desk/staff").text
    clock.forward(days=8)
    again = in_browser(app, Staff.about("mia@staff.example").get())
    assert "a link is good until" not in again.get("/desk/staff").text


def test_a_manager_who_takes_another_role_by_invitation_stays_signed_in(browser):
    page = send(browser, "/desk/staff", email="mia@staff.example", role=["editor"])
    assert "/desk/invitations/" in page
    assert Staff.get().roles == ["editor", "manager"]
    assert is_in(browser)


def test_an_invitation_that_is_sent_twice_at_once_is_one_account(app, clock):
    made = at_once(lambda: Staff.invite("ann@staff.example", ["editor"], clock())[0].id, 8)
    assert made == [Staff.get().id] * 8


def test_other_roles_end_the_persons_sessions(app, browser):
    ann = hired(app, "editor", email="ann@staff.example")
    other = in_browser(app, ann)
    page = send(browser, f"/desk/staff/{ann.id}/roles", role=["moderator"])
    assert "was given other roles" in page
    assert Staff.get_by_id(ann.id).roles == ["moderator"]
    assert not is_in(other)
    assert is_in(browser)


def test_nobody_is_left_without_a_role(app, browser):
    ann = hired(app, "editor", email="ann@staff.example")
    page = send(browser, f"/desk/staff/{ann.id}/roles")
    assert "Choose at least one role, or remove the person." in page
    assert Staff.get_by_id(ann.id).roles == ["editor"]


def test_a_removed_person_is_signed_out_and_nothing_is_left(app, browser):
    ann = hired(app, "editor", email="ann@staff.example")
    other = in_browser(app, ann)
    page = send(browser, f"/desk/staff/{ann.id}/removal")
    assert "was removed" in page
    assert not is_in(other)
    assert not Staff.about("ann@staff.example").exists()
    assert "was removed meanwhile" in send(browser, f"/desk/staff/{ann.id}/removal")


def test_the_last_manager_stays_a_manager(app, browser, manager):
    hired(app, "manager", email="invited@staff.example")  # and cannot sign in yet
    for form in ("removal", "roles"):
        page = send(browser, f"/desk/staff/{manager.id}/{form}", role=["editor"])
        assert "the only manager who can sign in" in page
    assert "manager" in Staff.get_by_id(manager.id).roles


def test_a_manager_among_others_may_go_or_do_something_else(app, browser, manager):
    other = settled(app, "manager", email="max@staff.example")
    browser.post(f"/desk/staff/{manager.id}/roles", data={"role": ["editor"]})
    assert is_in(browser)
    assert browser.get("/desk/staff").status_code == 403
    browser = in_browser(app, other)
    assert browser.post(f"/desk/staff/{other.id}/removal").status_code == 422
    manager.give_roles(["manager"])
    answer = browser.post(f"/desk/staff/{other.id}/removal")
    assert answer.location == "http://localhost/desk/door"
    assert not is_in(browser)


def test_what_somebody_typed_is_shown_as_text(browser):
    page = send(browser, "/desk/staff", email='"><script>alert(1)</script>', role=["editor"])
    assert "<script>alert" not in page


def test_a_number_that_no_row_has_is_not_there(browser):
    assert browser.post("/desk/staff/99999999999999999999/removal").status_code == 404
    assert "removed meanwhile" in send(browser, "/desk/staff/2147483647/removal")
