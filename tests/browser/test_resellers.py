"""A reseller is added at the desk, sees what it embeds there and on a page of its own."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from storefront.config import read_settings
from storefront.models import Product, Reseller, WidgetViews
from tests.browser.test_selling import come_in
from tests.databases import using_database
from tests.resellers import resold


@pytest.fixture
def shop(own_shop):
    """With ten testimonials that resellers may show."""
    with using_database(read_settings(own_shop.environ).database_url):
        resold(Product.get(Product.handle == "second-day-merino-t-shirt"), datetime.now(UTC), 10)
    return own_shop


def count_views(shop) -> None:
    today = datetime.now(UTC)
    with using_database(read_settings(shop.environ).database_url):
        for days, views in enumerate((412, 1250, 1, 0, 380, 990)):
            WidgetViews.add_up(Counter({Reseller.get().key: views}), today - timedelta(days=days))


def test_a_reseller_is_added_sees_its_embed_and_has_its_key_changed(
    shop, new_page, look, shoot, allowed_errors
):
    allowed_errors.append("status of 404")  # of the link whose key was changed
    page = new_page(shop.origin)
    come_in(page, shop)
    page.get_by_role("navigation").get_by_role("link", name="Resellers").click()
    look(page, "none")
    page.get_by_label("Name of the firm").fill("Hill & Dale")
    page.get_by_label("Sites that may show us").fill("https://hill.example/rain\n*.hill.example")
    page.get_by_role("button", name="Add the reseller").click()
    expect(page.locator("#origins-error")).to_contain_text("Line 2, “*.hill.example”")
    look(page, "refused")
    page.get_by_label("Sites that may show us").fill("https://hill.example/rain\nbücher.example")
    page.get_by_label("Colour of stars and links").fill("#aa3311")
    page.get_by_role("button", name="Add the reseller").click()
    expect(page.locator(".notice")).to_contain_text("https://xn--bcher-kva.example.")
    choose_a_product(page)
    look(page, "reseller")
    see_the_embed(page, look, shoot)
    link = page.get_by_label("Address of their page").input_value()
    count_views(shop)
    see_their_own_page(new_page(shop.origin, java_script_enabled=False), link)
    theirs = new_page(shop.origin)
    theirs.goto(link)
    look(theirs, "own-page")
    change_the_key(page)
    look(page, "key")
    assert theirs.goto(link).status == 404
    page.goto("/desk/resellers")
    look(page, "list")


def choose_a_product(page) -> None:
    page.get_by_label("Words, SKU or handle").fill("merino t-shirt")
    page.get_by_role("button", name="Choose Second-Day Merino T-Shirt").click()
    expect(page.locator(".notice")).to_contain_text("Only what is chosen here is shown.")


def see_the_embed(page, look, shoot) -> None:
    page.get_by_role("link", name="See it and copy the lines").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Person 9")).to_be_visible()
    look(page, "embed")
    page.emulate_media(color_scheme="null")  # Chromium's own: what a frame is in has a say
    for way in ("360 px", "dark"):
        page.get_by_role("link", name=way).click()
        expect(frame.get_by_text("Person 9")).to_be_visible()
    assert page.locator("iframe").bounding_box()["width"] == 360
    night = "matchMedia('(prefers-color-scheme: dark)').matches"
    assert page.locator("iframe").content_frame.locator("body").evaluate(night)
    shoot(page, "resellers-embed-at-night")


def see_their_own_page(page, link: str) -> None:
    """Without JavaScript."""
    page.goto(link)
    expect(page.frame_locator("iframe").get_by_text("Person 9")).to_be_visible()
    expect(page.get_by_role("row", name="1,250")).to_be_visible()
    # What was looked at here and at the desk is no view.
    expect(page.get_by_role("row", name="Today, so far 412")).to_be_visible()


def change_the_key(page) -> None:
    page.get_by_role("link", name="Hill & Dale").click()
    page.get_by_text("Change the key …").click()
    page.get_by_role("button", name="Change the key").click()
    expect(page.locator(".notice")).to_contain_text("It has a new key.")
