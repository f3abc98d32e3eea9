"""An author writes with a keyboard, is refused once, confirms from the mail, and changes it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_journey import mail_to
from tests.snapshots import picture

NEW = "/products/second-day-merino-t-shirt/testimonials/new"


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def type_into(page, label: str, words: str) -> None:
    """With the keyboard alone: on to the field of that label, then its words."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if label in page.evaluate("document.activeElement.labels?.[0]?.textContent ?? ''"):
            page.keyboard.type(words)
            return
    pytest.fail(f"no way to {label} by Tab")


def test_a_testimonial_is_written_with_a_keyboard_and_confirmed(new_page, running_shop, look):
    page = new_page(running_shop.origin)
    page.goto(NEW)
    page.get_by_role("radio", name="No rating").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    type_into(page, "What you think of it", "See www.example.com, and Zanzibar.")
    type_into(page, "Name to show", "Ann")
    type_into(page, "E-mail address", "writing@example.com")
    photograph = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture((400, 500))}
    page.get_by_label("Pictures (optional)").set_input_files(photograph)
    page.get_by_role("button", name="Send it, and confirm by mail").press("Enter")
    notice = page.locator("#writing .notice")
    expect(notice).to_contain_text("Please leave out addresses of web pages")
    expect(notice).to_be_focused()
    expect(page.get_by_label("What you think of it")).to_have_value(re.compile("Zanzibar"))
    expect(page.get_by_role("radio", name="5 stars")).to_be_checked()
    expect(page.get_by_label("Pictures (optional)")).to_have_accessible_description(
        re.compile("“a.jpg”. Please choose again")
    )
    look(page, "refused")
    page.get_by_label("What you think of it").fill("Dry for three weeks.\n\nNo leaks.")
    page.get_by_label("Pictures (optional)").set_input_files([photograph])
    page.get_by_role("button", name="Send it, and confirm by mail").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    confirm(page, running_shop, look)


def confirm(page, shop, look) -> None:
    mail = mail_to(shop.instance, "writing@example.com", "Is this testimonial")
    mail = mail.get_body(["plain"]).get_content()
    page.goto(re.search(r"http\S+/testimonials/mine/\S+", mail)[0])
    expect(page.locator("#writing img").first).to_be_visible()
    look(page, "mine")
    page.get_by_role("button", name="Confirm that it is mine").press("Enter")
    expect(page.get_by_role("status").last).to_contain_text("Somebody here will read it soon")
    page.get_by_role("button", name="Show my address").press("Enter")
    expect(page.locator("#email-now")).to_have_text(re.compile("is shown to people who ask"))
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Taken back")
    page.get_by_role("link", name="Write a testimonial").press("Enter")
    expect(page.get_by_label("What you think of it")).to_be_visible()
