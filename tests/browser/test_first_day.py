"""A first day at the shop: from an invitation to a refund, and what the customer sees of it.

docs/operating.md tells it in words, with pictures that this test takes: build/screenshots has them
as first-day-*.webp.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.looking import small_picture
from tests.browser.test_door import DESK, authenticator, key_on
from tests.browser.test_journey import HELD, choose, fill_in, give_card, mail_to
from tests.staff import PASSWORD

FIXTURES = Path(__file__).parents[1] / "exchange" / "fixtures"
TRACKING = "1Z999AA10123456784"
WIDE = {"width": 1024, "height": 700}
SOON = 20_000  # milliseconds; the automatic desk and the worker answer within seconds


@dataclass(frozen=True)
class Day:
    """What comes in, which price of it is wrong, and what else the guest takes; dollars."""

    file: str
    handle: str
    title: str
    choice: str
    right: str
    two_of: str  # a product in one form
    back: str  # what is given back for those two
    scripted: bool = True

    @property
    def guest(self) -> str:
        return f"guest-{self.handle}-{self.scripted}@example.com".lower()


OURS = Day(
    "first-day.csv", "linen-tea-towel", "Linen Tea Towel", "Indigo", "18.00", "enamel-mug", "$24.00"
)
REAL = Day(
    "shopify-home-20.csv",
    "gardening-gloves",
    "Gardening Gloves",
    "Yellow",
    "9.99",
    "sofa-pillows",
    "$59.98",
)


@pytest.fixture(
    params=[
        pytest.param(OURS, id="ours"),
        pytest.param(replace(OURS, scripted=False), id="no-javascript"),
        pytest.param(REAL, id="shared", marks=pytest.mark.shared),
    ]
)
def day(request) -> Day:
    return request.param


@pytest.fixture
def file(day, request) -> Path:
    if day.file == OURS.file:
        return FIXTURES / day.file
    return request.getfixturevalue("shared") / "catalogues" / day.file


@pytest.fixture
def picture(shots, day):
    """`picture(page, "1-home")` takes what docs/operating.md shows."""

    def take(page: Page, name: str) -> None:
        if day == OURS:
            small_picture(page, shots / f"first-day-{name}.webp")

    return take


def test_a_first_day_from_the_invitation_to_a_refund(own_shop, new_page, day, file, picture):
    staff = new_page(own_shop.origin, java_script_enabled=day.scripted, viewport=WIDE)
    guest = new_page(own_shop.origin, java_script_enabled=day.scripted, viewport=WIDE)
    come_in(staff, own_shop, day)
    bring_in(staff, file, picture)
    put_the_price_right(staff, day, picture)
    number = buy(guest, own_shop, day)
    picture_of_home(staff, picture)
    open_order(staff, number, picture)
    pack(staff)
    told(guest, own_shop, day, f"Order {number} is packed", "Your order is packed")
    send(staff, picture)
    follow = told(guest, own_shop, day, f"Order {number} is on its way", "is on its way")
    assert TRACKING in follow
    expect(guest.get_by_role("link", name=TRACKING)).to_be_visible()
    give_back(staff, day)
    until(guest, "Part of it refunded", day)
    told(guest, own_shop, day, f"Order {number}: money is on its way back", "Part of it refunded")
    expect(guest.locator(".history").first).to_contain_text(day.back)
    picture(guest, "6-customer")
    staff.reload()
    expect(staff.locator("#things ~ dl > div").last).to_have_text(
        re.compile(f"Given back.*{re.escape(day.back)}")
    )


def come_in(page: Page, shop: Shop, day: Day) -> None:
    """The manager hands over a link; what stands behind it depends on the browser."""
    email = f"first-{day.handle}-{day.scripted}@staff.example".lower()
    roles = ("--role", "editor", "--role", "fulfilment")
    link = shop.storefront("add-staff", email, *roles).strip()
    if day.scripted:
        authenticator(page)
        page.goto(link)
        page.get_by_role("button", name="Make a passkey").click()
    else:
        page.goto(link)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("Code that the app shows").fill(pyotp.TOTP(key_on(page)).now())
        page.get_by_role("button", name="Use password and app").click()
        page.goto("/desk")
    page.wait_for_url(DESK)


def visit(page: Page, name: str) -> None:
    """By the navigation, from wherever one is."""
    page.get_by_role("navigation", name="Desk").get_by_role("link", name=name).click()


def bring_in(page: Page, file: Path, picture) -> None:
    visit(page, "Imports")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Try it").click()
    until_there(page, page.get_by_role("button", name="Import it"))
    picture(page, "2-import")
    page.get_by_role("button", name="Import it").click()
    until_there(page, page.get_by_text("Imported."))


def until_there(page: Page, wanted) -> None:
    """Without JavaScript the page looks again by itself, every five seconds; we are faster."""
    for _ in range(100):
        if wanted.is_visible():
            return
        page.wait_for_timeout(200)
        if (again := page.get_by_role("link", name="Look again")).is_visible():
            again.click()
    expect(wanted).to_be_visible()


def put_the_price_right(page: Page, day: Day, picture) -> None:
    visit(page, "Products")
    page.get_by_label("Words, SKU or handle").fill(day.title)
    page.get_by_label("Words, SKU or handle").press("Enter")
    page.locator("#found").get_by_role("link", name=day.title, exact=True).click()
    row = page.locator("li.thing").filter(has_text=day.choice)
    row.get_by_label("Price of").fill(day.right)
    picture(page, "3-price")
    row.get_by_role("button", name="Save").click()
    row = page.locator("li.thing").filter(has_text=day.choice)
    expect(row.get_by_label("Price of")).to_have_value(day.right)


def buy(page: Page, shop: Shop, day: Day) -> str:
    """A guest pays one of what was wrong, and two of another thing; the order's number."""
    page.goto(f"/products/{day.handle}")
    choose(page, day.choice)
    expect(page.locator(".offer")).to_contain_text(f"${day.right}")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#badge b")).to_have_text("1")
    page.goto(f"/products/{day.two_of}")
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#badge b")).to_have_text("3")
    page.goto("/checkout")
    fill_in(page, email=day.guest)
    page.get_by_role("button", name="Place the order and pay").click()
    give_card(page)
    expect(page.locator("[data-state]")).to_have_attribute("data-state", HELD)
    until(page, "your order is complete", day)
    number = re.search(r"/orders/([A-Z0-9-]+)", page.url)[1]
    assert mail_to(shop.instance, day.guest, f"Order {number} is paid")
    return number


def until(page: Page, words: str, day: Day) -> None:
    """The order's page says so, as soon as it has been looked at again."""
    for _ in range(SOON // 250):
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(page.locator("main")).to_contain_text(words)


def told(page: Page, shop: Shop, day: Day, subject: str, words: str) -> str:
    """By mail, whose link leads to the page that says so; what the mail says."""
    mail = mail_to(shop.instance, day.guest, subject).get_body(("plain",)).get_content()
    page.goto(re.search(r"http://localhost\S+/orders/\S+", mail)[0])
    expect(page.locator("main")).to_contain_text(words)
    return mail


def picture_of_home(page: Page, picture) -> None:
    page.goto("/desk")
    expect(page.locator("main")).to_contain_text("to pack")
    picture(page, "1-desk")


def open_order(page: Page, number: str, picture) -> None:
    visit(page, "Orders")
    expect(page.locator("#orders")).to_contain_text(number)
    picture(page, "4-orders")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {number}")


def pack(page: Page) -> None:
    page.get_by_role("button", name="Packed").click()
    expect(page.locator("#order > .notice")).to_have_text("It is packed, and the customer is told.")


def send(page: Page, picture) -> None:
    page.get_by_label("Carrier").fill("UPS")
    page.get_by_label("Tracking number").fill(TRACKING)
    picture(page, "5-order")
    page.get_by_role("button", name="Sent", exact=True).click()
    expect(page.locator("#order > .notice")).to_have_text(
        "It is on its way, and the customer is told."
    )


def give_back(page: Page, day: Day) -> None:
    page.get_by_text("Give money back …").click()
    page.get_by_label(f"{day.back} left of it").check()
    page.get_by_role("button", name="Give it back").click()
    expect(page.locator("#order > .notice")).to_contain_text(f"{day.back} is to be given back.")
