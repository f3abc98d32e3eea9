"""A customer asks about an order, the desk answers and prints its papers; by keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import give_card, order_two


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def write(page, label: str, words: str, button: str) -> None:
    """Type into a field, go on to the button beside it, and press that."""
    page.get_by_label(label, exact=True).fill(words)
    page.get_by_role("button", name=button, exact=True).press("Enter")


def test_a_customer_asks_and_the_desk_answers_and_prints(page, new_page, running_shop, look):
    order_two(page)
    give_card(page)
    # What is being typed outlives that the page goes on by itself.
    page.get_by_label("Your message").press_sequentially("Where")
    expect(page.locator("#order")).to_have_attribute("data-state", "charged", timeout=20_000)
    expect(page.get_by_label("Your message")).to_be_focused()
    page.keyboard.type(" is it?")
    expect(page.get_by_label("Your message")).to_have_value("Where is it?")
    write(page, "Your message", "", "Send")
    expect(page.locator("#messages .error")).to_have_text("Please write something first.")
    look(page, "refused")
    write(page, "Your message", "Where is it?\nI wait.", "Send")
    expect(page.locator("#said")).to_have_text("Your message is with us.")
    expect(page.get_by_label("Your message")).to_have_value("")
    look(page, "asked")
    number = page.url.rpartition("/")[2].split(".")[0]
    desk = new_page(running_shop.origin)
    authenticator(desk)
    invited = running_shop.storefront("add-staff", "post@staff.example", "--role", "fulfilment")
    desk.goto(invited.strip())
    desk.get_by_label("A name for it").fill("Key")
    desk.get_by_role("button", name="Make a passkey").click()
    desk.wait_for_url(DESK)
    desk.goto("/desk/messages")
    look(desk, "waiting")
    desk.get_by_role("link", name=f"Order {number}").press("Enter")
    write(desk, "Answer", "Tomorrow.", "Answer")
    expect(desk.locator("#said")).to_have_text("Your answer is on its way by mail.")
    desk.get_by_role("link", name="The whole order").press("Enter")
    write(desk, "A note for whoever goes on with this order", "Waits for it", "Note it")
    expect(desk.locator("#said")).to_have_text("Noted.")
    look(desk, "answered")
    desk.get_by_role("link", name="Packing slip").press("Enter")
    look(desk, "slip")
    desk.emulate_media(media="print")
    expect(desk.locator(".paper")).to_be_visible()
    for left_out in ("header", "footer", ".hint"):
        expect(desk.locator(left_out)).to_be_hidden()
    for paper in ("A4", "Letter"):
        assert desk.pdf(format=paper).count(b"/Type /Page\n") == 1
    page.reload()
    expect(page.get_by_text("Tomorrow.")).to_be_visible()
