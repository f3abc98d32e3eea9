"""A testimonial's day: from its author's words to a reseller's page, and back.

docs/operating.md shows a picture that this test takes: build/screenshots has it as
testimonials-day.webp.
"""

import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.request import urlopen

import micawber
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page, expect

from storefront.config import read_settings
from storefront.kept import SHORT
from storefront.models import Product
from tests.browser.looking import small_picture, until
from tests.browser.test_door import DESK, authenticator
from tests.browser.test_journey import mail_to
from tests.browser.test_widget import site
from tests.databases import using_database
from tests.resellers import resold

SHIRT = "second-day-merino-t-shirt"
HAT = "broad-noon-sun-hat"
WIDE = {"width": 1024, "height": 700}
WORDS = "Three weeks on the coast path, and it never smelt.\n\nThe sleeves are long."
REPLY = "Thank you. The next ones have shorter sleeves."
HERE_ALONE = "Warm enough under a coat in March. I would say so in this shop alone."
OTHERS = [
    *(("Ida", 5, "Washed in a sink, dry by breakfast."), ("Sam", 4, "Runs a size large.")),
    *(("Tove", 5, "My sister has taken it."), ("Max", 2, "Mine had a hole after a month.")),
    *(("Lena", 5, "I own three by now."), ("Omar", None, "Thinner than I thought, and warmer.")),
    *(("Cleo", 4, "The colour is warmer than in the picture."), ("Jo", 5, "Nothing itches.")),
    ("Ruth", 5, "Two years, and it has kept its shape. Ask me about sizes."),
    ("Kit", 4, HERE_ALONE),
]
IN_FRAMES = "public, max-age=30, stale-while-revalidate=30"


@pytest.fixture(autouse=True)
def expected_errors(allowed_errors):
    allowed_errors += ["status of 404"]  # of what was taken back


@pytest.fixture
def others(own_shop):
    """Ten other people have said something of the shirt; one shows an address, one did not let
    resellers show it."""
    with using_database(read_settings(own_shop.place.environ(own_shop.environ)).database_url):
        shirt, at = Product.get(Product.handle == SHIRT), datetime.now(UTC) - timedelta(days=20)
        for n, (name, stars, words) in enumerate(OTHERS):
            address = {"email": f"{name}@example.com", "shows_email": name == "Ruth"}
            kept = {"for_resellers": words != HERE_ALONE}
            made_at = at + timedelta(days=n, hours=n)
            resold(shirt, made_at, name=name, stars=stars, words=words, **address, **kept)
    return own_shop


def test_what_an_author_says_goes_to_a_resellers_page_and_is_taken_back(others, new_page, shots):
    shop, email = others, "ann@author.example"
    author, reader = (new_page(shop.origin, viewport=WIDE) for _ in range(2))
    write(author, SHIRT, email)
    mine = confirm(author, shop, email)
    decide(come_in(new_page(shop.origin), shop, "moderator"), SHIRT)
    see_it_in_the_shop(reader, SHIRT, shots)
    be_told(author, shop, email)
    manager = come_in(new_page(shop.origin), shop, "manager")
    with site() as (reseller, pages):
        pages["/"] = line = embed_for(manager, reseller)
        source = unescape(re.search(r'src="(.*?)"', line)[1])
        visitor = new_page(reseller)
        visitor.goto("/")
        frame = visitor.frame_locator("iframe")
        see_ten(frame)
        pages["/by-oembed"] = rendered_by_somebody_else(shop, source)
        visitor.goto("/by-oembed")
        see_ten(frame)
        with urlopen(source) as answer:
            assert answer.headers["Cache-Control"] == IN_FRAMES
        take_back(author, mine)
        assert "Ann" not in kept_copy(shop, f"/products/{SHIRT}")
        another = new_page(reseller)  # whose cache is empty; the other's is good for half a minute
        frame = another.frame_locator("iframe")
        for path in ("/", "/by-oembed"):
            another.goto(path)
            expect(frame.get_by_role("article")).to_have_count(9)
            expect(frame.locator("body")).not_to_contain_text("Ann")
    reader.reload()
    expect(reader.locator("#testimonials")).not_to_contain_text("Ann")


def test_an_author_needs_no_script(own_shop, new_page):
    email = "ben@author.example"
    author = new_page(own_shop.origin, java_script_enabled=False)
    write(author, HAT, email)
    mine = confirm(author, own_shop, email)
    decide(come_in(new_page(own_shop.origin), own_shop, "moderator"), HAT)
    author.goto(f"/products/{HAT}")
    expect(author.locator("#testimonials")).to_contain_text("never smelt")
    be_told(author, own_shop, email)
    take_back(author, mine)
    author.goto(f"/products/{HAT}")
    expect(author.locator("#testimonials")).to_contain_text("Nothing yet")


# As an author


def write(page: Page, handle: str, email: str) -> None:
    """On the product's page; where there is no script the form is a page of its own."""
    page.goto(f"/products/{handle}")
    page.get_by_role("link", name="Write a testimonial").click()
    page.get_by_label("What you think of it").fill(WORDS)
    page.locator("label", has_text="4 ★").click()
    page.get_by_label("Name to show").fill("Ann")
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_label("Pictures (optional)").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": dusk()}
    )
    for box in ("Show my e-mail address with it", "Shops that resell this may show it, too"):
        expect(page.get_by_label(box)).not_to_be_checked()
        page.get_by_label(box).check()
    page.get_by_role("button", name="Send it, and confirm by mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")


def dusk() -> bytes:
    """A photograph, as it were."""
    file, sky = io.BytesIO(), Image.linear_gradient("L").resize((600, 400))
    ImageOps.colorize(sky, "#3d5a6c", "#e8d0b0").save(file, "JPEG")
    return file.getvalue()


def confirm(page: Page, shop, email: str) -> str:
    """From the mail; the address of the author's own page. Opening it changes nothing."""
    words = mail_to(shop.instance, email, "Is this testimonial").get_body(("plain",)).get_content()
    link = re.search(r"http\S+/testimonials/mine/\S+", words)[0]
    urlopen(link).close()  # as a mail scanner does
    page.goto(link)
    page.get_by_role("button", name="Confirm that it is mine").click()
    expect(page.locator("#writing")).to_contain_text("Somebody here will read it soon")
    return link


def be_told(page: Page, shop, email: str) -> None:
    """That it is shown, and what the shop has replied."""
    mail_to(shop.instance, email, "is shown")
    words = mail_to(shop.instance, email, "replied").get_body(("plain",)).get_content()
    assert REPLY in words
    page.goto(re.search(r"http\S+/testimonials/\d+", words)[0])
    expect(page.get_by_role("article")).to_contain_text(REPLY)


def take_back(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Taken back")


# At the desk


def come_in(page: Page, shop, role: str) -> Page:
    authenticator(page)
    email = f"{role}-{datetime.now(UTC):%H%M%S%f}@staff.example"
    page.goto(shop.storefront("add-staff", email, "--role", role).strip())
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    return page


def decide(page: Page, handle: str) -> None:
    """Approve what waits, whose stars are seen only then; and reply to it."""
    page.get_by_role("link", name="1 testimonial waits for a decision").click()
    card = page.locator("li.case")
    expect(card).to_contain_text("never smelt")
    expect(card.get_by_role("img", name="out of 5 stars")).to_have_count(0)
    card.get_by_role("button", name="Approve").click()
    expect(card.get_by_role("img", name="4 out of 5 stars")).to_be_visible()
    card.get_by_role("link", name="Ann on").click()
    page.get_by_label("Reply in public").fill(REPLY)
    page.get_by_role("button", name="Reply").click()
    expect(page.locator(".notice").first).to_contain_text("Our reply is shown")


def embed_for(page: Page, origin: str) -> str:
    """Add a reseller with that site; the line to copy, as it stands there."""
    page.get_by_role("navigation").get_by_role("link", name="Resellers").click()
    page.get_by_label("Name of the firm").fill("Hill & Dale")
    page.get_by_label("Sites that may show us").fill(origin)
    page.get_by_role("button", name="Add the reseller").click()
    page.get_by_role("link", name="See it and copy the lines").click()
    return page.get_by_label("A frame: needs no script").input_value()


# In the shop, and elsewhere


def kept_copy(shop, path: str) -> str:
    """A public page as shared caches get it, which may not keep it for longer than a minute."""
    with urlopen(shop.origin + path) as answer:
        assert answer.headers["Cache-Control"] == SHORT
        return answer.read().decode()


def see_it_in_the_shop(page: Page, handle: str, shots) -> None:
    page.goto(f"/products/{handle}")
    first = page.locator("#testimonials li").first
    expect(first).to_contain_text("never smelt")
    expect(first).to_contain_text(REPLY)
    expect(first.get_by_role("img", name="4 out of 5 stars")).to_be_visible()
    expect(first.get_by_role("img", name="Picture by Ann")).to_be_visible()
    assert "author.example" not in page.content()
    take_picture(page, shots)


def take_picture(page: Page, shots) -> None:
    """What docs/operating.md shows."""
    page.set_viewport_size({"width": 1024, "height": 1000})
    page.get_by_role("link", name="Read all").click()
    until(page, "[...document.images].every(one => one.complete)")
    small_picture(page, shots / "testimonials-day.webp")


def see_ten(frame) -> None:
    """The newest ten that resellers may show, and the address of who wished it, on request."""
    expect(frame.get_by_role("article")).to_have_count(10)
    expect(frame.locator("body")).to_contain_text("never smelt")
    expect(frame.locator("body")).not_to_contain_text(HERE_ALONE)
    expect(frame.locator("body")).not_to_contain_text("author.example")
    expect(frame.get_by_role("button")).to_have_count(2)  # Ann and Ruth let theirs be shown
    frame.get_by_role("button", name="Show e-mail address of Ann").click()
    expect(frame.get_by_role("link", name="ann@author.example")).to_be_visible()


def rendered_by_somebody_else(shop, address: str) -> str:
    """What an oEmbed client makes of the widget's address in a text."""
    registry = micawber.ProviderRegistry()
    provider = micawber.Provider(f"{shop.origin}/oembed")
    registry.register(rf"{re.escape(shop.origin)}/widget/\S+", provider)
    return micawber.parse_html(f"<p>{address}</p>", registry)
