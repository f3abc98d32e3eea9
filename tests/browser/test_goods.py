"""Pictures and imports at the desk in Chromium, and what shoppers see of them afterwards."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_door import DESK, authenticator
from tests.browser.test_policy import link_for
from tests.snapshots import picture
from tests.test_importing import HEADER


@pytest.fixture
def editor(own_shop, new_page):
    """Somebody who has just come in with an invitation."""
    page = new_page(own_shop.origin)
    authenticator(page)
    page.goto(link_for(own_shop, "goods"))
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    return page


def test_a_catalogue_comes_in_with_a_bar_that_moves_and_a_picture_is_hung_in_it(
    editor, own_shop, tmp_path, look, new_page
):
    file = tmp_path / "export.csv"
    rows = "".join(f"goods-{n},Goods {n},shopify,{n % 3},12.00,\n" for n in range(1500))
    file.write_text(HEADER + rows)
    editor.goto("/desk/imports")
    look(editor, "imports")
    editor.get_by_label("File").set_input_files(file)
    editor.get_by_role("button", name="Try it").click()
    editor.wait_for_url(re.compile(r"/desk/imports/\d+$"))
    expect(editor.locator("progress")).to_be_visible()
    expect(editor.get_by_role("button", name="Import it")).to_be_visible(timeout=60_000)
    expect(editor.locator("#said")).to_have_text("The trial is done.")
    expect(editor.locator("#counts + dl")).to_contain_text("New products")
    look(editor, "import-tried")
    editor.get_by_role("button", name="Import it").click()
    expect(editor.locator("progress")).to_be_visible()
    expect(editor.locator("#run")).to_contain_text("Imported.", timeout=60_000)
    look(editor, "import-done")
    hang(editor, number_of(own_shop, "goods-1"), tmp_path, look)
    visitor = new_page(own_shop.origin)
    visitor.goto("/products/goods-1")
    expect(visitor.get_by_alt_text("A grey mug")).to_be_visible()
    visitor.goto("/products/goods-0")
    asks_to_hear(visitor)


def number_of(shop, handle: str) -> int:
    """The number of a product, as the desk's addresses have it."""
    from storefront.config import read_settings
    from storefront.db import open_database

    store = open_database(read_settings(shop.environ).database_url)
    with store.connection_context():
        [row] = store.execute_sql(f"SELECT id FROM product WHERE handle = '{handle}'").fetchall()
    store.close_all()
    return row[0]


def hang(editor, number: int, tmp_path, look) -> None:
    good, bad = tmp_path / "mug.jpg", tmp_path / "drawing.jpg"
    good.write_bytes(picture((600, 800)))
    bad.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    editor.goto(f"/desk/products/{number}/pictures")
    look(editor, "pictures-none")
    editor.get_by_label("Add pictures").set_input_files([good, bad])
    editor.get_by_role("button", name="Add them").click()
    expect(editor.get_by_role("alert").first).to_be_attached()
    expect(editor.locator("#pictures")).to_contain_text("drawing.jpg: It looks like SVG")
    editor.get_by_role("button", name="Keep the words").click()
    expect(editor.locator("#pictures")).to_contain_text("Say in a few words")
    look(editor, "pictures")
    editor.get_by_label("What picture 1 shows").fill("A grey mug")
    editor.get_by_role("button", name="Keep the words").click()
    expect(editor.locator("#pictures .error")).to_have_count(0)


def asks_to_hear(visitor) -> None:
    """First with a slip in the address, which stays in the field."""
    visitor.get_by_label("Hear once when it is back").fill("ann@")
    visitor.get_by_role("button", name="Tell me").click()
    expect(visitor.locator("#email-error")).to_be_visible()
    expect(visitor.get_by_label("Hear once when it is back")).to_have_value("ann@")
    visitor.get_by_label("Hear once when it is back").fill("ann@example.com")
    visitor.get_by_role("button", name="Tell me").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("One more step")
