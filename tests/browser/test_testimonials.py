"""Testimonials as they are read: every state looked at, and the ways through them pressed."""

import io
import json
from datetime import UTC, datetime

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from storefront.config import read_settings
from storefront.db import open_database
from storefront.models import Decision, Testimonial
from tests.browser.looking import quickened

SHIRT = "second-day-merino-t-shirt"
PRODUCT = f"/products/{SHIRT}"
LIST = f"{PRODUCT}/testimonials"
SIZES = ((800, 600), (600, 800), (1600, 500))
LONG = (
    "I have worn this on every trip for two years, and it has been washed in more sinks than I can "
    "count.\n\nIt dries overnight on the back of a chair. It does not smell on the second day, nor "
    "on the third, which my colleagues will confirm.\n\nOne thing: the sleeves are long. "
) + "Verylongwordsthatnobodywouldeverwritebutsomebodywill" * 3


@pytest.fixture(scope="module")
def shop(own_shop):
    """A shop with forty testimonials of one product, the newest of them of all kinds."""
    own_shop.storefront("generate-testimonials", "40", "--of", SHIRT)
    base = open_database(read_settings(own_shop.environ).database_url)
    with base.bind_ctx([Testimonial, Decision]), base.connection_context():
        for n, (approved, reason) in enumerate([(True, ""), (False, "abuse"), (True, "")]):
            at = datetime.now(UTC)
            Decision.create(at=at, approved=approved, reason=reason, stars=5 - n)
        _vary(list(Testimonial.select().order_by(Testimonial.written_at.desc()).limit(5)))
    base.close_all()
    return own_shop


def _vary(newest: list[Testimonial]) -> None:
    pictures = [
        {"digest": f"{n}" * 32, "width": width, "height": height, "widths": [400, width]}
        for n, (width, height) in enumerate(SIZES)
    ]
    changes = [
        {"words": LONG, "pictures": pictures, "pictured": True, "bought": True, "helpful": 23},
        {"reply": "Thank you.\n\nThe next ones have shorter sleeves.", "shows_email": True},
        {"name": "מרים", "words": "קל מאוד, ומתייבש בלילה.", "connection": "works"},
        {"name": "Wolfeschlegelsteinhausenbergerdorff", "imported_from": "Loox", "helpful": 1},
        {"stars": None, "helpful": 0, "shows_email": False, "reply": ""},
    ]
    for one, change in zip(newest, changes, strict=True):
        moment = {"replied_at": datetime.now(UTC)} if change.get("reply") else {}
        Testimonial.update(change | moment).where(Testimonial.id == one.id).execute()


def with_pictures(page: Page) -> Page:
    """Pictures have no files here: some are given in their place."""

    def give(route) -> None:
        file = io.BytesIO()
        size = SIZES[int(route.request.url.rpartition("/")[2][0], 16) % 3]
        Image.new("RGB", size, "#7a8c6a").save(file, "WEBP")
        route.fulfill(body=file.getvalue(), content_type="image/webp")

    page.route("**/pictures/*.webp", give)
    return page


def test_what_people_say_is_read_ordered_narrowed_and_turned_over(shop, new_page, look):
    page = with_pictures(new_page(shop.origin))
    for url, name in (
        (PRODUCT, "product"),
        (LIST, "list"),
        (f"{LIST}?rating=3&pictures=1", "none"),
        ("/testimonials", "all"),
        ("/testimonials/1", "one"),
        ("/testimonials/moderation", "moderation"),
        ("/products/broad-noon-sun-hat/testimonials", "nobody"),
    ):
        page.goto(url)
        look(page, name)
    page.goto(LIST)
    quickened(page)
    page.get_by_role("link", name="5 stars:").click()
    heading = page.get_by_role("heading", level=2)
    expect(heading).to_contain_text("of 40 testimonials: five stars")
    expect(page).to_have_url(f"{shop.origin}{LIST}?rating=5")
    look(page, "narrowed")
    page.get_by_role("link", name="Without five stars").click()
    page.get_by_role("link", name="Most helpful").click()
    expect(page).to_have_url(f"{shop.origin}{LIST}?sort=helpful")
    first = page.get_by_role("article").first.get_attribute("id")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(f"#{first}")).to_have_count(0)
    expect(heading).to_be_in_viewport()
    page.go_back()
    expect(page.locator(f"#{first}")).to_be_visible()


def test_a_vote_and_an_address_are_a_click_each(shop, new_page, look):
    page = with_pictures(new_page(shop.origin))
    page.goto(LIST)
    third = page.get_by_role("article").nth(3)
    third.get_by_role("button", name="Helpful").click()
    expect(third).to_contain_text("2 people found this helpful")
    expect(third).to_contain_text("Thank you.")
    second = page.get_by_role("article").nth(1)
    second.get_by_role("button", name="Show the e-mail address").click()
    expect(second.get_by_role("link", name="@example.com")).to_be_visible()
    look(page, "pressed")


def test_all_of_it_works_without_scripts(shop, new_page):
    page = with_pictures(new_page(shop.origin, java_script_enabled=False))
    page.goto(LIST)
    page.get_by_role("link", name="4 stars:").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("four stars")
    page.goto(LIST)
    page.get_by_role("link", name="Next").click()
    article = page.get_by_role("article").nth(4)
    article.get_by_role("button", name="Helpful").click()
    expect(page).to_have_url(f"{page.url.partition('#')[0]}#{article.get_attribute('id')}")
    data = page.locator('script[type="application/ld+json"]').inner_text()
    assert len(json.loads(data)["review"]) == 10
