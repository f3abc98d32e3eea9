"""Every page and state: no barrier that axe knows, nothing off the screen, and a picture of it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.browser.test_journey import HELD, fill_in, give_card, order_two, put_into_cart

PRODUCT = "/products/second-day-merino-t-shirt"
DESKTOP = {"width": 1280, "height": 720}


@pytest.fixture
def look(assert_no_axe_violations, shoot):
    """Check a page as it is now, wide and light, then narrow and dark; take its picture.

    `dark=True` takes the pictures in the dark too.
    """

    def check(page: Page, name: str, dark: bool = False) -> None:
        assert_no_axe_violations(page)
        shoot(page, name)
        page.set_viewport_size({"width": 360, "height": 740})
        page.emulate_media(color_scheme="dark")
        assert_no_axe_violations(page)
        small = looking.small_targets(page)
        assert not small, f"{name} has targets that are hard to hit:\n" + "\n".join(small)
        if dark:
            shoot(page, f"{name}-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 320, "height": 640})
        wider = looking.wider_than_the_screen(page)
        assert wider <= 0, f"{name} runs {wider} px off a screen of 320 px"
        page.set_viewport_size(DESKTOP)

    return check


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 404", "status of 503", "status of 410"]


def test_pages_that_anybody_may_open(page, look):
    for url, name, dark in (
        ("/", "home", True),
        ("/products", "listing", True),
        (PRODUCT, "product", True),
        ("/cart", "cart-empty", False),
        ("/checkout", "checkout-empty", False),
        ("/privacy", "privacy", True),
        ("/privacy/data-map", "data-map", True),
        ("/privacy/recipients", "recipients", False),
        ("/privacy/cookies", "cookies-none", False),
        ("/privacy/versions", "privacy-versions", False),
        ("/privacy/versions/1", "privacy-version", False),
        ("/privacy/versions/9", "privacy-version-missing", False),
        ("/privacy/changes", "privacy-changes-none", False),
        ("/pages/returns", "page-returns", False),
        ("/nothing-here", "not-found", True),
    ):
        page.goto(url)
        look(page, name, dark)


POLICY = """# Privacy

We sell nothing. {covers: orders, cookies}

## A table

<table><tr><th>What we keep of you<th>Why we keep it<th>For how long that is<th>Who sees it
<tr><td>averylongwordofwhichnobodyknowswheretobreakit@example.com<td>Because<td>Long<td>Us</table>

    Words in a line of their own that goes on, and on, and ends far beyond a small screen

[Returns](returns.html) and ![a lock](data:image/png;base64,AAAA)
"""


def test_a_policy_that_tries_the_page(shop_stack, new_page, look, tmp_path):
    file = tmp_path / "policy.md"
    for text, words in ((POLICY, "A table."), (POLICY.replace("sell", "lend"), "Lending.")):
        file.write_text(text)
        shop_stack.storefront("publish-policy", str(file), "--changes", words, "--switch-off")
    page = new_page(shop_stack.origin)
    page.goto("/privacy")
    page.locator("details:not([open]) summary").click()
    expect(page.locator("del")).to_have_text("sell")
    look(page, "privacy-changed", dark=True)
    page.goto("/privacy/changes?from=1&to=3")
    page.get_by_label("From").select_option("2")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("From version 2 to version 3")
    look(page, "privacy-changes", dark=True)


def test_lists_of_all_kinds(page, look):
    kinds = "&".join(f"type={kind}" for kind in ("Hats", "Jackets", "Shirts", "Shoes", "Socks"))
    many = f"{kinds}&option-size=M&option-size=L&price=50-100&price=100-150"
    for url, name in {
        f"/products?{many}": "listing-chosen",
        "/products?type=Jackets&type=Hats&price=100-150": "listing-of-one",
        "/products?type=Hats&option-size=XS&price=150-250": "listing-of-none",
        "/products?page=2": "listing-last",
        "/products?flavour=mint": "listing-unknown-filter",
        "/collections/rain-ready": "collection",
        "/search": "search-empty",
        "/search?q=watrproof": "search-forgiven",
        "/search?q=qqqqq": "search-nothing",
    }.items():
        page.goto(url)
        look(page, name)
    page.goto("/products?type=Hats")
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator(".filters summary").click()
    look(page, "listing-filters-open")


def test_choosing_and_putting_in(page, look):
    page.goto(f"{PRODUCT}?option1=XS&option2=Moss")
    expect(page.locator(".stock")).to_have_text("Sold out")
    look(page, "product-sold-out")
    page.goto(PRODUCT)
    page.get_by_label("Quantity").fill("1000")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#quantity-error")).to_be_visible()
    look(page, "product-refused")
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".added")).to_be_visible()
    look(page, "product-added")
    page.goto("/cart")
    look(page, "cart", dark=True)
    page.get_by_label("Quantity of").fill("1000")
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#cart .error")).to_be_visible()
    look(page, "cart-refused")


def test_while_an_answer_is_on_its_way_and_when_none_comes(page, look, allowed_errors):
    allowed_errors.append("ERR_FAILED|Failed to fetch")
    page.goto(PRODUCT)
    page.wait_for_load_state("networkidle")
    held = []
    page.route("**/cart/items", lambda route: held.append(route))
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#choice")).to_have_class("htmx-request")
    expect(page.locator("#put")).to_have_css("opacity", "0.75")
    look(page, "product-adding")
    line = page.locator("#choice").evaluate("one => getComputedStyle(one, '::before').position")
    assert line == "fixed"
    held[0].abort()
    expect(page.locator("#message .notice")).to_be_visible()
    look(page, "product-unreachable")


def test_a_product_that_is_no_longer_sold(page, look):
    page.goto(PRODUCT)
    page.locator("[name=product]").evaluate("field => field.value = 'gone-since'")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#message .notice")).to_be_visible()
    look(page, "product-gone")


def test_checking_out_paying_and_following(page, look, running_shop):
    page.goto(PRODUCT)
    put_into_cart(page, 1)
    page.goto("/checkout")
    look(page, "checkout", dark=True)
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.locator(".notice")).to_be_visible()
    look(page, "checkout-refused")
    fill_in(page)
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")
    look(page, "payment", dark=True)
    give_card(page, "4242 4242 4242 4241", "01/20")
    expect(page.locator(".error").first).to_be_visible()
    look(page, "payment-refused")
    page.get_by_role("link", name="Back to your order").click()
    for state in ("awaiting_card", "placed", "declined", "expired", "lapsed", "charged"):
        looking.put_into_state(running_shop, page, state)
        expect(page.locator("[data-state]")).to_have_attribute("data-state", state)
        look(page, f"order-{state.replace('_', '-')}")
    looking.put_into_state(running_shop, page, "awaiting_card")
    page.get_by_role("button", name="Pay").click()
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)
    look(page, "order-card-held", dark=True)


def test_without_the_vault(shop_stack, new_page, look):
    page = new_page(shop_stack.origin)
    order_two(page)
    shop_stack.stop_vault()
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "unavailable")
    look(page, "payment-unavailable")


def test_products_that_try_the_page(shop_stack, new_page, look, tmp_path):
    file, pictures = looking.hard_catalogue(tmp_path)
    shop_stack.storefront("import-products", str(file), "--pictures", str(pictures))
    page = new_page(shop_stack.origin)
    page.goto("/products?type=Trials")
    look(page, "listing-trials")
    for handle in ("photographed", "german", "long-title", "forty"):
        page.goto(f"/products/{handle}")
        look(page, f"product-{handle}")
    for n in range(40):
        form = {"product": "forty", "option1": f"Shade {n}", "quantity": "1"}
        page.request.post("/cart/items", form=form, headers={"Origin": shop_stack.origin})
    page.goto("/cart")
    look(page, "cart-of-forty")
    page.goto("/checkout")
    look(page, "checkout-of-forty")
