"""A customer comes back in Chromium: by the link, by the code, with a passkey; and how it looks."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_desk import until
from tests.browser.test_door import authenticator
from tests.browser.test_journey import give_card, mail_to, order_two
from tests.customers import code_in, link_in

HOME = re.compile(r"/account$")


def ask(page: Page, shop, address: str, look=None) -> str:
    """Ask for a link as a customer does, and give the text of the mail."""
    page.goto("/account")
    if look:
        look(page, "sign-in")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    return mail_to(shop.instance, address, "Sign in at").get_body(("plain",)).get_content()


def add_address(page: Page, street: str) -> None:
    page.goto("/account/addresses/new")
    for label, value in (
        *(("Full name", "Ann Walker"), ("Street address", street), ("City", "Portland")),
        *(("State", "Oregon"), ("ZIP code", "97209")),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Keep the address").click()
    expect(page.get_by_text("The address is in your book.")).to_be_visible()


def test_a_guest_comes_back_to_an_order_by_the_link_and_fills_the_checkout_from_the_book(
    running_shop, new_page, look, shoot
):
    page, address = new_page(running_shop.origin), "ann-comes-back@example.com"
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate_javascript = True  # the order's page looks by itself how far it is
    order_two(page, email=address)
    give_card(page)
    mail = ask(page, running_shop, address, look)
    look(page, "asked")
    page.goto(link_in(mail))
    expect(page.get_by_text(f"You asked to sign in as {address}.")).to_be_visible()
    look(page, "link")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(HOME)
    look(page, "orders")
    page.get_by_role("link", name="Addresses").click()
    look(page, "no-addresses")
    add_address(page, "1 Main St")
    add_address(page, "2 Side St")
    look(page, "addresses")
    page.goto("/account/addresses/new")
    page.get_by_role("button", name="Keep the address").click()
    expect(page.locator(".error").first).to_be_visible()
    look(page, "address-refused")
    page.goto("/account/email")
    look(page, "email")
    page.goto("/account")
    page.get_by_role("link", name=re.compile("^Order [A-Z0-9]{5}-")).click()
    until(page, "charged")
    page.get_by_role("link", name="Invoice to print").click()
    look(page, "invoice")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Back to the order")).to_be_hidden()
    shoot(page, "account-invoice-printed")
    page.emulate_media(media="screen")
    page.goto("/account")
    page.get_by_role("link", name="Order again").click()
    look(page, "again")
    page.get_by_role("button", name="into my cart").click()
    page.get_by_role("link", name="Go to checkout").click()
    expect(page.get_by_label("Street address")).to_have_value("1 Main St")
    page.get_by_role("link", name="2 Side St").click()
    expect(page.get_by_label("Street address")).to_have_value("2 Side St")
    look(page, "checkout")
    page.goto("/account/removal")
    look(page, "removal")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_the_code_signs_in_where_mail_is_read_on_another_device(
    running_shop, new_page, javascript, look
):
    page = new_page(running_shop.origin, java_script_enabled=javascript)
    phone, address = new_page(running_shop.origin), f"code-{javascript}@example.com".lower()
    mail = ask(page, running_shop, address)
    phone.goto(link_in(mail))
    expect(phone.get_by_role("heading", level=1)).to_have_text("This link is for another browser")
    assert address not in phone.content()
    if javascript:
        look(phone, "elsewhere")
    page.get_by_label("Code from the mail").fill("1111 1111")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#code-error")).to_contain_text("This is not the code")
    page.get_by_label("Code from the mail").fill(code_in(mail))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(HOME)
    expect(page.get_by_text(f"Nothing was ordered with {address} yet.")).to_be_visible()
    phone.goto("/account")
    expect(phone.get_by_label("E-mail address")).to_be_visible()


def test_a_passkey_is_the_quick_way_back_in(running_shop, new_page, look):
    page, address = new_page(running_shop.origin), "passkey@example.com"
    page.set_viewport_size({"width": 1280, "height": 800})
    session, device = authenticator(page)
    page.goto(link_in(ask(page, running_shop, address)))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Passkeys").click()
    page.get_by_label("A name for it").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_label("Name of this passkey")).to_have_value("My phone")
    look(page, "passkeys")
    (made,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (made["isResidentCredential"], made["rpId"]) == (True, "localhost")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(HOME)
    page.goto("/account/passkeys")
    page.get_by_role("button", name="Remove My phone").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text(f"signed in as {address}")).to_be_visible()
