"""Staff look after mail by keyboard alone; what they did stands in the log, and is told."""

import re

from playwright.sync_api import expect

from storefront.db import open_database
from storefront.models import OutgoingMail
from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import mail_to, order_two

ADDRESS = "in-doubt@example.com"


def put_in_doubt(shop) -> None:
    """As if the sender of the mail had died on the way."""
    base = open_database(shop.environ.get("DATABASE_URL", f"sqlite:///{shop.instance}/shop.sqlite"))
    with base.bind_ctx([OutgoingMail]), base.connection_context():
        doubt = {"state": "doubtful", "claimed_at": OutgoingMail.sent_at, "sent_at": None}
        assert OutgoingMail.update(doubt).where(OutgoingMail.to == ADDRESS).execute() == 1


def until_sent(page, number: str) -> None:
    """Look at what was sent until the worker has got round to the mail about that order."""
    for _ in range(50):
        page.goto("/desk/mail?list=sent")
        if number in page.locator("#mails").inner_text():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the mail about {number} was not sent")


def test_a_mail_in_doubt_is_sent_again_by_keyboard_and_the_log_says_so(shop_stack, new_page, look):
    buyer = new_page(shop_stack.origin)
    order_two(buyer, email=ADDRESS)
    number = re.search(r"order ([A-Z0-9-]+)", mail_to(shop_stack.instance, ADDRESS, "")["Subject"])
    put_in_doubt(shop_stack)

    page = new_page(shop_stack.origin)
    authenticator(page)
    page.goto(shop_stack.storefront("add-staff", "m@staff.example", "--role", "manager").strip())
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.goto("/desk/log")
    expect(page.locator("#rows")).to_contain_text("Nobody has opened or changed anything")
    look(page, "log-empty")
    page.get_by_role("link", name="Mail").first.press("Enter")
    expect(page.locator("#mails")).to_contain_text("nobody knows whether it arrived")
    expect(page.locator("#mails")).to_contain_text(number[1])
    look(page, "mail-doubt")
    page.get_by_role("button", name="Send it again").press("Enter")
    expect(page.locator("#mails")).to_contain_text("It is on its way again.")
    expect(page.locator("#mails")).to_contain_text("Nothing is in doubt")
    look(page, "mail-empty")
    until_sent(page, number[1])
    look(page, "mail-sent")

    page.goto("/desk/log")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("resent outgoing mail no.")
    look(page, "log")
    page.get_by_label("What").select_option("opened")
    expect(page.locator("#rows")).to_contain_text("Nothing of that kind was done.")
    page.wait_for_url("**what=opened**")
