"""A new editor pastes a policy as it is, marks its clauses, posts it, and it is there to read."""

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser import looking
from tests.browser.test_door import DESK, authenticator, key_on
from tests.staff import PASSWORD

RETAILER = """> *This was our policy before we came here.*

# Privacy and Security | Example.com

We are committed to protecting your privacy.

## The Information We Gather and How It's Used

  * When you order online, we need to know your name, e-mail address, mailing address and card.
  * When you enter a contest, we may ask for your name and address.
  * We also identify you by using cookies, which keep track of products in your shopping cart.



## Security: How We Protect the Information You Send Us

Once this information reaches us, it is NEVER stored online.
"""


def link_for(shop, name: str) -> str:
    return shop.storefront("add-staff", f"{name}@staff.example", "--role", "editor").strip()


@pytest.fixture(params=["structure", pytest.param("shared", marks=pytest.mark.shared)])
def pasted(request) -> str:
    """A retailer's text with bullets and no marks; a real one, where there is one."""
    if request.param == "structure":
        return RETAILER
    folder = request.getfixturevalue("shared") / "policies"
    return (folder / "outdoor-retailer-2014.md").read_text()


@pytest.fixture
def look(assert_no_axe_violations, shoot):
    """Look at a page: barriers, 320 px, pictures of it, light and dark."""

    def look(page, name: str) -> None:
        assert_no_axe_violations(page)
        shoot(page, f"desk-policy-{name}")
        page.emulate_media(color_scheme="dark")
        assert_no_axe_violations(page)
        shoot(page, f"desk-policy-{name}-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 320, "height": 640})
        assert looking.wider_than_the_screen(page) <= 0
        assert not looking.small_targets(page)
        page.set_viewport_size({"width": 1280, "height": 720})

    return look


def test_a_new_editor_pastes_a_policy_marks_it_and_posts_it(shop_stack, new_page, pasted, look):
    page = new_page(shop_stack.origin)
    authenticator(page)
    page.goto(link_for(shop_stack, "new"))
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    page.get_by_role("link", name="Policy").first.click()
    look(page, "start")
    page.get_by_label("Text", exact=True).fill(pasted)
    page.get_by_role("button", name="Begin with this text").click()

    out = page.locator("tr.out")
    expect(out.filter(has_text="orders")).to_contain_text("this would switch off the checkout")
    look(page, "pasted")
    page.get_by_role("button", name="Mark clauses").click()
    about_orders = page.locator("fieldset", has_text="When you order")
    expect(about_orders).to_contain_text("Perhaps orders?")
    expect(page.locator("input:checked")).to_have_count(0)
    about_orders.get_by_label("orders").check()
    page.locator("fieldset", has_text="identify you by using cookies").get_by_label(
        "cookies"
    ).check()
    look(page, "marks")
    page.get_by_role("button", name="Write the marks into the text").click()
    text = page.get_by_label("Text", exact=True)
    assert text.input_value().count("{covers: ") == 2
    expect(out.filter(has_text="orders")).to_have_count(0)

    # What is typed is looked at as it is typed, and what is left out goes from the table.
    missing = out.locator("th").all_inner_texts()
    assert "staff" in missing
    text.press("Control+End")
    for clause in missing:
        page.keyboard.insert_text(f"\n\nOf this we keep what we must. {{covers: {clause}}}")
    expect(out).to_have_count(0)
    expect(page.locator("#said")).to_contain_text("All that is collected is covered.")
    expect(text).to_be_focused()
    page.get_by_label("What has changed").fill("This is our policy now.")
    page.get_by_role("button", name="Save draft").locator("visible=true").last.click()
    expect(page.locator("#said")).to_contain_text("Saved.")
    expect(text).to_have_value(text.input_value())
    look(page, "covered")
    page.get_by_role("button", name="Post…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Post version 2")
    expect(page.locator(".facts")).to_contain_text("will be told by mail")
    look(page, "posting")
    page.get_by_role("button", name="Post version 2").click()
    expect(page.locator(".notice").first).to_have_text("Version 2 is posted.")
    look(page, "posted")

    visitor = new_page(shop_stack.origin)
    visitor.goto("/privacy")
    expect(visitor.locator("main")).to_contain_text("NEVER stored online")
    expect(visitor.locator("main")).to_contain_text("This is our policy now.")


def test_a_draft_is_edited_without_javascript(page_without_javascript, running_shop):
    page = page_without_javascript
    page.goto(link_for(running_shop, "plain-editor"))
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key_on(page)).now())
    page.get_by_role("button", name="Use password and app").click()
    page.goto("/desk/policy")
    page.get_by_role("button", name="Start from version 1, in force").click()
    page.get_by_label("Text", exact=True).fill("# Ours\n\nWe *care*. {covers: ordres}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#look")).to_contain_text("Did you mean orders?")
    expect(page.locator(".preview em")).to_have_text("care")
    expect(page.get_by_label("Text", exact=True)).to_have_value(
        "# Ours\n\nWe *care*. {covers: ordres}"
    )
    page.get_by_label("Text", exact=True).fill(" ")
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.locator("#text-error")).to_contain_text("There is no text yet")
    page.get_by_text("Throw this draft away").click()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.locator("main")).to_contain_text("There are none.")


def test_of_two_editors_in_two_browsers_the_second_sees_what_the_first_has_saved(
    page, new_page, running_shop
):
    for each, name in ((page, "first"), (other := new_page(running_shop.origin), "second")):
        authenticator(each)
        each.goto(link_for(running_shop, name))
        each.get_by_role("button", name="Make a passkey").click()
        each.wait_for_url(DESK)
    page.goto("/desk/policy")
    page.get_by_role("button", name="Start from version 1, in force").click()
    other.goto(page.url)
    for each, words in ((page, "We ask for *little*."), (other, "We ask for *nothing*.")):
        each.get_by_label("Text", exact=True).fill(words)
        each.get_by_role("button", name="Save draft").last.click()
    expect(other.get_by_role("alert").locator("p")).to_contain_text("Somebody else has saved")
    expect(other.locator(".theirs del")).to_have_text("little")
    expect(other.get_by_label("Text", exact=True)).to_have_value("We ask for *nothing*.")
    other.get_by_role("button", name="Save draft").last.click()
    expect(other.locator("#said")).to_contain_text("Saved.")
    expect(other.locator(".theirs")).to_have_count(0)
    other.get_by_text("Throw this draft away").click()
    other.get_by_role("button", name="Throw it away").click()
