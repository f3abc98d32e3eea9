"""An order goes on to charged: by the demonstration's desk, or by a person at `vault desk`."""

import re
import subprocess

import pytest
from playwright.sync_api import expect

from storefront import programs
from tests.browser.test_journey import give_card, mail_to, order_two

DECLINED = "4000 0000 0000 0002"
WANTED = ("XL", "Off White")  # of which there are many


def until(page, state):
    """Looks at the order again and again, as somebody without JavaScript does."""
    for _ in range(40):
        if page.locator(f'[data-state="{state}"]').count():
            return
        page.wait_for_timeout(500)
        if not page.evaluate_javascript:
            page.reload()
    expect(page.locator("[data-state]")).to_have_attribute("data-state", state)


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def buyer(request, new_page, running_shop):
    page = new_page(running_shop.origin, java_script_enabled=request.param)
    page.evaluate_javascript = request.param
    return page


def test_an_order_is_charged_within_seconds_and_the_page_says_that_it_is_a_demonstration(
    buyer, running_shop
):
    address = f"charged-{buyer.evaluate_javascript}@example.com".lower()
    order_two(buyer, WANTED, email=address)
    give_card(buyer)
    expect(buyer.locator("#order")).to_contain_text("an automatic desk charges published test")
    until(buyer, "charged")
    assert "?" not in buyer.url, "the address is clean"
    expect(buyer.locator("#order")).to_contain_text("Paid")
    order = re.search(r"/orders/([A-Z0-9-]+)", buyer.url)[1]
    assert mail_to(running_shop.instance, address, f"Order {order} is paid")


def test_a_declined_card_leads_to_a_second_attempt_that_succeeds(buyer, running_shop):
    address = f"declined-{buyer.evaluate_javascript}@example.com".lower()
    order_two(buyer, WANTED, email=address)
    give_card(buyer, DECLINED)
    until(buyer, "declined")
    mail = mail_to(running_shop.instance, address, "your card was not accepted")
    link = re.search(r"http://localhost\S+/orders/\S+", mail.get_body(("plain",)).get_content())[0]
    buyer.goto(link)
    buyer.get_by_role("button", name="Try another card").click()
    give_card(buyer)
    until(buyer, "charged")


def test_a_person_at_the_desk_does_the_same_from_an_exported_file(shop_stack, new_page, tmp_path):
    """Without the automatic desk: export, sit down, type, carry home."""
    page = new_page(shop_stack.origin)
    page.evaluate_javascript = True  # the page looks by itself, and a reload would cross it
    order_two(page, email="by-hand@example.com")
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "card_held")
    bundle, home = tmp_path / "bundle", tmp_path / "home"
    shop_stack.vault("export", str(bundle))
    lines = f"list\nshow 1\ncharge all\nwrite {home}\nshred\nquit\n"
    sitting = subprocess.run(
        [programs.script("vault"), "desk", str(bundle)],
        env=shop_stack.place.environ(shop_stack.environ),
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "424242******4242" in sitting.stdout
    assert "attempt 1: charged" in sitting.stdout
    assert "4242424242424242" not in sitting.stdout.replace(" ", "")
    assert not bundle.exists()
    assert shop_stack.vault("import-statements", str(home)) == "1 new statements\n"
    until(page, "charged")
