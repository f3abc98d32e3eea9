"""A guest withdraws from an order and sends a part back; the desk receives it and refunds."""

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from storefront.models import Order
from tests.browser.test_desk import until
from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import give_card, mail_to, order_two
from tests.databases import using_database

WANTED = ("XL", "Off White")  # of which there are many


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def bought(page, email: str) -> str:
    """Two shirts, paid for; the number of the order."""
    order_two(page, WANTED, email=email)
    give_card(page)
    until(page, "charged")
    return re.search(r"/orders/([A-Z0-9-]+)", page.url)[1]


def send(shop, number: str, count: int) -> None:
    """Have so many leave and arrive."""
    with using_database(shop.environ.get("DATABASE_URL", f"sqlite:///{shop.instance}/shop.sqlite")):
        order, now = Order.get(Order.number == number), datetime.now(UTC)
        order.ship({order.lines.get().id: count}, now).deliver(now)


def come_in(page, shop) -> None:
    authenticator(page)
    role = ("--role", "manager")
    page.goto(shop.storefront("add-staff", "returns@staff.example", *role).strip())
    page.get_by_label("A name for it").fill("Key")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)


def give_back(page, order: str) -> None:
    page.goto("/desk/returns")
    page.locator("li", has_text=order).last.get_by_role("link").click()
    page.get_by_role("button", name="Refund").click()
    expect(page.locator(".notice").first).to_contain_text("is asked to give")


def test_a_guest_withdraws_and_sends_back_and_the_desk_refunds(new_page, running_shop, look):
    guest, staff = new_page(running_shop.origin), new_page(running_shop.origin)
    guest.evaluate_javascript = True
    number = bought(guest, "returning@example.com")
    send(running_shop, number, 1)
    order_page = guest.url
    guest.reload()
    guest.get_by_role("link", name="Withdraw from it, or send something back").click()
    look(guest, "asking")
    guest.get_by_label(WANTED[1]).fill("3")
    guest.get_by_label("Anything you want to say").fill("It pinches.")
    guest.keyboard.press("Enter")
    expect(guest.locator("#withdrawal .notice")).to_contain_text("2 at most")
    expect(guest.get_by_label("Anything you want to say")).to_have_value("It pinches.")
    look(guest, "refused")
    guest.get_by_role("button", name="the whole order").click()
    expect(guest.locator("#withdrawal")).to_contain_text("We wait for this to come back")
    look(guest, "asked")
    assert mail_to(running_shop.instance, "returning@example.com", "what you withdrew from")

    come_in(staff, running_shop)
    staff.get_by_role("navigation").get_by_role("link", name="Returns").click()
    look(staff, "desk-list")
    give_back(staff, number)
    staff.goto("/desk/returns?list=coming")
    staff.locator("li", has_text=number).get_by_role("link").click()
    look(staff, "desk-coming")
    staff.get_by_role("button", name="Received").click()
    expect(staff.locator(".notice").first).to_contain_text("its money is owed")
    look(staff, "desk-refund")
    staff.get_by_role("button", name="Refund").click()
    expect(staff.locator(".notice").first).to_contain_text("is asked to give")
    look(staff, "desk-settled")
    staff.goto("/desk/terms")
    look(staff, "desk-terms")

    assert mail_to(running_shop.instance, "returning@example.com", "your return is here")
    assert mail_to(running_shop.instance, "returning@example.com", "on its way back to you")
    give_up = time.monotonic() + 30
    while guest.goto(order_page) and not guest.locator('[data-state="refunded"]').count():
        assert time.monotonic() < give_up, "the desk never gave the money back"
        guest.wait_for_timeout(500)
    guest.goto(f"{order_page}/withdrawal")
    expect(guest.locator("#withdrawal")).to_contain_text("This is settled")
    look(guest, "settled")
