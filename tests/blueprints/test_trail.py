"""The trail: what one looked at, for who asks to have it remembered, and the way back to a list."""

import re
from dataclasses import replace

import pytest
from playhouse.test_utils import count_queries

from storefront import trails
from storefront.app import create_app
from storefront.models import RECORDS, Collection, Product
from storefront.trails import Trail, TrailCookie

BUTTON = "Remember what I look at here"
FORGET = "Forget what I looked at"


def begin(client, came_from: str = "/products"):
    """Press the button, as a browser without JavaScript does."""
    return client.post("/trail", headers={"Referer": f"http://localhost{came_from}"})


def held(client, settings) -> Trail | None:
    cookie = client.get_cookie("trail")
    return TrailCookie(settings).read(cookie.value) if cookie else None


def seen(page: str) -> list[str]:
    """The titles among what was looked at."""
    part = page.partition('id="trail"')[2]
    named = re.search(r"Before that: (.*?)</p>", part)
    return re.findall(r'class="name">([^<]*)<', part) + re.findall(
        r">([^<]+)</a>", named[1] if named else ""
    )


def handles(page: str) -> list[str]:
    return re.findall(r'<li class="card"><a href="/products/([\w-]+)"', page)


def test_nobody_gets_a_cookie_by_looking(client, shirt):
    for path in ("/products", f"/products/{shirt.handle}", "/search?q=shirt"):
        answer = client.get(path)
        assert BUTTON in answer.text
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"].startswith("public")


def test_by_which_link_a_page_was_come_to_is_no_part_of_the_way(client, settings, shirt):
    handle = shirt.handle
    answer = begin(client, f"/products/{handle}?via=trial-3-b")
    assert answer.location == f"http://localhost/products/{handle}#trail"
    assert held(client, settings) == Trail((shirt.id,))
    for came_from, way in (
        ("/collections/rain-ready?via=banner-1", "/collections/rain-ready"),
        ("/products?sort=price&via=x&page=2&searched=hat", "/products?sort=price&page=2"),
    ):
        assert begin(client, came_from).location == f"http://localhost{way}#trail"
        assert held(client, settings).way == way


@pytest.mark.parametrize("signal", [{}, {"Sec-GPC": "1"}])
def test_one_click_begins_it_and_one_click_ends_it(client, settings, shirt, signal):
    here = f"/products/{shirt.handle}"
    sent = {"Referer": f"http://localhost{here}", **signal}
    answer = client.post("/trail", headers=sent)
    assert (answer.status_code, answer.location) == (303, f"http://localhost{here}#trail")
    (line,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert not re.search("max-age|expires", line, re.IGNORECASE)
    assert held(client, settings) == Trail((shirt.id,))
    page = client.get(here, headers=signal)
    assert FORGET in page.text
    assert BUTTON not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    answer = client.post("/trail/end", headers=sent)
    assert answer.location.endswith(f"{here}#trail")
    assert client.get_cookie("trail") is None
    page = client.get(here)
    assert BUTTON in page.text
    assert "Set-Cookie" not in page.headers


def test_htmx_puts_one_button_in_the_place_of_the_other(client, settings, shirt):
    sent = {"HX-Request": "true", "HX-Current-URL": f"http://localhost/products/{shirt.handle}"}
    answer = client.post("/trail", headers=sent)
    assert answer.text.lstrip().startswith('<section id="trail"')
    assert "From now on we remember" in answer.text
    assert held(client, settings).seen == (shirt.id,)
    answer = client.post("/trail/end", headers=sent)
    assert answer.text.lstrip().startswith('<form id="trail"')
    assert "is forgotten" in answer.text
    assert client.get_cookie("trail") is None


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "http://evil.example/products",
        "http://localhost//evil.example",
        "http://localhost/desk",
        "http://localhost/\\evil.example",
        "http://[",
        f"http://localhost/products?{'x' * 3000}",
    ],
)
def test_one_is_led_to_pages_of_the_shop_alone(client, referer):
    for path in ("/trail", "/trail/end"):
        answer = client.post(path, headers={"Referer": referer})
        assert answer.location == "http://localhost/products#trail"


def test_what_was_looked_at_is_shown_the_newest_first_and_twelve_at_most(client, settings):
    begin(client)
    products = list(Product.on_sale().order_by(Product.id).limit(14))
    for product in [*products, products[0]]:
        client.get(f"/products/{product.handle}")
    ids = [product.id for product in products]
    assert held(client, settings).seen == (ids[0], *reversed(ids[3:]))
    titles = [product.title for product in [products[0], *reversed(products[3:])]]
    for path in ("/products", "/cart"):
        assert seen(client.get(path).text) == titles
    page = client.get(f"/products/{products[5].handle}").text
    assert seen(page) == [title for title in titles if title != products[5].title]


def test_the_way_back_leads_to_the_list_with_its_filters_and_place(client):
    begin(client)
    address = "/products?type=Jackets&amp;type=Hats&amp;sort=price"
    jackets = handles(client.get(address.replace("&amp;", "&")).text)
    page = client.get(f"/products/{jackets[1]}").text
    assert f'href="{address}">← Back to Products: Jackets, Hats</a>' in page
    assert f'rel="prev" href="/products/{jackets[0]}"' in page
    assert f'rel="next" href="/products/{jackets[2]}"' in page
    first = client.get(f"/products/{jackets[0]}").text
    assert 'rel="prev"' not in first
    assert f'rel="next" href="/products/{jackets[1]}"' in first


def test_the_last_of_a_page_has_the_first_of_the_next_behind_it(client, settings):
    begin(client)
    second = handles(client.get("/products?page=2").text)
    first = handles(client.get("/products").text.partition('id="trail"')[0])
    page = client.get(f"/products/{first[-1]}").text
    assert f'rel="next" href="/products/{second[0]}"' in page
    page = client.get(f"/products/{second[0]}").text
    assert f'rel="prev" href="/products/{first[-1]}"' in page
    assert "Back to Products, page 2" in page
    assert held(client, settings).way == "/products?page=2"
    page = client.get(f"/products/{first[-1]}").text
    assert 'href="/products">← Back to Products</a>' in page


def test_a_collection_and_a_search_lead_back_by_their_names(client, settings):
    begin(client)
    collection = Collection.select().first()
    inside = handles(client.get(f"/collections/{collection.slug}").text)
    page = client.get(f"/products/{inside[0]}").text
    assert f'href="/collections/{collection.slug}">← Back to {collection.title}</a>' in page
    found = handles(client.get("/search?q=merino").text.partition('id="trail"')[0])
    page = client.get(f"/products/{found[1]}").text
    assert 'href="/search?q=merino">← Back to “merino”</a>' in page
    assert f'rel="prev" href="/products/{found[0]}"' in page


def test_a_product_from_elsewhere_has_the_way_back_and_no_neighbours(client):
    begin(client)
    client.get("/products?type=Jackets")
    hat = Product.on_sale().where(Product.type == "Hats").first()
    page = client.get(f"/products/{hat.handle}").text
    assert "← Back to Products: Jackets" in page
    assert 'rel="prev"' not in page
    assert 'rel="next"' not in page


def test_a_list_that_has_become_shorter_leads_back_to_its_first_page(client, settings):
    begin(client)
    handle = handles(client.get("/products?page=2").text)[0]
    client.set_cookie("trail", TrailCookie(settings).written(Trail((), "/products?page=9")))
    page = client.get(f"/products/{handle}").text
    assert 'rel="prev" href="/products/' in page
    assert 'href="/products?page=2">← Back to Products, page 2' in page


def test_a_list_that_has_gone_is_passed_over(client, settings):
    begin(client)
    collection = Collection.select().first()
    handle = handles(client.get(f"/collections/{collection.slug}").text)[0]
    Collection.remove(collection.id)
    answer = client.get(f"/products/{handle}")
    assert answer.status_code == 200
    assert "Back to" not in answer.text
    assert held(client, settings).way == ""


def test_products_that_have_gone_are_left_out(client, shirt):
    begin(client)
    other = Product.on_sale().where(Product.id != shirt.id).first()
    for product in (shirt, other):
        client.get(f"/products/{product.handle}")
    shirt.status = "draft"
    shirt.save()
    assert seen(client.get("/products").text) == [other.title]
    assert "one thing that we do not show any more" in client.get("/privacy/cookies").text
    other.delete_instance(recursive=True)
    page = client.get("/products").text
    assert seen(page) == []
    assert FORGET in page


@pytest.mark.parametrize("raw", ["broken", "W10.x", "x" * 3000])
def test_one_that_cannot_be_read_is_taken_back_and_can_be_begun_anew(client, shirt, raw):
    client.set_cookie("trail", raw)
    assert "It is damaged, or too old" in client.get("/privacy/cookies").text
    answer = client.get(f"/products/{shirt.handle}")
    assert BUTTON in answer.text
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert client.get_cookie("trail") is None


def test_what_is_signed_but_odd_is_none(settings):
    cookie = TrailCookie(settings)
    for odd in ([], {}, 7, "", ["", "x"], None):
        assert cookie.read(cookie._serializer.dumps(odd)) is None


def test_it_survives_a_change_of_key_and_not_the_loss_of_its_own(settings, clock, client, shirt):
    begin(client, f"/products/{shirt.handle}")
    value = client.get_cookie("trail").value
    newer = replace(settings, cookie_keys=("new" * 12, *settings.cookie_keys))
    asking = create_app(newer, clock).test_client()
    asking.set_cookie("trail", value)
    assert seen(asking.get("/products").text) == [shirt.title]
    other = replace(settings, cookie_keys=("new" * 12,))
    asking = create_app(other, clock).test_client()
    asking.set_cookie("trail", value)
    assert BUTTON in asking.get("/products").text


def test_a_very_long_address_is_remembered_by_its_beginning_and_the_cookie_stays_small(settings):
    trail = Trail().with_list("/search?q=" + "x" * trails.LONGEST_WAY)
    assert trail.way == "/search"
    full = Trail(tuple(2**31 - n for n in range(12)), "/" + "é" * (trails.LONGEST_WAY - 1))
    written = TrailCookie(settings).written(full)
    assert len(written) < trails.LONGEST
    assert TrailCookie(settings).read(written) == full


def test_others_go_on_getting_the_kept_page(client, app, shirt):
    path = f"/products/{shirt.handle}"
    stranger = app.test_client()
    kept = stranger.get(path)
    begin(client, path)
    client.get(path)
    again = stranger.get(path)
    assert (again.data, again.headers["ETag"]) == (kept.data, kept.headers["ETag"])


def test_what_is_fetched_ahead_was_not_looked_at(client, settings, shirt):
    begin(client)
    client.get(f"/products/{shirt.handle}", headers={"Sec-Purpose": "prefetch;prerender"})
    assert held(client, settings).seen == ()


def test_nothing_of_it_is_written_down(client, shirt, caplog):
    before = repr([list(record.select().tuples()) for record in RECORDS])
    begin(client)
    client.get("/search?q=qzwanted")
    client.get(f"/products/{shirt.handle}")
    client.post("/trail/end")
    assert repr([list(record.select().tuples()) for record in RECORDS]) == before
    assert "qzwanted" not in caplog.text


def test_the_cookies_page_says_what_it_holds(client, shirt):
    begin(client)
    client.get("/products?type=Jackets")
    client.get(f"/products/{shirt.handle}")
    page = client.get("/privacy/cookies").text
    assert "because you asked us to remember it" in page
    assert f"<li>{shirt.title}</li>" in page
    assert "<li>the list you came from: /products?type=Jackets</li>" in page
    client.post("/privacy/cookies/removals", data={"cookie": "trail"})
    assert client.get_cookie("trail") is None


@pytest.mark.parametrize("address", ["/products", "/search?q=merino", "/products?sort=price-down"])
def test_it_takes_few_queries_more(client, address):
    handle = handles(client.get(address).text)[2]
    with count_queries() as without:
        client.get(f"/products/{handle}?quantity=2")
    begin(client, address)
    client.get(address)
    with count_queries() as counted:
        client.get(f"/products/{handle}?quantity=3")
    assert counted.count - without.count <= 6
