"""An editor writes an issue at the desk, tries it, sends it, and somebody reads and leaves."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from storefront.config import read_settings
from storefront.models import Insider, InsiderIssue
from tests.browser.test_selling import come_in
from tests.databases import using_database
from tests.issues import readers

TEXT = """It rains, and we have made something for that.

{product: second-day-merino-t-shirt}

## What else

- [How we deliver](/pages/delivery)
- Nothing that *tells* who reads this
"""


@pytest.fixture
def shop(own_shop):
    """With three who have confirmed."""
    with using_database(read_settings(own_shop.environ).database_url):
        readers(3, datetime.now(UTC))
    return own_shop


def test_an_issue_is_written_tried_sent_and_read(shop, new_page, look, allowed_errors):
    allowed_errors.append("status of 422")
    page = new_page(shop.origin)
    come_in(page, shop)
    page.get_by_role("navigation").get_by_role("link", name="Insider Update").click()
    look(page, "none")
    page.get_by_label("Title").fill("Autumn coats")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="As it goes out")).to_be_visible()
    write(page, look)
    page.get_by_role("button", name="Send a test to me").click()
    expect(page.locator(".notice")).to_contain_text("on its way to mia@staff.example")
    page.get_by_role("button", name="Send to all who confirmed").click()
    expect(page.get_by_text("Sent on")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("definition").nth(1)).to_have_text("3")
    look(page, "sent")
    in_the_archive(page, look)
    without_javascript(new_page(shop.origin, java_script_enabled=False), shop)


def write(page, look) -> None:
    page.get_by_label("Text", exact=True).fill(TEXT.replace("second-day", "third-day"))
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Send to all who confirmed").click()
    expect(page.locator("#moment-error")).to_contain_text("choose day and time")
    page.get_by_label("Now").check()
    page.get_by_role("button", name="Send to all who confirmed").click()
    expect(page.locator("#text-error")).to_contain_text("“third-day-merino-t-shirt”")
    look(page, "refused")
    page.get_by_label("Text", exact=True).fill(TEXT)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".notice")).to_have_text("Saved.")
    framed = page.frame_locator("iframe")
    expect(framed.get_by_text("Second-Day Merino T-shirt")).to_be_visible()
    assert framed.locator("body").evaluate("getComputedStyle(document.body).maxWidth") != "none"
    look(page, "draft")


def in_the_archive(page, look) -> None:
    page.get_by_role("link", name="Its page in the archive").click()
    expect(page.get_by_role("heading", name="Autumn coats")).to_be_visible()
    look(page, "archive-issue")
    page.get_by_role("link", name="Archive").click()
    look(page, "archive")


def without_javascript(page, shop) -> None:
    """The same issue's mail leads out with one press."""
    with using_database(read_settings(shop.environ).database_url):
        assert InsiderIssue.get().sent == 3
        assert Insider.reading().count() == 3
    page.goto("/insider/archive/autumn-coats")
    page.get_by_role("link", name="Second-Day Merino T-shirt").click()
    expect(page.get_by_role("heading", name="Second-Day Merino T-shirt")).to_be_visible()
