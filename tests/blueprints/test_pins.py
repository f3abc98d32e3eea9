"""Lists that begin with what is pinned there; searches by words that mean the same, or led away."""

import re
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries
from werkzeug.test import create_environ

from storefront.models import Collection, Page, Pin, Product, Redirect, SameWords, SearchRedirect
from storefront.models.promotion import target
from storefront.traffic import Seen
from tests.blueprints.test_listing import titles
from tests.models.test_pinned import made

DAY = timedelta(days=1)
HTMX = {"HX-Request": "true"}


def everything(client, url: str) -> list[str]:
    """The titles of a list, page by page."""
    found = []
    while url:
        page = client.get(url).text
        found += titles(page)
        way = re.search(r'rel="next" href="([^"]+)"', page)
        url = way and way[1].replace("&amp;", "&")
    return found


@pytest.fixture
def oldest(settings) -> Product:
    return Product.on_sale().order_by(Product.id).first()


@pytest.mark.parametrize("url", ["/products", "/products?type=T-Shirts", "/collections/rain-ready"])
def test_a_pinned_product_stands_at_its_place_once_and_the_rest_stays_as_it_was(client, url):
    before = everything(client, url)
    pinned = Product.get(Product.title == before[-1])
    held = Collection.get(Collection.slug == "rain-ready")
    made(product=pinned, place=2, collection=held if "rain" in url else None)
    after = everything(client, url)
    expected = [title for title in before if title != pinned.title]
    assert after == [expected[0], pinned.title, *expected[1:]]
    for other in ("price", "title"):
        sign = "&" if "?" in url else "?"
        ordered = everything(client, f"{url}{sign}sort={other}")
        assert ordered[1] != pinned.title or sorted(ordered)[1] == pinned.title
        assert sorted(ordered) == sorted(before)


def test_a_filter_that_a_pin_does_not_pass_leaves_it_out(client, oldest):
    other = Product.on_sale().where(Product.type != oldest.type).first().type
    before = everything(client, f"/products?type={other}")
    made(product=oldest, place=1)
    assert everything(client, f"/products?type={other}") == before
    assert titles(client.get("/products").text)[0] == oldest.title
    fragment = client.get("/products", headers=HTMX)
    assert titles(fragment.text)[0] == oldest.title


def test_a_pin_that_is_sold_out_stays_and_one_that_is_unlisted_is_passed_over(client, oldest):
    made(product=oldest, place=1)
    assert titles(client.get("/products").text)[0] == oldest.title
    Product.update(available=False).where(Product.id == oldest.id).execute()
    assert titles(client.get("/products").text)[0] == oldest.title
    newest = Product.on_sale().order_by(-Product.id).first()
    Pin.delete().execute()
    hidden = Product.create(
        handle="hidden",
        title="Hidden",
        status="unlisted",
        currency="USD",
        made_at=oldest.made_at,
        changed_at=oldest.made_at,
    )
    made(product=hidden, place=1)
    assert titles(client.get("/products").text)[0] == newest.title


def test_pins_come_and_go_by_themselves_at_their_moments(client, oldest, clock):
    # Sooner than a page that is kept goes by itself.
    start, end = (clock() + timedelta(seconds=n) for n in (10, 20))
    made(product=oldest, place=1, starts_at=start, ends_at=end)
    firsts = []
    for _ in range(3):
        firsts.append(titles(client.get("/products").text)[0] == oldest.title)
        clock.forward(seconds=10)
    assert firsts == [False, True, False]


def test_what_is_brought_forward_comes_first_in_the_lists_own_order(client):
    before = everything(client, "/products")
    hats = everything(client, "/products?type=Hats")
    made(type="Hats")
    rest = [title for title in before if title not in hats]
    assert everything(client, "/products") == hats + rest
    assert everything(client, "/products?type=Hats") == hats


def test_a_search_has_its_pin_in_whatever_order_its_words_come_and_it_is_counted(client, shirt):
    before = everything(client, "/search?q=waterproof+jacket")
    assert shirt.title not in before
    made(product=shirt, place=1, words="waterproof jacket")
    for query in ("waterproof+jacket", "Jacket+WATERPROOF"):
        page = client.get(f"/search?q={query}").text
        assert titles(page) == [shirt.title, *before]
        assert f"{len(before) + 1} products." in page
    assert shirt.title not in titles(client.get("/search?q=waterproof").text)


@pytest.mark.parametrize(
    "url", ["/products", "/products?page=2", "/collections/rain-ready", "/search?q=jacket"]
)
def test_pins_and_words_cost_no_query_of_their_own(client, oldest, url):
    held = Collection.get(Collection.slug == "rain-ready")
    made(product=oldest, place=1, words="jacket")
    made(tag=oldest.tags[0])
    made(type="Jackets", collection=held)
    SameWords.put(["jacket", "parka", "hard shell"], False)
    client.get(url, headers=HTMX)
    with count_queries() as counted:
        assert titles(client.get(url, headers=HTMX).text)
    assert counted.count <= 4


def test_a_word_that_means_the_same_finds_it_and_only_what_else_finds_nothing_is_said(client):
    assert not titles(client.get("/search?q=skivvy").text)
    SameWords.put(["Skivvy", "merino t-shirt"], False)
    page = client.get("/search?q=skivvy").text
    assert titles(page) == titles(client.get("/search?q=merino+t+shirt").text) != []
    assert "Nothing is called “skivvy”. We also looked for “merino t-shirt”." in page
    assert "We also looked for" not in client.get("/search?q=merino+t-shirt").text
    slip = client.get("/search?q=skivy").text
    assert "Here is what we found for “skivvy”." in slip
    assert "We also looked for “merino t-shirt”." in slip
    SameWords.put(["<b>nothing</b>", "hat"], True)
    page = client.get("/search?q=b+nothing+b").text
    assert "<b>nothing" not in page


def leads(words: str, address: str) -> SearchRedirect:
    return SearchRedirect.put(words, target(address))


def test_a_search_leads_to_a_page_and_whoever_chose_anything_searches(client):
    leads("Returns", "/pages/returns")
    leads("gift card", "/collections/rain-ready")
    for query, way in (
        ("returns", "/pages/returns?searched=returns"),
        ("RETURNS", "/pages/returns?searched=RETURNS"),
        ("card+gift", "/collections/rain-ready?searched=card+gift"),
    ):
        answer = client.get(f"/search?q={query}")
        assert answer.status_code == 303
        assert answer.location.endswith(way)
        assert "no-store" in answer.headers["Cache-Control"]
        there = client.get(answer.location).text
        back = re.search(r'<a href="([^"]+)">Search our products for it</a>', there)[1]
        assert "Search" in client.get(back.replace("&amp;", "&")).text
        assert "We do not know this filter" not in there
    for more in ("&sort=best", "&sort=price", "&type=Hats", "&page=1"):
        assert client.get(f"/search?q=returns{more}").status_code == 200
    assert client.get("/search?q=returns+jacket").status_code == 200


@pytest.mark.parametrize("cookie", ["", "theme=dark"])
def test_a_search_that_leads_to_a_page_counts_as_one_that_found_something(app, cookie):
    leads("Returns", "/pages/returns")
    environ = create_environ(
        "/search?q=returns", "http://localhost:8000", headers={"Cookie": cookie}
    )
    app(environ, lambda status, _headers: status)
    assert environ["storefront.seen"] == Seen(search="returns", found=1)


def test_a_way_follows_what_it_leads_to_and_ends_with_it(client, shirt, clock):
    leads("undershirt", f"/products/{shirt.handle}")
    Redirect.rename(shirt, "merino-shirt")
    answer = client.get("/search?q=undershirt")
    assert answer.location.endswith("/products/merino-shirt?searched=undershirt")
    assert "You searched for “undershirt”" in client.get(answer.location).text
    assert "You searched" not in client.get("/products/merino-shirt").text
    assert "“&lt;undershirt&gt;”" in client.get("/products/merino-shirt?searched=<undershirt>").text
    wide = client.get("/search", query_string={"q": "undershirt" + 99 * "!"}).location
    assert wide.endswith("?searched=undershirt")
    for way in ("/?searched=undershirt", "/products/merino-shirt?searched=Ring+0800+123+now"):
        assert "You searched" not in client.get(way).text, "nobody puts their words into our pages"
    Product.update(status="draft").where(Product.id == shirt.id).execute()
    assert client.get("/search?q=undershirt").status_code == 200
    held = Collection.get(Collection.slug == "rain-ready")
    leads("rain", "/collections/rain-ready")
    Collection.update(shown_until=clock() + DAY).where(Collection.id == held.id).execute()
    assert client.get("/search?q=rain").status_code == 303
    clock.forward(days=1)
    assert client.get("/search?q=rain").status_code == 200
    leads("terms", "/pages/terms")
    assert client.get("/search?q=terms").status_code == 303
    Page.delete().where(Page.slug == "terms").execute()
    assert client.get("/search?q=terms").status_code == 200
