"""A manager makes a code and rates at the desk; a shopper meets them at the checkout."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import SHIRT, choose, fill_in, put_into_cart


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def come_in(page, shop) -> None:
    authenticator(page)
    page.goto(shop.storefront("add-staff", "mia@staff.example", "--role", "manager").strip())
    page.get_by_label("A name for it").fill("Key")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)


def make_a_code(page, look) -> None:
    page.goto("/desk")
    page.get_by_role("navigation").get_by_role("link", name="Discounts").click()
    look(page, "no-codes")
    page.get_by_label("Code", exact=True).fill("spring-10")
    page.get_by_label("How much").fill("ten")
    page.keyboard.press("Enter")
    expect(page.locator("#value-error")).to_contain_text("an amount is read as digits")
    look(page, "code-refused")
    page.get_by_label("How much").fill("10")
    page.get_by_label("Once a customer").check()
    page.get_by_role("button", name="Make the code").click()
    expect(page.locator(".notice")).to_have_text("SPRING-10 is made: 10 % off.")
    look(page, "codes")
    page.get_by_role("link", name="SPRING-10").click()
    look(page, "code")


def make_rates(page, look) -> None:
    page.goto("/desk/shipping")
    page.get_by_role("link", name="Add a rate").click()
    page.get_by_label("Name").fill("By weight")
    expect(page.get_by_label("Line 1: from")).to_be_hidden()
    page.get_by_label("The weight of what is sent").check()
    expect(page.get_by_label("Line 1: from")).to_be_visible()
    page.get_by_label("Line 1: below").fill("1000")
    page.get_by_label("Line 1: price").fill("4.90")
    page.get_by_label("Line 2: from").fill("500")
    page.get_by_label("Line 2: price").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#bands-error")).to_contain_text("Two lines overlap")
    look(page, "rate-refused")
    page.get_by_label("Line 2: from").fill("2000")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_contain_text("Mind the gap")
    look(page, "shipping")
    page.goto("/desk/taxes")
    look(page, "taxes")
    page.get_by_label("What it is called").fill("Sales tax")
    page.get_by_label("Per cent").fill("7.25")
    page.get_by_label("Countries").fill("US")
    page.get_by_label("States").fill("Oregon")
    page.get_by_role("button", name="Add the rate").click()
    expect(page.locator(".notice")).to_have_text("7.25 % Sales tax is added.")


def test_a_code_made_at_the_desk_is_used_at_the_checkout(shop_stack, new_page, look):
    page = new_page(shop_stack.origin)
    come_in(page, shop_stack)
    make_a_code(page, look)
    make_rates(page, look)
    for scripted in (True, False):
        shopper = new_page(shop_stack.origin, java_script_enabled=scripted)
        buy(shopper, scripted, look)
    page.goto("/desk/discounts")
    expect(page.get_by_role("row", name="SPRING-10")).to_contain_text("2")


def buy(page, scripted: bool, look) -> None:
    page.goto("/search?q=merino+t-shirt")
    page.get_by_role("link", name=SHIRT).click()
    choose(page, "XL", "Off White")
    put_into_cart(page, 2)
    page.goto("/checkout")
    fill_in(page, email=f"ann-{scripted}@shop.test".lower())
    summary = page.locator("#totals")
    page.get_by_label("Discount code").fill("WINTER")
    page.get_by_label("Discount code").press("Enter")
    expect(page.locator("#code-error")).to_contain_text("We do not know this code")
    expect(page.locator(".notice")).to_have_count(0)
    expect(page.get_by_label("Discount code")).to_be_focused()
    if scripted:
        expect(summary).to_contain_text("7.25 % Sales tax")  # came with the state
        look(page, "checkout-refused")
    page.get_by_role("button", name="Take the code out").click()
    expect(page.get_by_label("Discount code")).to_have_value("")
    page.get_by_label("Discount code").fill("spring-10")
    page.get_by_label("Discount code").press("Enter")
    expect(summary).to_contain_text("Discount: SPRING-10")
    expect(page.get_by_label("Discount code")).to_be_focused()
    page.get_by_label("Discount code").fill("SPRING - 10")
    page.get_by_role("button", name="Use this code").click()
    expect(summary).to_contain_text("Discount: SPRING-10")
    expect(page.get_by_label("Full name")).to_have_value("Ann Walker")
    if scripted:
        look(page, "checkout")
    page.get_by_label("By weight").check()
    if scripted:
        expect(summary).to_contain_text("$4.90")
    page.get_by_role("button", name="Place the order and pay").click()
    if not scripted:  # nothing told the page of the other way, so the total is asked about
        expect(page.locator(".notice")).to_contain_text("the total is")
        page.get_by_role("button", name="Place the order and pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")
