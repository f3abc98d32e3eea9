"""The card is sealed in the page, or on the server where the page cannot: in a real Chromium."""

import re
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Request, expect

from storefront.handoff.seal import SENTENCES
from tests.browser.test_journey import HELD, VISA, fill_in, give_card, put_into_cart
from tests.browser.test_looks import look

__all__ = ["look"]  # a fixture

NUMBER, EXPIRY = '[autocomplete="cc-number"]', '[autocomplete="cc-exp"]'
NO_X25519 = "crypto.subtle.generateKey = async () => { throw new DOMException('no X25519') }"
WAY_ON = "Use the form that our server seals"


@contextmanager
def forms_sent(page: Page):
    """The forms that reach the payment page while the block runs, as names and values."""
    sent = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(parse_qs(request.post_data))

    page.on("request", note)
    yield sent
    page.remove_listener("request", note)


def order_one(page: Page, **changes: str) -> None:
    """From a product of which there are many to the payment page."""
    page.goto("/products/stowaway-packable-bag")
    put_into_cart(page, 1)
    page.goto("/checkout")
    fill_in(page, **changes)
    page.get_by_role("button", name="Place the order and pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay for your order")


def expect_held(page: Page) -> None:
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)


def test_only_the_sealed_card_leaves_the_page(page):
    order_one(page)
    for field in (NUMBER, EXPIRY):
        assert page.locator(field).get_attribute("name") is None
    with forms_sent(page) as sent:
        give_card(page)
        expect_held(page)
    assert [set(form) for form in sent] == [{"offer", "link", "sealed"}]
    assert re.fullmatch("[A-Za-z0-9_-]{235}", sent[0]["sealed"][0])


def test_without_javascript_the_named_form_is_there(page_without_javascript):
    page = page_without_javascript
    order_one(page)
    expect(page.get_by_role("link", name=WAY_ON)).to_be_hidden()
    with forms_sent(page) as sent:
        give_card(page)
        expect_held(page)
    assert sent[0]["cc-number"] == [VISA]


def test_nothing_moves_when_the_script_takes_over(page):
    order_one(page)
    shifts = """() => new Promise((done) => {
        new PerformanceObserver((list) => done(list.getEntries().map((entry) => entry.value)))
            .observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done([]), 300);
    })"""
    for _ in range(5):
        page.reload()
        assert page.evaluate(shifts) == []
    expect(page.locator(NUMBER)).to_be_visible()
    expect(page.get_by_role("link", name=WAY_ON)).to_be_hidden()


@pytest.mark.parametrize(
    ("number", "expiry", "wrong"),
    [
        ("", "12/39", {"cc-number": "missing"}),
        ("4242 4242 4242 424x", "12/39", {"cc-number": "digits"}),
        ("4242", "soon", {"cc-number": "length", "cc-exp": "form"}),
        ("4242424242424241", "13/39", {"cc-number": "luhn", "cc-exp": "month"}),
        (VISA, "01/20", {"cc-exp": "past"}),
    ],
)
def test_a_wrong_card_is_said_beside_its_fields_and_stays_in_the_page(page, number, expiry, wrong):
    order_one(page)
    with forms_sent(page) as sent:
        give_card(page, number, expiry)
        expect(page.locator(".notice")).to_be_focused()
    assert sent == []
    assert page.title().startswith("Error: ")
    for field in (NUMBER, EXPIRY):
        name = page.locator(field).get_attribute("id")
        is_wrong = name in wrong
        assert page.locator(field).get_attribute("aria-invalid") == ("true" if is_wrong else None)
        described = page.locator(field).get_attribute("aria-describedby").split()
        assert described == [f"{name}-hint", *([f"{name}-error"] if is_wrong else [])]
        said = page.locator(f"#{name}-error").all_text_contents()
        assert said == ([SENTENCES[wrong[name]]] if is_wrong else [])
    page.locator(".notice a").first.click()
    expect(page.locator(f"#{next(iter(wrong))}")).to_be_focused()
    expect(page.locator(NUMBER)).to_have_value(number)
    give_card(page)
    expect_held(page)


def test_a_mended_card_leaves_no_error_behind(page):
    order_one(page)
    give_card(page, "4242", "soon")
    expect(page.locator(".error")).to_have_count(2)
    give_card(page, "4242", "12/39")
    expect(page.locator(".error")).to_have_count(1)
    expect(page.locator(".notice")).to_have_count(1)
    assert page.title().count("Error: ") == 1


def test_a_browser_without_x25519_is_led_to_the_form_that_the_server_seals(new_page, running_shop):
    page = new_page(running_shop.origin)
    page.add_init_script(NO_X25519)
    order_one(page)
    page.get_by_role("link", name=WAY_ON).click()
    with forms_sent(page) as sent:
        give_card(page)
        expect_held(page)
    assert "sealed" not in sent[0]


def test_a_script_that_does_not_run_leaves_a_way_on_and_no_field(
    new_page, running_shop, allowed_errors
):
    """A program on the way has changed the page: the content policy stops the script."""
    allowed_errors.append("violates the following Content Security Policy")
    page = new_page(running_shop.origin)
    page.route(f"{running_shop.payment_origin}/?*", change_the_script)
    order_one(page)
    expect(page.locator("input:visible")).to_have_count(0)
    page.get_by_role("link", name=WAY_ON).click()
    give_card(page)
    expect_held(page)


def change_the_script(route):
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('"use strict";', '"use strict" ;'))


def test_sealing_that_fails_empties_the_fields_and_leaves_a_way_on(page):
    order_one(page)
    page.evaluate("void (crypto.subtle.encrypt = () => Promise.reject(new Error('broken')))")
    with forms_sent(page) as sent:
        give_card(page)
        link = page.get_by_role("link", name=WAY_ON)
        expect(link).to_be_focused()
        expect(page.locator("input:visible")).to_have_count(0)
    assert sent == []
    link.click()
    give_card(page)
    expect_held(page)


def test_after_sending_no_card_stays_in_the_page_and_pressing_again_sends_the_same(page):
    order_one(page)
    page.route("**/", lambda route: route.fulfill(status=204))
    with forms_sent(page) as sent:
        with page.expect_request("**/"):
            give_card(page)
        in_the_page = """() => document.documentElement.outerHTML +
            [...document.querySelectorAll("input")].map((input) => input.value).join()"""
        assert not re.search("4242|12/39", page.evaluate(in_the_page))
        with page.expect_request("**/"):
            page.get_by_role("button", name="Pay").click()
        assert len(sent) == 2
        assert sent[0] == sent[1]
        page.unroute("**/")
        give_card(page)  # another card typed is another card sent
        expect_held(page)
    assert sent[2]["sealed"] != sent[0]["sealed"]


def test_a_double_click_pays_once(page):
    order_one(page)
    page.locator(NUMBER).fill(VISA)
    page.locator(EXPIRY).fill("12/39")
    page.get_by_role("button", name="Pay").dblclick()
    expect_held(page)


def test_return_in_a_field_pays(page):
    order_one(page)
    page.locator(NUMBER).fill(VISA)
    page.locator(EXPIRY).fill("12/39")
    page.locator(EXPIRY).press("Enter")
    expect_held(page)


def test_every_state_of_the_page(new_page, running_shop, look, allowed_errors, shoot):
    allowed_errors += ["status of 4", "violates the following Content Security Policy"]
    page = new_page(running_shop.origin)
    order_one(page)
    address = page.url
    look(page, "paying")
    give_card(page, "4242 4242 4242 4241", "01/20")
    look(page, "paying-refused")
    page.goto(f"{address}&seal=server")
    look(page, "paying-server")
    give_card(page, "4242 4242 4242 4241", "01/20")
    look(page, "paying-server-refused")
    page.goto(address.replace("offer=", "offer=x"))
    look(page, "paying-no-offer")
    page.route(f"{running_shop.payment_origin}/?*", change_the_script)
    page.goto(address)
    look(page, "paying-script-failed")
    bare = new_page(running_shop.origin, java_script_enabled=False)
    bare.goto(address)
    shoot(bare, "paying-no-javascript")
    give_card(bare, "4242", "soon")
    shoot(bare, "paying-no-javascript-refused")
