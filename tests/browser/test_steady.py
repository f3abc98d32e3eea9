"""Steady ground: nothing moves, the focus stays, changes are said, any screen will do."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.browser.looking import quickened
from tests.browser.test_journey import HELD, fill_in, give_card, order_two, put_into_cart

PRODUCT = "/products/second-day-merino-t-shirt"
PHONE = {"viewport": {"width": 360, "height": 740}}
PLACES = ("/", "/products?type=Hats", PRODUCT, "/cart", "/checkout", "/privacy", "/search?q=qqq")
# Whether what has the focus is covered by something else (WCAG 2.2, 2.4.11).
COVERED = """() => { const had = document.activeElement;
  const one = had.type === "radio" ? had.labels[0] : had;
  const box = one.getBoundingClientRect();
  const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return there && !one.contains(there) && !there.contains(one) ? had.outerHTML : "" }"""


def slowly(page: Page, pattern: str) -> None:
    """Answers take longer than the half second for which a browser forgives what moves."""
    page.route(pattern, lambda route: (time.sleep(0.7), route.continue_()))


def on_the_line(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate(looking.WATCH_SHIFTS)


# Nothing moves.


@pytest.mark.parametrize("options", [PHONE, {}], ids=["phone", "desktop"])
@pytest.mark.parametrize("url", ["/", "/products", PRODUCT, "/cart"])
def test_a_page_that_loads_moves_nothing(new_page, running_shop, url, options):
    page = new_page(running_shop.origin, **options)
    page.add_init_script(f"({looking.WATCH_SHIFTS})()")
    page.goto(url)
    page.wait_for_load_state("networkidle")
    assert looking.shifts(page) == []


@pytest.mark.parametrize("options", [PHONE, {}], ids=["phone", "desktop"])
def test_choosing_and_adding_on_a_slow_line_move_nothing(new_page, running_shop, options):
    page = new_page(running_shop.origin, **options)
    page.goto(PRODUCT)
    on_the_line(page)
    slowly(page, "**/products/*?*")
    slowly(page, "**/cart/items")
    page.locator(".option label", has_text="Navy").click()
    expect(page.locator("#said")).to_contain_text("In stock")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".added")).to_be_visible()
    assert looking.shifts(page) == []


@pytest.mark.parametrize("options", [PHONE, {}], ids=["phone", "desktop"])
def test_choosing_a_filter_on_a_slow_line_moves_nothing_and_leaves_open_what_was(
    new_page, running_shop, options
):
    page = new_page(running_shop.origin, **options)
    page.goto("/products")
    if options:
        page.locator(".filters summary").click()
    page.locator(".facets summary", has_text="Colour").click()
    page.locator(".facets summary", has_text="Kind").click()
    on_the_line(page)
    slowly(page, "**/products?*")
    before = page.get_by_label("Jackets").bounding_box()
    page.get_by_label("Jackets").check()
    expect(page.locator("#said")).to_have_text("4 products.")
    expect(page.locator(".facets details[open]")).to_have_count(2)
    assert page.get_by_label("Jackets").bounding_box() == before
    # Facets below that would narrow no further have gone, and those after them close ranks.
    assert sum(value for value, *_ in looking.shifts(page)) < 0.05


# The focus stays, and changes are said.


def test_a_filter_keeps_the_focus_and_one_let_go_hands_it_to_the_count(page):
    page.goto("/products")
    quickened(page)
    page.locator(".facets summary", has_text="Kind").press("Enter")
    page.get_by_label("Hats").press("Space")
    expect(page.locator("#said")).to_have_text("3 products.")
    expect(page.get_by_label("Hats")).to_be_focused()
    page.locator(".chosen").press("Enter")
    expect(page.locator("#said")).to_have_text("40 products.")
    expect(page.locator("#count")).to_be_focused()


def test_the_order_of_a_list_keeps_the_focus(page):
    page.goto("/products")
    quickened(page)
    page.get_by_label("Sort by").focus()
    page.get_by_label("Sort by").select_option("price")
    expect(page).to_have_url("/products?sort=price")
    expect(page.get_by_label("Sort by")).to_be_focused()


def test_adding_keeps_the_focus_and_says_what_was_added(page):
    page.goto(PRODUCT)
    quickened(page)
    page.get_by_role("button", name="Add to cart").press("Enter")
    expect(page.locator("#said")).to_contain_text("Added to your cart: 1 ×")
    expect(page.get_by_role("button", name="Add to cart")).to_be_focused()


def test_a_refused_quantity_keeps_the_focus_and_is_an_alert(page):
    page.goto(PRODUCT)
    quickened(page)
    page.get_by_label("Quantity").fill("0")
    page.get_by_label("Quantity").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="at least 1")).to_be_visible()
    expect(page.get_by_label("Quantity")).to_be_focused()


def test_the_cart_keeps_the_focus_while_it_changes(page):
    for handle in ("second-day-merino-t-shirt", "overhead-bin-backpack"):
        page.goto(f"/products/{handle}")
        quickened(page)
        page.get_by_role("button", name="Add to cart").click()
        expect(page.locator(".added")).to_be_visible()
    page.goto("/cart")
    quickened(page)
    page.get_by_label("Quantity of").first.fill("2")
    page.get_by_role("button", name="Update").first.press("Enter")
    expect(page.locator("#said")).to_contain_text("Your cart now holds 3")
    expect(page.get_by_role("button", name="Update").first).to_be_focused()
    page.get_by_role("button", name="Remove").first.press("Enter")
    expect(page.locator("#said")).to_contain_text("Your cart now holds 1")
    expect(page.locator("#cart")).to_be_focused()


def test_another_country_keeps_the_focus_and_says_what_it_costs(page):
    page.goto(PRODUCT)
    quickened(page)
    put_into_cart(page, 1)
    page.goto("/checkout")
    quickened(page)
    page.get_by_label("Country").focus()
    page.get_by_label("Country").select_option("DE")
    expect(page.locator("#said")).to_contain_text("total $")
    expect(page.get_by_label("Country")).to_be_focused()


def test_on_a_phone_the_keyboard_buys_and_what_has_the_focus_is_never_covered(
    new_page, running_shop
):
    page = new_page(running_shop.origin, **PHONE)

    def walk_to(role: str, name: str) -> None:
        wanted = page.get_by_role(role, name=name).first
        for _ in range(80):
            page.keyboard.press("Tab")
            assert page.evaluate(COVERED) == ""
            if wanted.evaluate("one => one === document.activeElement"):
                return
        pytest.fail(f"{name} cannot be reached by Tab")

    page.goto("/")
    quickened(page)
    walk_to("link", "Overhead Bin Backpack")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overhead Bin Backpack")
    walk_to("button", "Add to cart")
    page.keyboard.press("Enter")
    expect(page.locator(".added")).to_be_visible()
    page.goto("/cart")
    quickened(page)
    walk_to("link", "Go to checkout")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout")
    fill_in(page)
    page.get_by_role("heading", level=1).click()
    walk_to("button", "Place the order and pay")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")
    walk_to("textbox", "Card number")
    page.keyboard.type("4242 4242 4242 4242")
    walk_to("textbox", "Expiry date")
    page.keyboard.type("12/39")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)


# Any screen will do.


def test_price_and_button_are_on_the_first_screen_of_a_phone(new_page, running_shop, shots):
    page = new_page(running_shop.origin, **PHONE)
    page.goto(PRODUCT)
    quickened(page)
    page.screenshot(path=shots / "product-first-screen.png", caret="initial")
    for what in (page.locator("h1"), page.locator(".offer .total"), page.locator("#put")):
        box = what.bounding_box()
        assert box["y"] + box["height"] <= 740
    assert page.locator(".offer .total").evaluate(
        "one => document.elementFromPoint(...Object.values(one.getBoundingClientRect().toJSON())"
        ".slice(0, 2).map(n => n + 3)) === one"
    )


@pytest.mark.parametrize("width", [320, 640, 2560])
def test_pages_fit_any_width_and_letters_may_be_spaced(new_page, running_shop, width, shots):
    """320 px is also 1280 px at 400 %, and 640 px is 200 %."""
    page = new_page(running_shop.origin, viewport={"width": width, "height": 640})
    page.goto(PRODUCT)
    quickened(page)
    put_into_cart(page, 1)
    for url in PLACES:
        page.goto(url)
        quickened(page)
        assert looking.wider_than_the_screen(page) <= 0, url
        name = url.strip("/").split("?")[0].rpartition("/")[2] or "home"
        page.screenshot(path=shots / f"at-{name}-{width}.png", full_page=True, caret="initial")
        page.evaluate(looking.TEXT_SPACING)
        assert looking.wider_than_the_screen(page) <= 0, f"{url}, spaced"
        assert page.evaluate(looking.CUT_OFF) == [], url


def test_in_forced_colours_what_is_chosen_still_shows(new_page, running_shop, shots):
    page = new_page(running_shop.origin, forced_colors="active")
    page.goto(PRODUCT)
    quickened(page)
    borders = page.locator(".option label").evaluate_all(
        "all => all.map(one => getComputedStyle(one).borderStyle)"
    )
    assert borders.count("double") == 2, "one of each group"
    page.screenshot(path=shots / "product-forced-colours.png", full_page=True, caret="initial")


def test_who_wants_no_motion_gets_none(new_page, running_shop):
    page = new_page(running_shop.origin, reduced_motion="reduce")
    page.goto(PRODUCT)
    quickened(page)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".added")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_an_order_prints_as_a_slip_for_the_parcel(page, shots):
    order_two(page)
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)
    page.emulate_media(media="print")
    for shown in (".brand", "#things", "address", ".total", "footer p"):
        expect(page.locator(shown).first).to_be_visible()
    for left_out in ("nav", "footer ul", ".history", "form"):
        assert not any(one.is_visible() for one in page.locator(left_out).all()), left_out
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    page.screenshot(path=shots / "order-print.png", caret="initial")
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 1
