"""A visitor opens the form in the footer, is refused once, signs up, confirms and leaves."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import quickened
from tests.browser.test_journey import mail_to

EMAIL = "insider@example.com"


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def test_signing_up_in_the_footer_with_the_keyboard_confirming_and_leaving(
    new_page, running_shop, look
):
    page = new_page(running_shop.origin)
    page.goto("/pages/contact")
    quickened(page)
    page.locator("footer").get_by_role("link", name="Insider Update").press("Enter")
    field = page.get_by_label("Your e-mail address, for the Insider Update")
    expect(field).to_be_focused()
    page.keyboard.type("insider@")
    page.keyboard.press("Enter")
    expect(field).to_have_accessible_description(re.compile("We cannot write to this address"))
    expect(field).to_have_value("insider@")
    look(page, "refused")
    field.fill(EMAIL)
    page.keyboard.press("Enter")
    said = page.locator("footer [role=status]")
    expect(said).to_contain_text("We have sent you a mail")
    expect(said).to_be_focused()
    look(page, "asked")
    assert page.url.endswith("/pages/contact"), "nobody is led away from what they read"
    mail = mail_to(running_shop.instance, EMAIL, "Shall we send you")
    page.goto(re.search(r"http\S+/confirmation/\S+", mail.get_body(["plain"]).get_content())[0])
    look(page, "confirmation")
    page.get_by_role("button", name="Yes, send it to me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the list")
    look(page, "confirmed")
    page.get_by_role("button", name="Leave it again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left")
    look(page, "left")


def test_without_javascript_the_link_leads_to_the_page_with_the_form(
    page_without_javascript, running_shop
):
    page = page_without_javascript
    page.goto(running_shop.origin)
    page.locator("footer").get_by_role("link", name="Insider Update").click()
    page.get_by_label("Your e-mail address").fill("plain-insider@example.com")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
