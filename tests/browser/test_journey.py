"""Somebody buys something: with JavaScript, without, and in a text browser."""

import email
import re
import time
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SHIRT = "Second-Day Merino T-shirt"
ANN = {
    "email": "ann@example.com",
    "name": "Ann Walker",
    "address-line1": "1 Main St",
    "address-line2": "Apt 4",
    "address-level2": "Portland",
    "address-level1": "Oregon",
    "postal-code": "97209",
}
VISA = "4242 4242 4242 4242"
HELD = re.compile("card_held|charged")  # the demonstration's desk charges it within seconds


def choose(page: Page, *values: str) -> None:
    for value in values:
        page.locator(".option label", has_text=re.compile(rf"^\s*{value}\s*$")).click()
    show = page.get_by_role("button", name="Show price and stock")
    if show.is_visible():  # only where there is no JavaScript
        show.click()


def put_into_cart(page: Page, quantity: int) -> None:
    page.wait_for_load_state("networkidle")  # or the answer to a choice may undo the quantity
    page.get_by_label("Quantity").fill(str(quantity))
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#badge b")).to_have_text(str(quantity))


def fill_in(page: Page, **changes: str) -> None:
    for token, value in (ANN | changes).items():
        page.locator(f'[autocomplete="{token}"]').fill(value)


def give_card(page: Page, number: str = VISA, expiry: str = "12/39") -> None:
    page.locator('[autocomplete="cc-number"]').fill(number)
    page.locator('[autocomplete="cc-exp"]').fill(expiry)
    page.get_by_role("button", name="Pay").click()


def order_two(page: Page, wanted=("L", "Navy"), **changes: str) -> None:
    """From the listing to the payment page."""
    page.goto("/search?q=merino+t-shirt")
    page.get_by_role("link", name=SHIRT).click()
    choose(page, *wanted)
    expect(page.locator(".option :checked + label").nth(1)).to_have_text(wanted[1])
    put_into_cart(page, 2)
    page.goto("/cart")
    page.get_by_role("link", name="Go to checkout").click()
    fill_in(page, **changes)
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")


def mail_to(instance: Path, address: str, subject: str) -> EmailMessage:
    """The mail with that subject, as soon as the worker has put it into the maildir."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        for file in (instance / "mail" / "new").glob("*"):
            mail = email.message_from_bytes(file.read_bytes(), policy=default)
            if mail["To"] == address and subject in mail["Subject"]:
                return mail
        time.sleep(0.1)
    pytest.fail(f"no mail {subject!r} came to {address}")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_somebody_buys_two_pays_reads_the_mail_and_follows_the_order(
    new_page, running_shop, javascript
):
    address = f"ann-{javascript}@example.com".lower()
    page = new_page(running_shop.origin, java_script_enabled=javascript)
    order_two(page, email=address)
    assert page.url.startswith(running_shop.payment_origin)
    expect(page.locator(".total")).to_contain_text("$124.00")
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)
    assert page.url.startswith(f"{running_shop.origin}/orders/")
    assert "?" not in page.url
    assert page.locator("#badge b").count() == 0, "the cart is empty again"
    order = re.search(r"/orders/([A-Z0-9-]+)", page.url)[1]

    mail = mail_to(running_shop.instance, address, f"Order {order}")
    text = mail.get_body(("plain",)).get_content()
    link = re.search(r"http://localhost\S+/orders/\S+", text)[0]
    assert link in mail.get_body(("html",)).get_content()
    elsewhere = new_page(running_shop.origin, java_script_enabled=javascript)
    elsewhere.goto(link)
    expect(elsewhere.locator("[data-state]")).to_have_attribute("data-state", HELD)
    expect(elsewhere.locator("main")).to_contain_text("L / Navy")
    assert mail_to(running_shop.instance, address, f"We have your order {order}")


def test_choosing_keeps_the_keyboards_place(page):
    page.goto("/products/second-day-merino-t-shirt")
    page.locator("#option1-1").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#option1-2")).to_be_checked()
    expect(page.locator("#option1-2")).to_be_focused()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#option1-2")).to_be_focused()


def test_a_refused_quantity_is_said_beside_the_field(page):
    page.goto("/products/second-day-merino-t-shirt")
    page.get_by_label("Quantity").fill("1e3")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#quantity-error")).to_contain_text("whole number")
    expect(page.get_by_label("Quantity")).to_have_value("1e3")


def test_the_cart_changes_without_leaving_the_page(page):
    page.goto("/products/second-day-merino-t-shirt")
    put_into_cart(page, 1)
    page.goto("/cart")
    page.get_by_label("Quantity of").fill("2")
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#badge b")).to_have_text("2")
    expect(page.locator("#said")).to_contain_text("Your cart now holds 2")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#cart")).to_contain_text("nothing in it yet")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_problems_are_said_at_once_and_nothing_typed_is_lost(new_page, running_shop, javascript):
    page = new_page(running_shop.origin, java_script_enabled=javascript)
    page.goto("/products/second-day-merino-t-shirt")
    put_into_cart(page, 1)
    page.goto("/checkout")
    page.locator('[autocomplete="name"]').fill("Ann Walker")
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.locator(".notice")).to_contain_text("5 things need another look")
    if javascript:
        expect(page.locator(".notice")).to_be_focused()
    expect(page.locator('[autocomplete="name"]')).to_have_value("Ann Walker")
    page.get_by_role("link", name="Please give the city.").click()
    expect(page.locator('[autocomplete="address-level2"]')).to_be_focused()


def test_the_address_asks_for_what_the_country_needs(page):
    page.goto("/products/second-day-merino-t-shirt")
    put_into_cart(page, 1)
    page.goto("/checkout")
    page.locator('[autocomplete="name"]').fill("Ann Walker")
    page.get_by_label("Country").select_option("DE")
    expect(page.locator('[autocomplete="address-level1"]')).to_have_count(0)
    expect(page.get_by_label("Postal code")).to_be_visible()
    expect(page.locator('[autocomplete="name"]')).to_have_value("Ann Walker")
    expect(page.get_by_label("Country")).to_have_value("DE")


@pytest.mark.parametrize(
    ("number", "expiry", "words"),
    [
        ("4242 4242 4242 4241", "12/39", "wrong or swapped digit"),
        ("4242 4242 4242 4242", "01/20", "expired"),
        ("fourty-two", "12/39", "digits"),
    ],
)
def test_a_card_that_cannot_be_right_is_said_and_not_shown_again(
    page_without_javascript, number, expiry, words
):
    page = page_without_javascript
    order_two(page)
    give_card(page, number, expiry)
    expect(page.locator(".error").first).to_contain_text(words)
    expect(page.locator('[autocomplete="cc-number"]')).to_have_value("")
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)


def test_while_the_vault_is_down_the_order_is_kept_and_paid_later(
    shop_stack, new_page, allowed_errors
):
    allowed_errors.append("status of 503")
    page = new_page(shop_stack.origin)
    order_two(page)
    shop_stack.stop_vault()
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "unavailable")
    page.get_by_role("link", name="Back to your order").click()
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "awaiting_card")
    shop_stack.start_vault()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "card_held")


@pytest.mark.shared
def test_the_apparel_file_comes_in_and_is_sold(shop_stack, new_page, shared):
    said = shop_stack.storefront(
        "import-products", str(shared / "catalogues" / "shopify-apparel-25.csv")
    )
    assert said.splitlines()[-1] == "products=25 variants=96 images=55 skipped=0"
    page = new_page(shop_stack.origin)
    page.goto("/products/ayers-chambray")
    choose(page, "L")
    expect(page.locator(".offer")).to_contain_text("$98.00")
    put_into_cart(page, 2)
    page.goto("/checkout")
    fill_in(page)
    page.get_by_role("button", name="Place the order and pay").click()
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "card_held")
    expect(page.locator("main")).to_contain_text("$196.00")


def test_on_a_slow_line_what_was_clicked_is_what_the_cart_holds(page):
    """Choose and add at once, and press twice: nothing is lost and nothing counted double."""
    page.goto("/products/second-day-merino-t-shirt")
    page.route("**/products/*?*", lambda route: (time.sleep(0.4), route.continue_()))
    page.route("**/cart/items", lambda route: (time.sleep(0.4), route.continue_()))
    page.locator(".option label", has_text="Navy").click()
    page.get_by_role("button", name="Add to cart").dblclick()
    expect(page.locator(".added")).to_be_visible()
    expect(page.locator("#badge b")).to_have_text("1")
    page.goto("/cart")
    expect(page.locator(".lines")).to_contain_text("Navy")
    expect(page.get_by_label("Quantity of")).to_have_value("1")


def test_on_a_slow_line_the_second_choice_is_made_too(page):
    """The answer to the first comes late, and the second is what stands in the end."""
    page.goto("/products/second-day-merino-t-shirt")
    page.wait_for_load_state("networkidle")
    page.route("**/products/*?*", lambda route: (time.sleep(0.6), route.continue_()))
    page.locator(".option label", has_text=re.compile(r"^\s*L\s*$")).click()
    page.wait_for_timeout(150)
    page.locator(".option label", has_text="Navy").click()
    chosen = page.locator(".option :checked + label")
    expect(page.locator("#said")).to_contain_text("In stock")
    expect(chosen.nth(0)).to_have_text("L")
    expect(chosen.nth(1)).to_have_text("Navy")


def test_when_the_shop_cannot_be_reached_the_page_says_so(page, allowed_errors):
    allowed_errors.append("ERR_INTERNET_DISCONNECTED|Failed to fetch")
    page.goto("/products/second-day-merino-t-shirt")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#message")).to_contain_text("No answer. Try again.")


def test_after_paying_the_way_back_shows_no_card(page):
    order_two(page)
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)
    page.go_back()
    if page.locator('[autocomplete="cc-number"]').count():
        expect(page.locator('[autocomplete="cc-number"]')).to_have_value("")
        expect(page.locator('[autocomplete="cc-exp"]')).to_have_value("")


def test_return_in_any_field_places_the_order_without_javascript(page_without_javascript):
    page = page_without_javascript
    page.goto("/products/second-day-merino-t-shirt")
    put_into_cart(page, 1)
    page.goto("/checkout")
    fill_in(page)
    page.locator('[autocomplete="name"]').press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")


def test_removing_the_last_thing_keeps_the_keyboards_place(page):
    page.goto("/products/second-day-merino-t-shirt")
    put_into_cart(page, 1)
    page.goto("/cart")
    page.get_by_role("button", name="Remove").press("Enter")
    expect(page.locator("#said")).to_have_text("Your cart is empty now.")
    expect(page.locator("#cart")).to_be_focused()
