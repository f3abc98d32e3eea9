"""A rule is made at the desk, and lists say why they are shown: on hover, read out, in words.

docs/merchandising.md shows pictures that this test takes: build/screenshots has them.
"""

from datetime import UTC, datetime

from playwright.sync_api import expect

from storefront.config import read_settings
from storefront.models import Product
from storefront.models.collection_filling import keep_up
from tests.browser.test_selling import come_in
from tests.databases import using_database
from tests.sales import sold

BOUGHT = "Bought together in 10 or more orders."


def test_a_rule_is_tried_out_and_saved_and_lists_say_why(own_shop, new_page, look, picture):
    with using_database(read_settings(own_shop.environ).database_url):
        pair = list(Product.on_sale().where(Product.type == "Jackets").limit(2))
        sold(pair, 10, datetime.now(UTC))
        for other in Product.on_sale().where(Product.type.in_(("Shirts", "Bags"))).limit(5):
            sold([pair[0], other], 10, datetime.now(UTC))
        keep_up(datetime.now(UTC))
    page = new_page(own_shop.origin)
    come_in(page, own_shop)
    make_a_rule(page, look)
    say_why(new_page(own_shop.origin), pair[0], look)
    take_pictures(new_page(own_shop.origin), pair[0], picture)
    plain = new_page(own_shop.origin, java_script_enabled=False)
    plain.goto("/collections/best-sellers")
    expect(plain.get_by_text("Chosen by rule: the 24 that sold best")).to_be_visible()


def make_a_rule(page, look) -> None:
    page.goto("/desk/collections")
    look(page, "presets")
    page.get_by_role("button", name="Make it Best sellers").click()
    expect(page.get_by_text("7 products meet it now")).to_be_visible()
    page.get_by_role("link", name="Change rule and order").click()
    page.get_by_label("Kind, or one of several").fill("Hats")
    expect(page.get_by_text("No product fits now")).to_be_visible()  # tried out while typing
    page.get_by_label("Kind, or one of several").fill("jackets")
    expect(page.get_by_text("2 products.")).to_be_visible()
    look(page, "rule")
    page.get_by_label("Kind, or one of several").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    look(page, "collection")


def say_why(page, product: Product, look) -> None:
    page.goto(f"/products/{product.handle}")
    section = page.get_by_role("region", name="Often bought together")
    expect(section).to_have_accessible_description(BOUGHT)
    expect(section).to_have_attribute("title", BOUGHT)
    expect(section.get_by_text(BOUGHT)).to_be_visible()
    look(page, "product")
    for path, words in (
        ("/products", "Newest first."),
        ("/collections/rain-ready", "Chosen by us by hand."),
    ):
        page.goto(path)
        found = page.locator("ul.grid")
        expect(found).to_have_attribute("title", words)
        expect(found).to_have_accessible_name(words)
        expect(page.locator("#count")).to_contain_text(words)
    page.goto("/collections/best-sellers")
    look(page, "shown")


def take_pictures(page, product: Product, picture) -> None:
    """What docs/merchandising.md shows: a list that says why, and a product with a trail."""
    page.goto("/collections/best-sellers")
    page.get_by_role("button", name="Remember what I look at here").click()
    for n in (1, 2, 3):
        page.locator("#results .grid a").nth(n).click()
        page.get_by_role("link", name="Back to Best sellers").click()
    expect(page.locator("#trail .name")).to_have_count(3)
    picture(page, "list-by-rule", 800)
    page.locator(f'#results a[href="/products/{product.handle}"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text(product.title)
    picture(page, "trail", None)
