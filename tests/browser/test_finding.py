"""A shopper finds a waterproof jacket in M under 150: on a phone, by keyboard, with no script."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import quickened

PHONE = {"viewport": {"width": 360, "height": 740}}
WANTED = "Curbside Waterproof Jacket"


def tab_to(page: Page, selector: str, most: int = 150) -> None:
    """Press Tab until what is wanted has the focus, as somebody without a pointer does."""
    wanted = page.locator(selector).first
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{selector} cannot be reached by Tab")


def tick(group: str, value: str) -> str:
    return f'input[name="{group}"][value="{value}"]'


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_a_waterproof_jacket_in_m_under_150_on_a_phone_by_keyboard(
    new_page, running_shop, javascript
):
    page = new_page(running_shop.origin, java_script_enabled=javascript, **PHONE)
    page.goto("/search")
    tab_to(page, "#q")
    page.keyboard.type("waterproof jacket")
    page.keyboard.press("Enter")
    expect(page.locator(".card").first).to_be_visible()
    tab_to(page, ".filters summary")
    page.keyboard.press("Enter")
    for name, selector in (("Size", tick("option-size", "M")), ("Price", tick("price", "100-150"))):
        tab_to(page, f'summary:has-text("{name}")')
        page.keyboard.press("Enter")
        tab_to(page, selector)
        page.keyboard.press("Space")
        if javascript:
            expect(page).to_have_url(re.compile("M|100-150"))
            expect(page.locator(selector)).to_be_checked()
            expect(page.locator(selector)).to_be_focused()
    if not javascript:
        tab_to(page, "noscript button, .facets button")
        page.keyboard.press("Enter")
    expect(page.locator(".chosen")).to_have_count(2)
    tab_to(page, f'.card a:has-text("{WANTED}")')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(WANTED)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_each_state_is_an_address_and_back_leads_through_them(page):
    page.goto("/products")
    quickened(page)
    first = page.locator(".card .name").all_inner_texts()
    page.locator("summary", has_text="Kind").click()
    page.locator(tick("type", "Hats")).check()
    expect(page).to_have_url(re.compile("type=Hats"))
    expect(page.locator(".chosen")).to_have_text(re.compile("Hats"))
    narrowed = page.locator(".card .name").all_inner_texts()
    assert narrowed != first
    page.go_back()
    expect(page).not_to_have_url(re.compile("type=Hats"))
    expect(page.locator(".chosen")).to_have_count(0)
    assert page.locator(".card .name").all_inner_texts() == first
    page.go_forward()
    expect(page.locator(".chosen")).to_have_text(re.compile("Hats"))
    page.reload()
    assert page.locator(".card .name").all_inner_texts() == narrowed


def test_the_order_is_chosen_and_kept_while_narrowing(page):
    page.goto("/products")
    quickened(page)
    page.get_by_label("Sort by").select_option("price")
    expect(page).to_have_url(re.compile("sort=price"))
    page.locator("summary", has_text="Kind").click()
    page.locator(tick("type", "Hats")).check()
    expect(page).to_have_url(re.compile("sort=price.*type=Hats|type=Hats.*sort=price"))
