"""The trail in a browser: by keyboard, with JavaScript and without, forgotten with one click.

README.md shows a picture that this test takes: build/screenshots has it as trail.webp.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import quickened, small_picture, small_targets, wider_than_the_screen

BUTTON = "Remember what I look at here"
FORGET = "Forget what I looked at"


def cookies(context) -> list[str]:
    return [cookie["name"] for cookie in context.cookies()]


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_the_way_from_a_list_and_back_is_remembered_for_who_asks(
    browser, running_shop, shots, scripts
):
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto(f"{running_shop.origin}/products?type=Jackets")
    if scripts:
        quickened(page)
    assert cookies(context) == []
    page.get_by_role("button", name=BUTTON).focus()
    page.keyboard.press("Enter")
    forget = page.get_by_role("button", name=FORGET)
    expect(forget).to_be_visible()
    assert cookies(context) == ["trail"]
    if scripts:
        expect(page.locator("#trail")).to_be_focused()
        expect(page.locator("#said")).to_have_text(re.compile("From now on we remember"))
    names = page.locator(".grid .name").all_text_contents()
    page.locator(".grid a").first.click()
    page.get_by_role("link", name=f"Next {names[1]}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    expect(page.locator("#trail .name")).to_have_text([names[0]])
    assert small_targets(page) == []
    assert wider_than_the_screen(page) == 0
    page.get_by_role("link", name="Back to Products: Jackets").click()
    expect(page).to_have_url(f"{running_shop.origin}/products?type=Jackets")
    expect(page.locator("#trail .name")).to_have_text([names[1], names[0]])
    take_picture(page, shots)
    page.goto(f"{running_shop.origin}/privacy/cookies")
    expect(page.locator("main")).to_contain_text("because you asked us to remember it")
    page.go_back()
    if scripts:
        quickened(page)
    forget.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    assert cookies(context) == []
    context.close()


def take_picture(page, shots) -> None:
    """What README.md shows: what was looked at, below the list."""
    before = page.viewport_size
    page.set_viewport_size({"width": 1024, "height": 640})
    page.locator("#trail").scroll_into_view_if_needed()
    small_picture(page, shots / "trail.webp")
    page.set_viewport_size(before)


def test_an_address_with_a_slip_in_it_leads_on(browser, running_shop):
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    answer = page.goto(f"{running_shop.origin}/products/waterproof-jakcet")
    assert answer.status == 404
    expect(page.get_by_role("searchbox")).to_have_value("waterproof jacket")
    assert small_targets(page) == []
    assert wider_than_the_screen(page) == 0
    page.locator(".grid a").first.click()
    expect(page).to_have_url(re.compile("/products/.*jacket"))
    page.context.close()
