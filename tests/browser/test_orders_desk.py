"""An order is found, packed and sent by keyboard alone, with and without JavaScript."""

import re

from playwright.sync_api import expect

from storefront.db import open_database
from storefront.models import Order
from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import mail_to, order_two

ADDRESS = "to-pack@example.com"


def pay(shop) -> int:
    """As if the desk had charged it; the number of the order's row."""
    base = open_database(shop.environ.get("DATABASE_URL", f"sqlite:///{shop.instance}/shop.sqlite"))
    with base.bind_ctx([Order]), base.connection_context():
        Order.update(state="charged", stage="to_pack", hold_until=None).execute()
        return Order.get().id


def test_an_order_is_found_packed_and_sent_by_keyboard_alone(shop_stack, new_page, look):
    buyer = new_page(shop_stack.origin)
    order_two(buyer, email=ADDRESS)
    row = pay(shop_stack)
    page = new_page(shop_stack.origin)
    authenticator(page)
    link = shop_stack.storefront("add-staff", "p@staff.example", "--role", "fulfilment").strip()
    page.goto(link)
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.get_by_role("link", name="Orders").first.press("Enter")
    expect(page.locator("#orders")).to_contain_text("Ann")
    look(page, "orders-to-pack")

    page.get_by_role("link", name=re.compile("^Packed")).press("Enter")
    expect(page.locator("#orders")).to_contain_text("Nothing stands packed")
    expect(page.locator("#queue-packed")).to_be_focused()
    page.wait_for_url("**queue=packed")
    look(page, "orders-empty")
    page.get_by_label("Find an order").focus()
    page.keyboard.type("to-pack@")
    expect(page.locator("#orders")).to_contain_text("Found for “to-pack@”")
    assert "to-pack@" not in page.url
    look(page, "orders-found")
    page.locator(f'#orders a[href="/desk/orders/{row}"]').press("Enter")
    page.wait_for_url(f"**/desk/orders/{row}")
    look(page, "order-to-pack")

    page.get_by_role("button", name="Packed").press("Enter")
    expect(page.locator("#order")).to_contain_text("It is packed")
    page.get_by_label("Carrier").focus()
    page.keyboard.type("DHL")
    page.keyboard.press("Tab")
    page.keyboard.type("x" * 41)
    page.keyboard.press("Enter")
    expect(page.locator("#tracking-error")).to_contain_text("at most 40 characters")
    expect(page.get_by_label("Carrier")).to_have_value("DHL")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    look(page, "order-refused")
    page.get_by_label("Tracking number").fill("JD014600003")
    page.get_by_label("Tracking number").press("Enter")
    expect(page.locator("#order")).to_contain_text("It is on its way")
    expect(page.get_by_role("link", name="JD014600003")).to_be_visible()
    look(page, "order-sent")
    assert mail_to(shop_stack.instance, ADDRESS, "on its way")
