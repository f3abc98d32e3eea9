"""What visitors see of promotions and of collections with dates, and when."""

import re
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database, is_sqlite
from storefront.generate import generate
from storefront.models import Collection, Promotion
from tests.promotions import code, photograph, promoted
from tests.styles import hash_of, style_of, styles_allowed
from tests.test_plans import scans_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def rain(settings) -> Collection:
    return Collection.get(Collection.slug == "rain-ready")


@pytest.fixture
def everywhere(settings, clock, rain) -> Promotion:
    made = promoted(clock(), on_collection=rain.id)
    alt = 'A hood "up"'
    Promotion.hang(made.id, photograph(settings.instance / "media"), alt, False)
    return Promotion.get_by_id(made.id)


@pytest.mark.parametrize("url", ["/", "/products", "/collections/rain-ready"])
def test_a_banner_is_shown_with_its_picture_and_its_own_style(client, everywhere, url):
    answer = client.get(url)
    page = answer.text
    named = f"/collections/rain-ready?via=banner-{everywhere.id}"
    assert f'<a href="{named}">Ready for rain</a>' in page
    assert "Dry to the skin." in page
    assert f"{everywhere.picture['digest'][2:]}-800.webp" in page
    assert 'width="1500" height="600" alt="A hood &#34;up&#34;">' in page
    assert ".promotion" in style_of(answer)
    assert styles_allowed(answer) == [hash_of(style_of(answer))]


@pytest.mark.parametrize("url", ["/", "/products", "/collections/rain-ready"])
def test_without_promotions_nothing_is_sent_of_them(client, url):
    answer = client.get(url)
    assert "promotion" not in answer.text
    assert "\n\n<h1>" not in answer.text
    assert styles_allowed(answer) == [hash_of(style_of(answer))]


@pytest.mark.parametrize(
    "url", ["/products?type=Jackets", "/products?sort=price", "/products?page=2", "/search?q=rain"]
)
def test_a_list_that_is_narrowed_or_turned_is_left_alone(client, everywhere, url):
    assert "Ready for rain" not in client.get(url).text
    assert "Ready for rain" not in client.get("/products", headers=HTMX).text


@pytest.mark.parametrize("url", ["/", "/products", "/collections/rain-ready"])
def test_a_kept_page_changes_at_the_moment_a_promotion_begins_and_ends(client, clock, url, rain):
    at = clock()
    promoted(at, starts_at=at + timedelta(seconds=20), ends_at=at + HOUR, on_collection=rain.id)
    assert "Ready for rain" not in client.get(url).text
    clock.forward(seconds=19)
    assert "Ready for rain" not in client.get(url).text
    clock.forward(seconds=1)
    assert "Ready for rain" in client.get(url).text
    clock.forward(minutes=59, seconds=39)
    assert "Ready for rain" in client.get(url).text
    clock.forward(seconds=1)
    assert "Ready for rain" not in client.get(url).text


def test_what_is_changed_shows_at_once(client, clock, everywhere):
    assert "Ready for rain" in client.get("/").text
    Promotion.update(title="Ready for snow").execute()
    assert "Ready for snow" in client.get("/").text
    Promotion.remove(everywhere.id)
    assert "Ready for" not in client.get("/").text


def test_markup_is_shown_as_it_was_typed(client, clock):
    promoted(clock(), title="<script>alert(1)</script>", words="*Now* & <b>here</b>")
    page = client.get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "*Now* &amp; &lt;b&gt;here&lt;/b&gt;" in page
    assert "<script>alert" not in page


def test_a_code_is_named_to_be_typed_at_the_checkout(client, clock):
    promoted(clock(), discount=code(clock()).id)
    page = client.get("/").text
    assert "10 % off: type <code>RAIN-10</code> at the checkout." in page
    assert not client.get("/").headers.getlist("Set-Cookie")


def test_nobody_can_ask_a_public_page_for_another_moment(client, clock):
    at = clock()
    promoted(at, starts_at=at + HOUR)
    later = (at + 2 * HOUR).strftime("%Y-%m-%dT%H:%M")
    for url in ("/", "/products", "/collections/rain-ready"):
        for name in ("at", "as_of", "now", "preview"):
            assert "Ready for rain" not in client.get(f"{url}?{name}={later}").text
    answer = client.get(f"/desk/promotions/preview?at={later}")
    assert (answer.status_code, "/desk/door" in answer.location) == (303, True)


def sitemap(client) -> str:
    return client.get("/sitemaps/pages.xml").text


def test_a_collection_with_dates_is_there_between_them_and_nowhere_else(client, clock, rain):
    at, tile = clock(), 'href="/collections/rain-ready"'
    dates = {"shown_from": at + timedelta(seconds=30), "shown_until": at + DAY}
    Collection.edit(rain.id, rain.version, dates)
    answer = client.get("/collections/rain-ready")
    assert answer.status_code == 404
    assert rain.title not in answer.text  # what comes is not given away
    assert tile not in client.get("/").text
    assert "rain-ready" not in sitemap(client)
    clock.forward(seconds=30)
    assert rain.title in client.get("/collections/rain-ready").text
    assert tile in client.get("/").text
    assert "rain-ready" in sitemap(client)
    clock.forward(days=1)
    answer = client.get("/collections/rain-ready")
    assert answer.status_code == 404
    assert f"“{rain.title}” was here until" in answer.text
    assert tile not in client.get("/").text
    assert "rain-ready" not in sitemap(client)


def test_a_kept_collection_is_gone_at_its_last_moment(client, clock, rain):
    until = clock() + timedelta(seconds=20)
    Collection.edit(rain.id, rain.version, {"shown_until": until})
    assert client.get("/collections/rain-ready").status_code == 200
    clock.forward(seconds=19)
    assert client.get("/collections/rain-ready").status_code == 200
    clock.forward(seconds=1)
    assert client.get("/collections/rain-ready").status_code == 404


def queries(client, url: str) -> list:
    """What is asked of the database while a page is drawn."""
    with count_queries() as counted:
        assert client.get(url, headers={"HX-Request": "true", "HX-Boosted": "true"}).status_code
    return [query.msg for query in counted.get_queries()]


@pytest.mark.parametrize("url", ["/", "/products", "/collections/rain-ready"])
def test_promotions_cost_a_page_one_query_and_a_kept_one_none(client, everywhere, url):
    queries(client, url)
    # Which edition is out PostgreSQL is asked by who has not asked it for this request before.
    asked = [sql for sql, _ in queries(client, url) if 'FROM "edition" AS "t1" LIMIT' not in sql]
    assert sum('FROM "promotion"' in sql for sql in asked) == 1
    assert len(asked) <= (6 if url == "/" else 5)
    client.get(url)
    with count_queries() as counted:
        client.get(url)
    assert all('"edition"' in query.msg[0] for query in counted.get_queries())


@pytest.mark.parametrize("url", ["/products?type=Jackets", "/search?q=rain"])
def test_a_list_without_a_place_for_promotions_asks_for_none(client, everywhere, url):
    assert not [sql for sql, _ in queries(client, url) if "promotion" in sql]


@pytest.mark.parametrize("url", ["/", "/products", "/collections/rain-ready"])
def test_no_table_is_scanned_for_promotions(client, clock, everywhere, url):
    if not is_sqlite():
        pytest.skip("PostgreSQL scans small tables on purpose; the indexes are the same")
    generate(120, "USD", clock())
    for n in range(40):
        promoted(clock() - n * DAY, starts_at=clock() - (n + 2) * DAY)
    database.execute_sql("ANALYZE")
    scans = [line for query in queries(client, url) for line in scans_of(*query)]
    assert scans == []


def test_a_banner_adds_less_than_a_kilobyte_to_a_list(client, clock):
    def weight() -> int:
        answer = client.get("/products", headers={"Accept-Encoding": "br"})
        assert answer.headers["Content-Encoding"] == "br"
        return len(answer.data)

    before = weight()
    promoted(clock(), discount=code(clock()).id)
    assert before < weight() < before + 1000


def test_many_banners_stand_side_by_side_and_one_alone(client, clock):
    promoted(clock())
    assert re.findall('class="(promotions[^"]*)"', client.get("/").text) == ["promotions one"]
    promoted(clock(), title="Another")
    assert re.findall('class="(promotions[^"]*)"', client.get("/").text) == ["promotions"]
