"""Somebody writes through the contact form, and the desk answers with what it has saved."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import give_card, mail_to, order_two

BEA = "bea@shop.test"


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


def send(page, number: str) -> None:
    """Write through the contact form; what is wrong at first is put right in place."""
    page.goto("/pages/contact")
    page.get_by_role("link", name="Write to us here").click()
    page.get_by_label("Your message").fill("Where is it?")
    page.get_by_label("E-mail address").fill(BEA)
    page.get_by_label("Order number").fill("12")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("This is not an order number")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("Where is it?")
    page.get_by_label("Order number").fill(number)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have your message")


def find(page, number: str) -> None:
    """Ask for the link of the order."""
    page.get_by_role("link", name="Find an order").click()
    page.get_by_label("Order number").fill(number.lower().replace("-", " "))
    page.get_by_label("E-mail address").fill(BEA)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")


def keep_an_answer(desk, running_shop) -> None:
    """Sign in at the desk, and keep an answer there."""
    authenticator(desk)
    invited = running_shop.storefront("add-staff", "bo@staff.example", "--role", "fulfilment")
    desk.goto(invited.strip())
    desk.get_by_label("A name for it").fill("Key")
    desk.get_by_role("button", name="Make a passkey").click()
    desk.wait_for_url(DESK)
    desk.goto("/desk/answers")
    desk.get_by_label("Name").fill("On its way")
    desk.get_by_label("Words").fill("Dear {name}, your order {order} is packed.")
    desk.get_by_role("button", name="Keep it").click()
    expect(desk.get_by_text("“On its way” is kept.")).to_be_visible()


def test_a_message_with_a_number_is_answered_with_a_saved_answer_by_mail(
    page, new_page, running_shop, look
):
    order_two(page, email=BEA)
    give_card(page)
    path = page.url.removeprefix(running_shop.origin)
    number = path.rpartition("/")[2].split(".")[0]
    send(page, number)
    look(page, "sent")
    find(page, number)
    instance = running_shop.instance
    assert path in str(
        mail_to(instance, BEA, "link to its page").get_body(("plain",)).get_content()
    )
    mail_to(instance, BEA, "a message about it")
    desk = new_page(running_shop.origin)
    keep_an_answer(desk, running_shop)
    desk.goto("/desk/messages")
    desk.get_by_role("link", name=f"Order {number}").click()
    desk.get_by_label("Answer", exact=True).fill("Thank you for writing.")
    desk.get_by_role("button", name="Put it in").click()
    words = f"Thank you for writing.\n\nDear Ann Walker, your order {number} is packed."
    expect(desk.get_by_label("Answer", exact=True)).to_have_value(words)
    look(desk, "begun")
    desk.get_by_role("button", name="Answer", exact=True).click()
    expect(desk.locator("#said")).to_have_text("Your answer is on its way by mail.")
    answer = mail_to(instance, BEA, "we have answered you").get_body(("plain",)).get_content()
    assert words.partition("\n\n")[2] in answer
