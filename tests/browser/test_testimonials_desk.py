"""A moderator works through the queue by single keys, without them, and without a script."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from storefront import prints
from storefront.models import Product, Testimonial
from tests.browser.test_door import DESK, authenticator
from tests.databases import using_database
from tests.models.testimonials import waiting

QUEUE = "/desk/testimonials"
LONG = "It kept me dry for three weeks on the coast path, and then it did so for three more. " * 12
SAID = (
    {"name": "Ann", "stars": 5, "words": "It kept me dry.\n\nMy brother wants one, too."},
    {"name": "Bob", "stars": 1, "words": "Buy theirs instead.", "connection": "works"},
    {"name": "عمر", "stars": None, "words": "دافئ وخفيف."},
    {"name": "D" * 60, "stars": 3, "words": LONG + "Oh" + "o" * 90},
)


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 422"]


@pytest.fixture
def queue(running_shop):
    """Four that wait, the first with a picture; gone again at the end, whatever became of them."""
    shop = running_shop
    url = shop.environ.get("DATABASE_URL", f"sqlite:///{shop.instance}/shop.sqlite")
    file = BytesIO()
    Image.linear_gradient("L").resize((800, 500)).save(file, "JPEG")
    picture = vars(prints.develop(file.getvalue(), shop.instance / "testimonials"))
    with using_database(url):
        product, at = Product.get(), datetime.now(UTC) - timedelta(days=2)
        made = [
            waiting(
                product,
                at + timedelta(hours=n),
                pictures=[picture] * (not n),
                email=f"queue{n}@example.com",
                **said,
            ).id
            for n, said in enumerate(SAID)
        ]
    yield made
    with using_database(url):
        # Read to the end first: a transaction cannot begin over a reading that others overtook.
        for one in list(Testimonial.select().where(Testimonial.id.in_(made))):
            one.withdraw()


def come_in(page, shop) -> None:
    authenticator(page)
    page.goto(shop.storefront("add-staff", "queue@staff.example", "--role", "moderator").strip())
    page.get_by_label("A name for it").fill("Key")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('[id]').id")


def test_the_queue_is_worked_through_by_single_keys(page, running_shop, queue, look):
    come_in(page, running_shop)
    page.get_by_role("link", name="4 testimonials wait for a decision").click()
    look(page, "queue")
    cards = [f"testimonial-{number}" for number in queue]
    press = page.keyboard.press

    press("a")
    expect(page.locator("[data-open]")).to_have_count(
        4
    )  # nothing is marked yet, so nothing is done
    for key, card in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        press(key)
        assert focused(page) == cards[card]

    press("r")
    assert page.evaluate("document.activeElement.value") == "other"
    press("Enter")
    card = page.locator(f"#{cards[1]}")
    expect(card.locator(".error")).to_have_text("Please choose one of the published reasons.")
    expect(page.locator(":focus").locator("xpath=ancestor-or-self::li")).to_have_id(cards[1])
    look(page, "refused")
    press("4")
    assert page.evaluate("document.activeElement.value") == "advert"
    press("a")  # within a field it is a letter
    press("Enter")
    expect(card).to_contain_text("Refused Bob on")
    expect(card.get_by_role("img", name="1 out of 5 stars")).to_be_visible()
    expect(page.locator(f"#{cards[2]}")).to_be_focused()
    expect(page.locator("#said")).to_have_text("Refused, and its author is written why.")
    expect(page.locator("#lists")).to_contain_text("Waiting 3")

    press("a")
    expect(page.locator(f"#{cards[3]}")).to_be_focused()
    press("a")
    expect(page.locator("#further")).to_be_focused()  # the first is left, and behind us
    look(page, "decided")

    press("?")
    expect(page.locator("#keys")).to_contain_text("approve the one that is marked")
    look(page, "keys")
    page.get_by_role("button", name="Switch the keys off").press("Enter")
    expect(page.get_by_role("button", name="Switch the keys on")).to_be_visible()
    page.locator(f"#{cards[0]}").focus()
    press("a")
    press("j")
    assert focused(page) == cards[0]
    expect(page.locator("[data-open]")).to_have_count(1)
    page.reload()
    expect(page.locator("#keys")).to_contain_text("Keys are off")

    # Without them everything is reached by Tab, and pressed.
    page.locator(f"#{cards[0]}").get_by_role("button", name="Approve").press("Enter")
    expect(page.locator(f"#{cards[0]}")).to_contain_text("Approved Ann on")
    page.locator(f"#{cards[0]}").get_by_role("link", name="Ann on").click()
    page.get_by_label("Reply in public").fill("Thank you, Ann.\n\nOne for your brother, too.")
    page.get_by_role("button", name="Reply").click()
    expect(page.locator(".notice").first).to_contain_text("Our reply is shown")
    look(page, "one")
    page.get_by_text("Take down …").click()
    page.get_by_label("It names, shows or describes").check()
    page.get_by_role("button", name="Take it down").click()
    expect(page.get_by_role("button", name="Approve after all")).to_be_visible()
    look(page, "taken-down")
    page.goto(f"{QUEUE}?list=approved")
    look(page, "approved")
    page.goto(QUEUE)
    expect(page.locator("main")).to_contain_text("Nothing waits for a decision.")
    look(page, "empty")


def test_without_a_script_the_queue_goes_on_at_the_next(
    new_page, running_shop, queue, assert_no_axe_violations
):
    scripted = new_page(running_shop.origin)
    come_in(scripted, running_shop)
    page = new_page(running_shop.origin, java_script_enabled=False)
    page.context.add_cookies(scripted.context.cookies())
    page.goto(QUEUE)
    expect(page.get_by_text("Keys: ? shows them")).to_be_hidden()
    first = page.locator(f"#testimonial-{queue[0]}")
    first.get_by_text("Refuse …").click()
    first.get_by_label("It advertises").check()
    first.get_by_role("button", name="Refuse it").click()
    expect(page.locator(".notice")).to_have_text("Refused, and its author is written why.")
    assert page.url.endswith(f"#testimonial-{queue[1]}")
    expect(first).to_have_count(0)
