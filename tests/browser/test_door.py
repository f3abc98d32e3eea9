"""The desk's door in Chromium: passkeys of a virtual authenticator, no JavaScript, a keyboard."""

import re

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser import looking
from tests.staff import PASSWORD

DESK = re.compile(r"/desk$")


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 410"]


@pytest.fixture
def invited(running_shop):
    """`invited("ann", "editor")` gives a link for a new person of that name."""

    def invite(name: str, *roles: str) -> str:
        wanted = [part for role in roles for part in ("--role", role)]
        return running_shop.storefront("add-staff", f"{name}@staff.example", *wanted).strip()

    return invite


def authenticator(page, **options):
    """Give the page's browser a device that keeps passkeys and says that it saw a finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    facts = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    facts |= {"hasUserVerification": True, "isUserVerified": True}
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": facts | options})
    return session, added["authenticatorId"]


def key_on(page) -> str:
    return page.locator(".scan code").inner_text().replace(" ", "")


def test_a_passkey_is_made_with_an_invitation_and_opens_the_door_afterwards(page, invited):
    session, device = authenticator(page)
    page.goto(invited("passkey", "editor"))
    page.get_by_label("A name for it").fill("My phone")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    (made,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (made["isResidentCredential"], made["rpId"]) == (True, "localhost")
    page.goto("/desk/account")
    expect(page.get_by_label("Name of this passkey")).to_have_value("My phone")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/desk/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/desk/account$"))
    expect(page.get_by_label("Name of this passkey")).to_have_value("My phone")


def test_a_passkey_of_a_device_that_saw_no_finger_is_not_taken(page, invited):
    authenticator(page, isUserVerified=False)
    page.goto(invited("unseen", "editor"))
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator(".passkey [role=alert]")).to_contain_text("No passkey was given")


def test_an_answer_of_a_passkey_counts_once(page, invited, new_page, running_shop):
    authenticator(page)
    page.goto(invited("replayed", "editor"))
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.get_by_role("button", name="Sign out").click()
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(DESK)
    stranger = new_page(running_shop.origin)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = stranger.request.post("/desk/door", data=sent[-1].post_data, headers=headers)
    assert answer.status == 422
    assert stranger.request.get("/desk", max_redirects=0).status == 303


def test_a_link_on_another_site_leads_to_the_desk_for_who_is_signed_in(
    page, invited, running_shop, allowed_errors
):
    allowed_errors.append("status of 400")
    authenticator(page)
    page.goto(invited("linked", "editor"))
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.goto(running_shop.payment_origin)  # which is of another site, and has no page there
    asked = []
    page.on("request", lambda request: asked.append(request.headers.get("referer", "")))
    page.evaluate("url => { location.href = url }", f"{running_shop.origin}/desk/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    assert len(asked) > 1, "once from there, and once more from our own page"


def test_a_second_passkey_is_added_and_the_first_one_removed(page, invited):
    session, first = authenticator(page)
    page.goto(invited("second", "editor"))
    page.get_by_label("A name for it").fill("First")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.goto("/desk/account")
    page.get_by_role("button", name="Add a passkey").click()
    alert = page.locator(".passkey [role=alert]")
    expect(alert).to_have_text("This device has a passkey for this account already.")
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
    authenticator(page)
    page.get_by_label("A name for it").fill("Second")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_label("Name of this passkey")).to_have_count(2)
    page.get_by_role("button", name="Remove First").click()
    expect(page.get_by_label("Name of this passkey")).to_have_count(1)
    expect(page.locator("#ways > .notice")).to_contain_text("The passkey was removed.")
    page.get_by_role("button", name="Remove Second").click()
    expect(page.locator("#ways .error[role=alert]").first).to_contain_text("the only way")


def test_without_javascript_everything_goes_by_password_and_code(page_without_javascript, invited):
    page = page_without_javascript
    page.goto(invited("plain", "manager"))
    expect(page.get_by_role("button", name="Make a passkey")).to_be_hidden()
    expect(page.get_by_text("Passkeys need JavaScript")).to_be_visible()
    key = key_on(page)
    page.get_by_label("New password").fill("short")
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Use password and app").click()
    expect(page.locator("#password-error")).to_contain_text("at least 12 characters")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Use password and app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    code = page.locator(".codes code").first.inner_text()
    page.get_by_role("button", name="I have written them down").click()
    expect(page.locator("#ways")).to_contain_text("10 of them are left")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("plain@staff.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(DESK)
    page.get_by_role("link", name="Staff").first.click()
    page.get_by_label("E-mail address").fill("guest@staff.example")
    page.get_by_role("group", name="Roles of the new person").get_by_label("editor").check()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("code.link")).to_contain_text("/desk/invitations/")
    row = page.locator("li", has_text="guest@staff.example")
    row.locator("summary").click()
    row.get_by_role("button", name="Remove guest@staff.example").click()
    expect(page.locator("#people > .notice")).to_contain_text("was removed")


def test_the_door_is_opened_by_keyboard_alone(page, invited):
    authenticator(page)
    page.goto(invited("keys", "editor"))
    reach(page, "Make a passkey")
    page.keyboard.press("Enter")
    page.wait_for_url(DESK)
    reach(page, "Your account")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/desk/account$"))
    reach(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/desk/door"))
    reach(page, "Sign in with a passkey")
    page.keyboard.press("Enter")
    page.wait_for_url(DESK)


def reach(page, name: str) -> None:
    """Press Tab until what has that name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText || ''")
        if name in focused:
            return
    raise AssertionError(f"{name} is not reached by keyboard")


def test_the_desks_pages_have_no_barriers_and_stay_on_the_screen(
    page, invited, assert_no_axe_violations, shoot
):
    def look(name: str) -> None:
        assert_no_axe_violations(page)
        shoot(page, f"desk-{name}")
        page.set_viewport_size({"width": 360, "height": 740})
        page.emulate_media(color_scheme="dark")
        assert_no_axe_violations(page)
        assert not looking.small_targets(page)
        shoot(page, f"desk-{name}-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 320, "height": 640})
        assert looking.wider_than_the_screen(page) <= 0
        page.set_viewport_size({"width": 1280, "height": 720})

    page.goto("/desk/door")
    look("door")
    page.get_by_label("E-mail address").fill("looks@staff.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".notice")).to_be_visible()
    look("door-refused")
    page.goto(invited("looks." + "far" * 19, "manager"))
    look("invitation")
    page.get_by_label("New password").fill("passwordpassword")
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key_on(page)).now())
    page.get_by_role("button", name="Use password and app").click()
    expect(page.locator("#password-error")).to_be_visible()
    look("invitation-refused")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key_on(page)).now())
    page.get_by_role("button", name="Use password and app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    look("codes")
    page.get_by_role("button", name="I have written them down").click()
    authenticator(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_label("Name of this passkey")).to_have_count(1)
    look("account")
    for url, name in (("/desk", "home"), ("/desk/account/app", "app"), ("/desk/staff", "staff")):
        page.goto(url)
        look(name)
    page.get_by_label("E-mail address").fill("looked@staff.example")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("Choose at least one role.")).to_be_visible()
    look("staff-refused")
    page.get_by_role("group", name="Roles of the new person").get_by_label("editor").check()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("code.link")).to_be_visible()
    look("staff-link")
    page.goto("/desk/invitations/long-gone")
    look("gone")
