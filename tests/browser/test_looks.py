"""Every page and state: no barrier that axe knows, nothing off the screen, and a picture of it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import HELD, fill_in, give_card, order_two, put_into_cart

DARK = {"color_scheme": "dark"}
PRODUCT = "/products/second-day-merino-t-shirt"


@pytest.fixture
def look(assert_no_axe_violations, shoot):
    """Check a page as it is now, and take its picture at three widths."""

    def check(page: Page, name: str) -> None:
        assert_no_axe_violations(page)
        shoot(page, name)
        page.set_viewport_size({"width": 320, "height": 640})
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{name} runs {wider} px off a screen of 320 px"
        page.set_viewport_size({"width": 1280, "height": 720})

    return check


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 404", "status of 503", "status of 410"]


def test_pages_that_anybody_may_open(page, look):
    for url, name in {
        "/": "home",
        "/products": "listing",
        PRODUCT: "product",
        "/cart": "cart-empty",
        "/checkout": "checkout-empty",
        "/privacy": "privacy",
        "/nothing-here": "not-found",
    }.items():
        page.goto(url)
        look(page, name)


def test_choosing_and_putting_in(page, look):
    page.goto(f"{PRODUCT}?option1=M&option2=Moss")
    look(page, "product-sold-out")
    page.goto(PRODUCT)
    page.get_by_label("Quantity").fill("1000")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#quantity-error")).to_be_visible()
    look(page, "product-refused")
    put_into_cart_after_refusal(page)
    look(page, "product-added")
    page.goto("/cart")
    look(page, "cart")
    page.get_by_label("Quantity of").fill("1000")
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#cart .error")).to_be_visible()
    look(page, "cart-refused")


def put_into_cart_after_refusal(page: Page) -> None:
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".added")).to_be_visible()


def test_checking_out_paying_and_following(page, look):
    page.goto(PRODUCT)
    put_into_cart(page, 1)
    page.goto("/checkout")
    look(page, "checkout")
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.locator(".notice")).to_be_visible()
    look(page, "checkout-refused")
    fill_in(page)
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")
    look(page, "payment")
    give_card(page, "4242 4242 4242 4241", "01/20")
    expect(page.locator(".error").first).to_be_visible()
    look(page, "payment-refused")
    page.get_by_role("link", name="Back to your order").click()
    expect(page.locator("main")).to_have_attribute("data-state", "awaiting_card")
    look(page, "order-awaiting-card")
    page.get_by_role("button", name="Pay").click()
    give_card(page)
    expect(page.locator("main")).to_have_attribute("data-state", HELD)
    look(page, "order-card-held")


def test_without_the_vault(shop_stack, new_page, look):
    page = new_page(shop_stack.origin)
    order_two(page)
    shop_stack.stop_vault()
    give_card(page)
    expect(page.locator("main")).to_have_attribute("data-state", "unavailable")
    look(page, "payment-unavailable")


def test_in_the_dark(new_page, running_shop, look):
    page = new_page(running_shop.origin, **DARK)
    page.goto("/")
    look(page, "home-dark")
    page.goto(PRODUCT)
    put_into_cart(page, 1)
    look(page, "product-dark")
    page.goto("/cart")
    look(page, "cart-dark")
    page.goto("/checkout")
    look(page, "checkout-dark")
