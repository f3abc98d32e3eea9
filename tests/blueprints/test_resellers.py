"""A reseller's own page, by signed link."""

import re
from collections import Counter
from datetime import timedelta
from html import unescape

import pytest
from playhouse.test_utils import count_queries

from storefront import view_counts
from storefront.links import ResellerLinks
from storefront.models import Product, Reseller, WidgetViews
from tests.resellers import reseller


@pytest.fixture
def held(settings, clock) -> Reseller:
    return reseller(clock(), origins=["https://firm.example", "https://other.example"])


@pytest.fixture
def way(settings, held) -> str:
    return f"/resellers/{ResellerLinks(settings.cookie_keys).write(held.key)}"


def test_it_shows_the_embed_its_lines_and_where_it_may_stand(client, settings, held, way):
    page = unescape(client.get(way).text)
    assert f'<iframe src="/widget/{held.key}/testimonials"' in page
    assert f'<iframe src="{settings.shop_origin}/widget/{held.key}/testimonials"' in page
    assert "<code>https://firm.example</code>" in page
    assert "<code>https://other.example</code>" in page
    assert "light or dark as each visitor’s browser has it" in page


def test_nobody_stores_it_or_finds_it_and_it_frames_the_shop_alone(client, way):
    answer = client.get(way)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "frame-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert 'content="noindex"' in answer.text


def test_a_client_of_oembed_finds_its_addresses_in_the_head(client, settings, held, way):
    head = client.get(way).text.partition("</head>")[0]
    found = dict(re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', head))
    assert found.keys() == {"application/json+oembed", "text/xml+oembed"}
    widget = f"{settings.shop_origin}/widget/{held.key}/testimonials"
    for address in map(unescape, found.values()):
        assert address.startswith(f"{settings.shop_origin}/oembed?")
        answer = client.get(address.removeprefix(settings.shop_origin))
        assert answer.status_code == 200
        assert f'src="{widget}"' in unescape(answer.text).replace("\\", "")


def test_of_several_products_each_has_lines_of_its_own(client, held, way, shirt, clock):
    other, third = Product.select().where(Product.id != shirt.id).limit(2)
    for product in (shirt, other):
        held.take_in(product.id, clock())
    page = unescape(client.get(way).text)
    assert "Of 2 products." in page
    assert f'<option value="{other.handle}">' in page
    page = unescape(client.get(f"{way}?product={other.handle}").text)
    assert f"/widget/{held.key}/testimonials?product={other.handle}" in page
    assert f'<option value="{other.handle}" selected>' in page
    page = unescape(client.get(f"{way}?product={third.handle}").text)
    assert "There is no such product to show." in page
    assert f"testimonials?product={third.handle}" not in page


@pytest.mark.parametrize("odd", ["%2500", "//[", "http://[localhost/x", "%25ff", "/" * 900, "?"])
def test_what_is_typed_as_a_product_may_be_anything(client, held, way, odd):
    page = client.get(f"{way}?product={odd}")
    assert page.status_code == 200
    assert "There is no such product to show." in page.text


@pytest.fixture
def counts():
    """What has been counted and not written down yet: nothing, before and after."""
    view_counts._notes.clear()
    yield view_counts._notes
    view_counts._notes.clear()


def test_looking_at_it_here_is_no_view_of_their_visitors(app, counts, held):
    """Where the shop's own page shows the frame, browsers say that it is of the same origin."""
    frame, nobody = f"/widget/{held.key}/testimonials", app.test_client()
    assert nobody.get(frame, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert not counts
    for site in ("cross-site", "same-site", "none"):
        nobody.get(frame, headers={"Sec-Fetch-Site": site})
    nobody.get(frame)
    assert list(counts.values()) == [4]


def counted(page: str) -> list[tuple[str, str]]:
    rows = r'<tr><th scope="row">([^<]+)</th><td class="number">([^<]+)</td>'
    return re.findall(rows, page)


def test_it_counts_the_views_of_thirty_days_and_nothing_about_who_looked(client, held, way, clock):
    assert "Not once in the last 30 days." in client.get(way).text
    for days, views in {0: 1234, 1: 1, 29: 10, 30: 500}.items():
        WidgetViews.add_up(Counter({held.key: views}), clock() - timedelta(days=days))
    page = client.get(way).text
    rows = counted(page)
    assert "1,245 times in the last 30 days." in page
    assert len(rows) == 30
    assert rows[0] == ("Today, so far", "1,234")
    assert rows[29] == (f"{clock() - timedelta(days=29):%-d %b %Y}", "10")
    assert [count for _, count in rows if count != "0"] == ["1,234", "1", "10"]
    assert re.findall(r'<rect width="(\d+)"', page) == ["1000", "5", "8"]


def test_it_is_drawn_with_as_many_queries_for_many_products_as_for_one(client, held, way, clock):
    products = list(Product.select().order_by(Product.id).limit(9))
    held.take_in(products[0].id, clock())
    with count_queries() as one:
        client.get(way)
    for product in products[1:]:
        held.take_in(product.id, clock())
    with count_queries() as many:
        assert "Of 9 products." in client.get(way).text
    assert many.count == one.count <= 4


def test_a_link_ends_with_its_key_and_says_so(client, settings, held, way, clock):
    held.change_key(clock())
    gone = client.get(way)
    assert gone.status_code == 404
    assert "changed or revoked" in gone.text
    links = ResellerLinks(settings.cookie_keys)
    new = f"/resellers/{links.write(Reseller.get().key)}"
    assert client.get(new).status_code == 200
    held.revoke(clock())
    assert "Please ask us for a new link" in client.get(new).text
    Reseller.delete().execute()
    assert client.get(new).status_code == 404


@pytest.mark.parametrize("link", ["forged.link", "%00", "a" * 300])
def test_a_link_that_nobody_signed_opens_nothing(client, held, link):
    assert client.get(f"/resellers/{link}").status_code == 404
    assert client.get(f"/resellers/{held.key}").status_code == 404
