"""What happens in the shop is counted; who does it is not known afterwards."""

from storefront.models import Product, TrafficDay, TrafficHour, Variant
from tests.journey import order_path, place_order


def totals() -> dict:
    rows = TrafficHour.select(TrafficHour.what, TrafficHour.count)
    found: dict = {}
    for row in rows:
        found[row.what] = found.get(row.what, 0) + row.count
    return found


def values(what: str) -> dict:
    rows = TrafficDay.select().where(TrafficDay.what == what)
    return {row.value: row.count for row in rows}


def written(app) -> None:
    app.extensions["traffic"].counters.write_down()


def test_views_visits_and_where_they_begin_and_end_are_counted(app, clock):
    handle = Product.select().first().handle
    one, other = (app.test_client(use_cookies=False) for _ in range(2))
    for path in ("/", "/products", f"/products/{handle}"):
        one.get(path, headers={"User-Agent": "One"})
    other.get("/products", headers={"User-Agent": "Other"})
    written(app)
    assert (totals()["views"], totals()["visits"]) == (4, 2)
    assert values("page") == {"/": 1, "/products": 2, f"/products/{handle}": 1}
    assert values("entry") == {"/": 1, "/products": 1}
    ends = {path: count for path, count in values("exit").items() if count}
    assert ends == {"/products": 1, f"/products/{handle}": 1}


def test_a_page_out_of_memory_counts_as_one_that_is_drawn(app):
    for _ in range(3):
        app.test_client(use_cookies=False).get("/products")
    written(app)
    assert values("page") == {"/products": 3}


def test_half_an_hour_later_it_is_another_visit(client, app, clock):
    for minutes in (0, 29, 31):
        clock.forward(minutes=minutes)
        client.get("/")
    written(app)
    assert totals()["visits"] == 2


def test_who_asks_not_to_be_tracked_is_in_totals_and_in_nothing_else(client, app):
    client.get("/", headers={"Sec-GPC": "1"})
    client.get("/products", headers={"DNT": "1"})
    written(app)
    assert totals() == {"views": 2, "reserved views": 2}
    assert TrafficDay.select().count() == 0


def test_what_leads_to_somebodys_own_is_counted_under_its_rule(client, app):
    path = order_path(place_order(client, Variant.select().first()))
    client.get(path)
    written(app)
    assert values("page")["/orders/<link>"] == 1
    assert path not in values("page")


def test_the_name_of_a_link_changes_nothing_of_the_page(client):
    plain = client.get("/products")
    named = client.get("/products?via=banner-3")
    assert named.data == plain.data


def test_the_way_to_an_order_is_counted_once_a_visit(client, app):
    place_order(client, Variant.select().first())
    written(app)
    found = totals()
    assert [found.get(step, 0) for step in ("cart", "checkout", "order")] == [1, 1, 1]
