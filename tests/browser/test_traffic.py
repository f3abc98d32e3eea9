"""The desk looks at how the shop is used, with the keyboard and without a script.

docs/traffic.md shows a picture that this test takes: build/screenshots has it as traffic.webp.
"""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from storefront.config import read_settings
from tests.browser.looking import wider_than_the_screen
from tests.browser.test_selling import come_in
from tests.counted_traffic import fill
from tests.databases import using_database


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def test_the_page_is_read_sorted_and_narrowed_with_the_keyboard(own_shop, new_page, look, picture):
    page = new_page(own_shop.origin, viewport={"width": 1280, "height": 900})
    come_in(page, own_shop)
    page.goto("/desk/traffic")
    expect(page.locator("main")).to_contain_text("Nothing has been counted in this time")
    look(page, "nothing-yet")
    with using_database(read_settings(own_shop.environ).database_url):
        fill(datetime.now(UTC).date(), 120)
    page.reload()
    expect(page.get_by_role("img", name="Visits", exact=True)).to_be_visible()
    picture(page, "traffic", 1240)
    look(page, "page")
    page.get_by_text("The charts as a table").press("Enter")
    page.get_by_role("table").first.get_by_role("link").last.press("Enter")
    expect(page.locator("main")).to_contain_text("23:00")
    page.get_by_role("link", name="28 days").press("Enter")
    page.locator("section", has=page.get_by_role("heading", name="Devices")).get_by_role(
        "link", name="Device", exact=True
    ).press("Enter")
    expect(page.locator("[aria-sort]")).to_have_text("Device")
    expect(page.locator("tbody th").first).to_have_text("desktop")
    page.locator("thead").get_by_role("link", name="Visits").press("Enter")
    expect(page.locator("tbody th").first).to_have_text("phone")
    look(page, "list")
    look_without_script(new_page, own_shop, page)
    for path in ("/desk/traffic/people", "/privacy/traffic"):
        page.goto(path)
        expect(page.get_by_role("rowheader", name="English")).to_be_visible()
        look(page, path.replace("/", "-")[1:])


def look_without_script(new_page, shop, page) -> None:
    """Other days are asked for by a form, and what cannot be is told beside the field."""
    plain = new_page(shop.origin, java_script_enabled=False, viewport={"width": 320, "height": 640})
    plain.context.add_cookies(page.context.cookies())
    plain.goto("/desk/traffic")
    plain.get_by_text("Other days").click()
    plain.get_by_label("To").fill("2001-02-03")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator("#to-error")).to_contain_text("before the first")
    plain.get_by_label("From").fill("2001-02-01")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator("main")).to_contain_text("1 February to 3 February 2001")
    assert wider_than_the_screen(plain) <= 0
