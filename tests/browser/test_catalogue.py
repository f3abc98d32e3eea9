"""An editor fixes a price by keyboard, and it stands in the shop at once; and without script."""

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser.test_door import DESK, authenticator, key_on
from tests.staff import PASSWORD


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


@pytest.fixture
def page(new_page, own_shop):
    return new_page(own_shop.origin)


@pytest.fixture
def page_without_javascript(new_page, own_shop):
    return new_page(own_shop.origin, java_script_enabled=False)


def open_one(page, name: str) -> None:
    """Open one of what the desk lists under that name."""
    if name == "variant":
        page.locator("li.thing a").first.click()
    elif name == "stock":
        page.get_by_role("link", name="Stock:").click()
    else:
        page.goto("/desk/collections")
        page.locator("#collections li a").first.click()


def test_a_price_is_fixed_by_keyboard_and_stands_in_the_shop(page, own_shop, new_page, look):
    authenticator(page)
    link = own_shop.storefront("add-staff", "prices@staff.example", "--role", "editor")
    page.goto(link.strip())
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.get_by_role("link", name="Products").first.click()
    look(page, "list")
    page.get_by_label("Words, SKU or handle").press_sequentially("second-day")
    found = page.locator("#found li")
    expect(found).to_have_count(1)
    expect(page.get_by_label("Words, SKU or handle")).to_be_focused()
    found.get_by_role("link", name="Second-Day Merino").click()
    look(page, "product")
    row = page.locator("li.thing").first
    price = row.get_by_label("Price of")
    price.fill("1,299")
    price.press("Enter")
    expect(row.locator(".error")).to_contain_text("Leave out the mark")
    expect(price).to_be_focused()
    price.fill("43,21")
    price.press("Enter")
    expect(price).to_have_value("43.21")
    expect(page.locator("#said")).to_contain_text("costs 43.21")
    at = page.url
    choice = row.get_by_role("link").first.inner_text().split(" / ")
    for name in ("variant", "stock", "collection"):
        open_one(page, name)
        look(page, name)
    page.goto(at)
    page.get_by_role("link", name="see it in the shop").click()
    for value in choice:
        page.get_by_text(value, exact=True).click()
    expect(page.locator("#choice .total")).to_have_text("$43.21")


def test_stock_and_collections_work_without_javascript(page_without_javascript, own_shop, look):
    page = page_without_javascript
    link = own_shop.storefront("add-staff", "plain-prices@staff.example", "--role", "editor")
    page.goto(link.strip())
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key_on(page)).now())
    page.get_by_role("button", name="Use password and app").click()
    page.goto("/desk/stock")
    page.locator("#found a").first.click()
    page.get_by_label("How many").fill("40")
    page.get_by_role("button", name="Adjust the stock").click()
    expect(page.locator("main")).to_contain_text("received, ")
    page.goto("/desk/collections")
    page.locator("#collections li a").first.click()
    first = page.locator("ol.sheet li").first.get_by_role("link").inner_text()
    page.get_by_role("button", name=f"Move {first} down").click()
    expect(page.locator("ol.sheet li").nth(1)).to_contain_text(first)
    page.get_by_role("button", name=f"Move {first} up").click()
