"""What pages weigh: bytes on the wire, what a first view asks for, and that it stands still."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlencode

import pytest

from storefront.config import read_settings
from storefront.models import Product, Testimonial
from tests.bench import first_view, page_bytes, wire
from tests.bench.shops import FORM, SAID, Scene
from tests.databases import using_database
from tests.journey import hidden_in

NAMES = (
    *("home", "listing", "product", "product with testimonials", "cart of 3 lines"),
    *("cart, empty", "checkout", "order"),
    *("privacy", "delivery", "search", "not found", "payment page"),
)


@pytest.fixture(scope="module")
def pages(running_shop):
    """All pages by name, for a visitor whose cart has three lines; an order was placed."""
    shop = running_shop.origin
    products = re.findall(r'href="?(/products/[\w-]+)', wire.ask(shop, "/products").body.decode())
    cart, bought = {}, []
    for path in dict.fromkeys(products):
        form = hidden_in(wire.ask(shop, path).body.decode()) | {"quantity": "1"}
        body = urlencode(form).encode()
        answer = wire.ask(shop, "/cart/items", "POST", {**FORM, **cart}, body)
        if answer.status == 303:  # what is sold out is refused
            cart, bought = {"Cookie": answer.cookies}, [*bought, path]
        if len(bought) == 3:
            break
    with something_said(running_shop, bought[1]):
        for path in ("/", "/products", *bought[:2]):
            page_bytes.weighed(page_bytes.Page(shop, path, {}), "br")  # as those before left it
        scene = Scene(bought[0], "/search?q=merino", cart, b"", bought[1])
        yield page_bytes.every_page(shop, running_shop.payment_origin, scene)


@contextmanager
def something_said(shop, path: str) -> Iterator[None]:
    """Three testimonials of a product, as long as the tests here run."""
    handle = path.rpartition("/")[2]
    shop.storefront("generate-testimonials", str(SAID), "--of", handle)
    yield
    with using_database(read_settings(shop.place.environ(shop.environ)).database_url):
        about = Testimonial.select().join(Product).where(Product.handle == handle)
        for one in list(about):  # read to its end before anything is written
            one.withdraw()


@pytest.mark.parametrize("coding", page_bytes.CODINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_sent_compressed_and_fits(pages, name, coding):
    weight = page_bytes.weighed(pages[name], coding)
    assert weight.coding == coding
    assert weight.sum < page_bytes.limit(name, coding), weight


@pytest.fixture(scope="module")
def view(browser, pages):
    """The first view of a page on a screen, looked at once."""
    return cache(lambda name, screen: first_view.look(browser, pages[name], screen))


on_both_screens = pytest.mark.parametrize("screen", first_view.SCREENS, ids="{0[0]}x{0[1]}".format)


@on_both_screens
@pytest.mark.parametrize("name", first_view.PAGES)
def test_a_first_view_is_light_and_nothing_keeps_it_from_being_drawn(view, name, screen):
    seen = view(name, screen)
    if name not in first_view.NOT_FIRST:
        assert seen.bytes <= first_view.MOST_BYTES, seen.asked
    assert len(seen.asked) <= first_view.MOST_REQUESTS, seen.asked
    assert seen.blocking == []


@on_both_screens
@pytest.mark.parametrize("name", first_view.PAGES)
def test_a_page_stands_still_from_its_top_to_its_end(view, name, screen):
    assert view(name, screen).shift == 0
