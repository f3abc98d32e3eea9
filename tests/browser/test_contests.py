"""A contest from its announcement to the accepted prize, in the browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from storefront.config import read_settings
from storefront.links import EntryLinks, PrizeLinks
from storefront.models import Contest, ContestEntry, Draw, Winner
from tests.browser.test_selling import come_in
from tests.databases import using_database
from tests.models.drawing import said_of
from tests.snapshots import picture

FIELDS = {
    "Title": "Two weeks in the Alps",
    "Name in its address": "alps",
    "What can be won": "Two weeks of walking from hut to hut, for two",
    "Who may enter": "Anybody of 18 years or more who does not work here",
    "Odds, in words": "They depend on how many enter; with 500 entries, one in 500.",
    "Rules": "One entry a person.\n\nThe prize is not paid out in money.",
}
ANN = {
    "E-mail address": "ann@example.com",
    "Full name": "Ann Walker",
    "Street address": "1 Main St",
    "City": "Portland",
    "State": "Oregon",
    "ZIP code": "97209",
}


@pytest.fixture
def settings(own_shop):
    return read_settings(own_shop.environ)


def announce(page, look) -> None:
    page.get_by_role("navigation").get_by_role("link", name="Contests").click()
    look(page, "none")
    page.get_by_role("link", name="Announce a contest").click()
    for label, words in FIELDS.items():
        page.get_by_label(label, exact=True).fill(words)
    today = datetime.now(UTC)
    page.get_by_label("First day").fill(f"{today:%Y-%m-%d}")
    page.get_by_label("Days after closing until").fill("20")
    page.get_by_role("button", name="Announce it").click()
    expect(page.locator("#kept_days-error")).to_contain_text("twice the time")
    look(page, "refused")
    page.get_by_label("Days after closing until").fill("60")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("As visitors will see it")).to_contain_text("public random beacon")
    look(page, "preview")
    page.get_by_role("button", name="Announce it").click()
    expect(page.locator(".notice")).to_contain_text("is announced.")
    look(page, "announced")


def hang_a_picture(page) -> None:
    raw = picture((1200, 600), colour=((150, 180, 200), (60, 90, 60)))
    upload = {"name": "alps.jpg", "mimeType": "image/jpeg", "buffer": raw}
    page.get_by_label("A picture of the prize").set_input_files(upload)
    page.get_by_label("What it shows, in a few words").fill("A path below the peaks")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".notice")).to_contain_text("on the contest's page")


def enter(page, settings) -> None:
    for label, words in ANN.items():
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_role("button", name="Enter the contest").last.click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    with using_database(settings.database_url):
        link = EntryLinks(settings.cookie_keys).write(ContestEntry.get().key)
    page.goto(f"{settings.shop_origin}/contests/entries/{link}")
    page.get_by_role("button", name="Confirm my entry").click()
    expect(page.get_by_role("status").last).to_contain_text("You are in")


def let_it_close(settings) -> None:
    """As if its last day were over; its round comes in an hour."""
    now = datetime.now(UTC)
    with using_database(settings.database_url):
        moments = {"opens_at": now - timedelta(days=9), "closes_at": now - timedelta(minutes=1)}
        Contest.update(**moments, draws_at=now + timedelta(hours=1)).execute()
        Draw.commit(Contest.get(), now)  # unless the worker was faster


def let_the_round_come(settings) -> int:
    with using_database(settings.database_url):
        Draw.update(due_at=datetime.now(UTC) - timedelta(minutes=1)).execute()
        return Draw.get().round


def prize_link(settings) -> str:
    with using_database(settings.database_url):
        key = Winner.get().key
    return f"{settings.shop_origin}/contests/prizes/{PrizeLinks(settings.cookie_keys).write(key)}"


def test_from_the_announcement_to_the_accepted_prize(own_shop, settings, new_page, look):
    desk, visitor = new_page(own_shop.origin), new_page(own_shop.origin)
    come_in(desk, own_shop)
    announce(desk, look)
    hang_a_picture(desk)
    at = desk.url
    visitor.goto("/contests/alps")
    look(visitor, "page")
    enter(visitor, settings)
    desk.goto(at)
    desk.get_by_text("Post another version").click()
    look(desk, "frozen")
    let_it_close(settings)
    desk.goto(at)
    expect(desk.locator("#contest")).to_contain_text("Come back then.")
    visitor.goto("/contests/alps")
    visitor.get_by_text("Check it yourself").click()
    look(visitor, "closed")
    number = let_the_round_come(settings)
    desk.goto(at)
    desk.get_by_text("Enter the value by hand").click()
    desk.get_by_label("What the beacon says").fill(said_of(number - 1))
    desk.get_by_role("button", name="Draw", exact=True).click()
    expect(desk.locator("#answer-error")).to_contain_text(f"This draw goes by round {number}")
    look(desk, "wrong-round")
    desk.get_by_label("What the beacon says").fill(said_of(number))
    desk.get_by_role("button", name="Draw", exact=True).click()
    expect(desk.locator(".notice")).to_contain_text("Drawn.")
    accept(visitor, settings, look)
    desk.goto(at)
    look(desk, "accepted")
    desk.get_by_role("link", name="Where to send the prize").click()
    expect(desk.locator("address")).to_contain_text("1 Main St")
    look(desk, "address")


def accept(page, settings, look) -> None:
    page.goto(prize_link(settings))
    look(page, "prize")
    page.get_by_label("My initials").check()
    page.get_by_label("My town").check()
    page.get_by_role("button", name="Accept the prize").click()
    expect(page.get_by_role("status").last).to_contain_text("The prize is yours")
    look(page, "yours")
    page.goto("/contests/alps")
    expect(page.locator("ol")).to_contain_text("A. W., Portland")
    look(page, "winner")
