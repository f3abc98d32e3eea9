"""A promotion is made at the desk, seen beforehand, and shown in the shop without moving it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from storefront.config import read_settings
from storefront.models import Collection
from tests.browser import looking
from tests.browser.test_selling import come_in
from tests.databases import using_database
from tests.promotions import code, promoted
from tests.snapshots import picture

PLACES = {"home": "/", "list": "/products", "collection": "/collections/rain-ready"}
NOW = datetime.now(UTC)


@pytest.fixture
def shop(own_shop):
    """With a code, and a promotion without a picture that comes in a week."""
    with using_database(read_settings(own_shop.environ).database_url):
        code(NOW, minimum_minor=5000)
        promoted(NOW, title="Later", starts_at=later(days=7), ends_at=later(days=9))
    return own_shop


def later(**period: float) -> datetime:
    return NOW + timedelta(**period)


def typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def test_a_promotion_is_made_seen_beforehand_and_shown(shop, new_page, look, allowed_errors):
    allowed_errors.append("status of 422")
    page = new_page(shop.origin)
    come_in(page, shop)
    page.get_by_role("navigation").get_by_role("link", name="Promotions").click()
    page.get_by_role("link", name="Add a promotion").click()
    fill_in(page, look)
    hang(page, look)
    page.goto("/desk/promotions")
    look(page, "desk-list")
    see_beforehand(page, look)
    for scripted in (True, False):
        visitor = new_page(shop.origin, java_script_enabled=scripted)
        visitor.goto("/products")
        visitor.get_by_role("link", name="Out in any weather").click()
        expect(visitor).to_have_url(re.compile(r"/collections/rain-ready\?via=banner-\d+$"))
    for name, path in PLACES.items():
        see_it_stand(new_page, shop, path, 360)
        visitor = see_it_stand(new_page, shop, path, 1280)
        look(visitor, name)
    with using_database(read_settings(shop.environ).database_url):
        rain = Collection.get(Collection.slug == "rain-ready")
        promoted(NOW, title="A second one", on_collection=rain.id)
        promoted(NOW, title="And a third, which goes on as long as titles can go " + "o" * 40)
    visitor.goto("/")
    look(visitor, "home-many")
    visitor.goto("/products")
    look(visitor, "list-many")


def fill_in(page, look) -> None:
    page.get_by_label("Title").fill("Out in any weather")
    page.get_by_label("A sentence or two").fill("Hoods, shells and trousers that dry overnight.")
    page.get_by_label("Where it leads").fill("/collections/gone")
    page.get_by_label("Above all products").check()
    page.get_by_label("Above a collection").select_option(label="Rain-ready")
    page.get_by_label("Shown from").fill(typed(later(hours=-1)))
    page.get_by_label("Shown until").fill(typed(later(days=3)))
    page.get_by_label("Discount code").select_option(label="RAIN-10: 10 % off")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#leads_to-error")).to_contain_text("no such collection")
    look(page, "refused")
    page.get_by_label("Where it leads").fill("/collections/rain-ready")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".notice")).to_contain_text("It is kept.")


def hang(page, look) -> None:
    raw = picture((1600, 900), colour=((122, 140, 106), (70, 84, 92)))
    page.locator("#file").set_input_files(
        {"name": "rain.jpg", "mimeType": "image/jpeg", "buffer": raw}
    )
    page.get_by_label("What it shows, in words").fill("A green hill above a grey lake")
    page.get_by_role("button", name="Hang it").click()
    expect(page.locator(".notice")).to_have_text("The picture hangs.")
    look(page, "desk-one")


def see_beforehand(page, look) -> None:
    page.get_by_label("As of (UTC)").fill(typed(later(days=7, hours=1)))
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("link", name="Later", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Out in any weather")).to_have_count(0)
    look(page, "preview")


def see_it_stand(new_page, shop, path: str, width: int):
    """The page at that width, on which nothing has moved while it loaded."""
    page = new_page(shop.origin, viewport={"width": width, "height": 740})
    page.add_init_script(f"({looking.WATCH_SHIFTS})()")
    page.goto(path)
    expect(page.get_by_role("link", name="Out in any weather")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert looking.shifts(page) == []
    return page
