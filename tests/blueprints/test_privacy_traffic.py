"""Visitors see what is counted, and the numbers of the last full days."""

from datetime import UTC, datetime, timedelta

from playhouse.test_utils import count_queries

from storefront.models import Product, TrafficDay
from tests.counted_traffic import fill, of_traffic

PATH = "/privacy/traffic"
NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


def test_before_there_are_numbers_it_says_what_would_be_counted(client):
    page = client.get(PATH).text
    assert "fewer than 10" in page
    assert "None that we could tell of." in page
    assert "There is no list of visitors" in page


def test_the_numbers_are_those_of_whole_days_rounded_and_small_ones_not_told(client, clock):
    clock.moment = NOW
    day, today = NOW.date() - timedelta(days=1), NOW.date()
    hour = datetime(2026, 11, 22, 9, tzinfo=UTC)
    TrafficDay.add_up(
        {(hour, "views"): 77, (hour, "bot views"): 33, (NOW.replace(minute=0), "views"): 500},
        {
            **{(day, "page", "/"): 58, (day, "page", "/products"): 9, (day, "device", "phone"): 23},
            **{(today, "page", "/search"): 90, (day, "search", "my own name"): 90},
        },
    )
    page = client.get(PATH).text
    assert "26 October to 22 November 2026" in page
    assert "<b>70</b>" in page
    assert '<th scope="row">/</th><td>50</td>' in page
    assert '<th scope="row">/products</th><td>fewer than 10</td>' in page
    assert '<th scope="row">phone</th><td>20</td>' in page
    assert "Programs asked for 30 % of all pages" in page
    assert "/search</th>" not in page
    assert "my own name" not in page
    told = client.get(f"{PATH}.json").json
    assert told["totals"] == {"views": 70, "bot views": 30}
    assert told["values"]["page"] == {"/": 50, "/products": 0}
    assert (told["first"], told["last"]) == ("2026-10-26", "2026-11-22")


def test_the_address_of_a_product_that_is_not_listed_is_told_to_nobody(client, clock):
    clock.moment = NOW
    sold, secret, gone = Product.select().where(Product.status == "active").limit(3)
    Product.update(status="unlisted").where(Product.id == secret.id).execute()
    Product.update(published=False).where(Product.id == gone.id).execute()
    paths = ["/", "/products", "/products/none"]
    for product in (sold, secret, gone):
        paths += [f"/products/{product.handle}", f"/products/{product.handle}/testimonials"]
    day = NOW.date() - timedelta(days=1)
    TrafficDay.add_up({}, {(day, "page", path): 50 for path in paths})
    told = client.get(f"{PATH}.json").json["values"]["page"]
    assert told.keys() == {*paths[:2], *paths[3:5]}
    page = client.get(PATH).text
    assert sold.handle in page
    assert secret.handle not in page
    assert gone.handle not in page


def test_what_is_kept_of_it_is_good_until_midnight(client, clock):
    clock.moment = datetime(2026, 11, 23, 23, 59, 50, tzinfo=UTC)
    fill(clock().date(), 3)
    first = client.get(PATH)
    assert first.headers["Cache-Control"].startswith("public")
    assert "22 November 2026" in first.text
    with count_queries() as counted:
        client.get(PATH)
    assert of_traffic(counted) == 0
    clock.forward(seconds=11)
    assert "23 November 2026" in client.get(PATH).text


def test_it_is_light_and_takes_few_queries(client, clock):
    fill(clock().date(), 40)
    client.get("/privacy")
    with count_queries() as counted:
        page = client.get(PATH)
    assert of_traffic(counted) == 4
    assert len(page.data) < 16_000


def test_the_privacy_pages_and_the_data_map_lead_to_it(client):
    for path in ("/privacy", "/privacy/recipients", "/privacy/data-map"):
        assert f'href="{PATH}"' in client.get(path).text
    assert "people are counted by country" in client.get("/privacy/data-map").text
