"""A reseller is added at the desk, sees what it embeds there and on a page of its own."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from storefront.config import read_settings
from storefront.links import TestimonialLinks
from storefront.models import Product, Reseller, Testimonial, WidgetViews
from tests.browser.test_selling import come_in
from tests.browser.test_widget import site
from tests.conftest import using_database
from tests.resellers import reseller, resold


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


def test_the_line_from_the_desk_shows_ten_elsewhere_until_an_author_takes_one_back(shop, new_page):
    settings = read_settings(shop.environ)
    with using_database(settings.database_url), site() as (origin, pages):
        shown = Testimonial.select().order_by(Testimonial.id).first()
        shown.show(email=True, resellers=True, policy=shown.policy, at=datetime.now(UTC))
        own = reseller(datetime.now(UTC), name="Dale", origins=[origin])
        desk = new_page(shop.origin)
        come_in(desk, shop)
        desk.goto(f"/desk/resellers/{own.id}/embed")
        pages["/"] = desk.get_by_label("A frame: needs no script").input_value()
        frame = frame_on(new_page(origin))
        expect(frame.locator("article")).to_have_count(10)
        expect(frame.get_by_role("button")).to_have_count(1)
        frame.get_by_role("button", name=f"Show e-mail address of {shown.name}").click()
        expect(frame.get_by_role("link", name=shown.email)).to_be_visible()
        author = new_page(shop.origin)
        author.goto(f"/testimonials/mine/{TestimonialLinks(settings.cookie_keys).write(shown.key)}")
        author.get_by_role("button", name="Take it back").click()
        expect(author.get_by_role("heading", level=1)).to_have_text("Taken back")
        frame = frame_on(new_page(origin))
        expect(frame.locator("article")).to_have_count(9)
        expect(frame.get_by_text(shown.name, exact=True)).to_have_count(0)


def frame_on(page):
    """The frame on the reseller's page, as a visitor sees it who comes for the first time."""
    page.goto("/")
    return page.frame_locator("iframe")
