"""A shopper sees, downloads and erases everything about herself: four clicks and one mail."""

import json
import re
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.looking import small_targets, wider_than_the_screen
from tests.browser.test_journey import give_card, mail_to, order_two

LINK = re.compile(r"http://localhost\S+/privacy/mine/\S+")


def files_naming(instance: Path, address: str) -> list[Path]:
    """The mails, and the files of SQLite, in which an address stands."""
    places = [*(instance / "mail").rglob("*"), *instance.glob("shop.sqlite*")]
    return [path for path in places if path.is_file() and address.encode() in path.read_bytes()]


# Tests share a shop: each buys two of what there are two left of.
@pytest.mark.parametrize(
    ("javascript", "wanted"),
    [(True, ("S", "Moss")), (False, ("M", "Navy"))],
    ids=["javascript", "no-javascript"],
)
def test_a_shopper_sees_downloads_and_erases_all_in_four_clicks_and_one_mail(
    new_page, running_shop, shoot, assert_no_axe_violations, javascript, wanted
):
    address = f"gone-{javascript}@example.com".lower()
    page = new_page(running_shop.origin, java_script_enabled=javascript)
    order_two(page, wanted, email=address)
    give_card(page)
    number = re.search(r"/orders/([A-Z0-9-]+)", page.url)[1]
    mail_to(running_shop.instance, address, f"Order {number} is paid")
    running_shop.storefront("refund-order", number)
    mail_to(running_shop.instance, address, "money is on its way back")

    def look(name: str) -> None:
        if javascript:
            assert_no_axe_violations(page)
            shoot(page, f"mine-{name}")
            page.set_viewport_size({"width": 360, "height": 800})
            assert wider_than_the_screen(page) == 0
            assert small_targets(page) == []

    page.goto("/privacy/mine")
    look("ask")
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send me the link").click()  # one
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    look("asked")
    mail = mail_to(running_shop.instance, address, "what we hold about you")
    page.goto(LINK.search(mail.get_body(("plain",)).get_content())[0])
    for value in (address, "Ann Walker", "1 Main St", "Portland", f"Order {number}"):
        expect(page.locator("main")).to_contain_text(value)
    look("held")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of it").click()  # two
    copy = json.loads(Path(download.value.path()).read_text())
    assert copy["about"] == address
    assert copy["tables"]["order"][0]["personal"]["name"]["value"] == "Ann Walker"
    page.get_by_role("link", name="Erase…").click()  # three
    expect(page.get_by_role("heading", name="This we keep")).to_be_visible()
    look("erase")
    page.get_by_role("button", name="Erase it for good").click()  # four
    expect(page.get_by_role("heading", level=1)).to_have_text("It is erased")
    expect(page.locator("main")).to_contain_text("for our tax records")
    expect(page.locator("main")).not_to_contain_text(address)
    look("erased")
    if javascript:  # what is left of the order is found again, by a long digest
        page.goto("/privacy/mine")
        page.get_by_label("Your e-mail address").fill(address)
        page.get_by_role("button", name="Send me the link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
        page.goto(newest_link(running_shop.instance, address))
        expect(page.locator("main")).to_contain_text("Keyed digest of your e-mail address")
        look("held-again")
        return
    wait_until_gone(running_shop, address)


def newest_link(instance: Path, address: str) -> str:
    """The link in a mail that comes after what went has left the folder."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        mail = mail_to(instance, address, "what we hold about you")
        link = LINK.search(mail.get_body(("plain",)).get_content())[0]
        if "It is erased" not in urlopen(link).read().decode():
            return link
        time.sleep(0.2)
    pytest.fail("no new link came")


def wait_until_gone(shop, address: str) -> None:
    """The worker has what went leave the files: within seconds, where nothing holds it up."""
    give_up = time.monotonic() + 20
    while left := files_naming(shop.instance, address):
        assert time.monotonic() < give_up, left
        time.sleep(0.2)


def test_an_address_that_was_put_right_is_the_one_it_goes_to(
    new_page, running_shop, shoot, assert_no_axe_violations
):
    page = new_page(running_shop.origin)
    order_two(page, ("M", "Off White"), email="right@example.com")
    page.goto(f"{running_shop.origin}/privacy/mine")
    page.get_by_label("Your e-mail address").fill("right@example.com")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    mail = mail_to(running_shop.instance, "right@example.com", "what we hold about you")
    page.goto(LINK.search(mail.get_body(("plain",)).get_content())[0])
    page.get_by_role("link", name="Put the name or address right").click()
    page.get_by_label("Street address").fill("")
    page.get_by_role("button", name="Put it right").click()
    expect(page.locator(".error")).to_have_text("Please give the street address.")
    assert_no_axe_violations(page)
    shoot(page, "mine-correct")
    page.get_by_label("Street address").fill("2 Side St")
    page.get_by_role("button", name="Put it right").click()
    expect(page.locator("main")).to_contain_text("2 Side St")
