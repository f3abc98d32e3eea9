"""What happens in the shop is counted; who does it is not known afterwards."""

from collections import deque

import pytest

from storefront import trails
from storefront.models import Collection, Product, TrafficDay, Variant
from storefront.traffic import counters, counting, visits
from tests.journey import order_path, place_order
from tests.staff import signed_in
from tests.visitors import CHROME, FIREFOX, GOOGLEBOT, IPAD, totals, values, visitor, written


@pytest.fixture
def person(app, client):
    """The client with cookies, with a browser's name."""
    client.environ_base |= {"HTTP_USER_AGENT": CHROME}
    return client


def test_views_visits_and_where_they_begin_and_end_are_counted(app):
    handle = Product.select().first().handle
    one, other = visitor(app), visitor(app, FIREFOX)
    for path in ("/", "/products", f"/products/{handle}"):
        one.get(path)
    other.get("/products")
    written(app)
    assert (totals()["views"], totals()["visits"]) == (4, 2)
    assert values("page") == {"/": 1, "/products": 2, f"/products/{handle}": 1}
    assert values("entry") == {"/": 1, "/products": 1}
    assert values("exit") == {"/products": 1, f"/products/{handle}": 1}


def test_a_page_out_of_memory_counts_as_one_that_is_drawn(app):
    for _ in range(3):
        visitor(app).get("/products")
    written(app)
    assert values("page") == {"/products": 3}


def test_half_an_hour_later_it_is_another_visit(person, app, clock):
    for minutes in (0, 29, 31):
        clock.forward(minutes=minutes)
        person.get("/")
    written(app)
    assert totals()["visits"] == 2


def test_who_asks_not_to_be_tracked_is_in_totals_and_in_nothing_else(app):
    visitor(app, sec_gpc="1", referer="https://a.example/").get("/")
    visitor(app, dnt="1", accept="text/html").get("/products?via=banner-3&utm_campaign=x")
    visitor(app, dnt="1", accept="text/html").get("/search?q=coat")
    visitor(app, dnt="1", accept="text/html").get("/nowhere")
    visitor(app, GOOGLEBOT, dnt="1").get("/")
    written(app)
    assert totals() == {"views": 3, "reserved views": 3, "bot views": 1}
    assert TrafficDay.select().count() == 0


def test_what_leads_to_somebodys_own_is_counted_under_its_rule(person, app):
    path = order_path(place_order(person, Variant.select().first()))
    person.get(path)
    written(app)
    assert values("page")["/orders/<link>"] == 1
    assert path not in values("page")


def test_the_name_of_a_link_changes_nothing_of_the_page(client):
    plain = client.get("/products")
    named = client.get("/products?via=banner-3")
    assert named.data == plain.data


def test_the_way_to_an_order_is_counted_once_a_visit(person, app):
    place_order(person, Variant.select().first())
    written(app)
    found = totals()
    assert [found.get(step, 0) for step in ("cart", "checkout", "order")] == [1, 1, 1]


# What a visit comes with


def test_devices_browsers_and_languages_are_counted_by_visit(app):
    for agent, language in ((CHROME, "de-AT,de;q=0.9"), (FIREFOX, "fr"), (IPAD, "xx-klingon")):
        one = visitor(app, agent, accept_language=language)
        one.get("/")
        one.get("/products")
    written(app)
    assert values("device") == {"desktop": 1, "phone": 1, "tablet": 1}
    assert values("browser") == {"Chrome": 1, "Firefox": 1, "Safari": 1}
    assert values("language") == {"de": 1, "fr": 1, "other": 1}


def test_the_host_that_led_here_is_counted_without_its_path(app):
    for n in range(1, 4):
        one = visitor(app, at=n, referer="https://www.blog.example/post?of=ann")
        one.get("/")
        one.get("/products")
    visitor(app, at=4, referer="http://localhost/products").get("/")
    written(app)
    assert values("referrer") == {"blog.example": 3}


def test_the_campaign_of_the_first_address_is_counted(app):
    for n in range(1, 4):
        visitor(app, at=n).get("/products?utm_source=mail&utm_campaign=Spring%20Sale")
        visitor(app, at=n + 10).get("/?utm_source=mail")
    written(app)
    assert values("campaign") == {"spring sale": 3, "mail": 3}


def test_the_list_that_led_to_a_product_is_counted(app):
    handle = Product.select().first().handle
    slug = Collection.select().first().slug
    for n in range(1, 4):
        for path in (f"/collections/{slug}?page=2", "/search?q=coat", "/", "/orders/x"):
            visitor(app, at=n, referer=f"http://localhost{path}").get(f"/products/{handle}")
        other = visitor(app, at=n, referer=f"http://evil.example/collections/{slug}")
        other.get(f"/products/{handle}")
    written(app)
    assert values("from list") == {f"/collections/{slug}": 3, "/search": 3}


def test_searches_are_counted_with_their_words_and_those_in_vain_apart(app):
    word = Product.select().first().title.split()[0]
    for n in range(1, 4):
        visitor(app, at=n).get("/search", query_string={"q": f" {word.upper()} "})
        visitor(app, at=n).get("/search?q=Zyzzyva")
    visitor(app).get("/search")
    written(app)
    assert (totals()["searches"], totals()["searches in vain"]) == (6, 3)
    assert values("search") == {word.lower(): 3, "zyzzyva": 3}
    assert values("in vain") == {"zyzzyva": 3}


def test_pages_that_are_not_here_are_counted_if_somebody_wanted_them(app):
    for n in range(1, 4):
        visitor(app, at=n, accept="text/html,*/*").get("/old-page.html?x=1")
        visitor(app, at=n, accept="image/webp,*/*").get("/old.png")
        visitor(app, GOOGLEBOT, at=n, accept="text/html").get("/wp-login.php")
    written(app)
    assert values("not found") == {"/old-page.html": 3}
    assert totals()["pages not found"] == 3


# What is no person's view, or no view


def test_programs_are_counted_apart_by_name_and_by_why(app):
    for agent in (GOOGLEBOT, "curl/8.5.0", "curl/8.5.0", ""):
        visitor(app, agent, accept="text/html").get("/products")
    visitor(app, GOOGLEBOT, accept="text/html").get("/nowhere")
    visitor(app, GOOGLEBOT).get("/search?q=coat&via=banner-3")
    written(app)
    assert totals() == {"bot views": 5}
    assert values("bot") == {"Googlebot": 2, "curl": 2}
    assert values("filtered") == {"a program": 4, "a program without a name": 1}
    assert values("page") == values("search") == {}


@pytest.mark.parametrize("name", ["Sec_Purpose", "Purpose", "X_Moz"])
def test_what_a_browser_fetches_ahead_is_counted_apart(app, name):
    visitor(app, **{name: "prefetch;prerender"}).get("/products")
    written(app)
    assert totals() == {"prefetched views": 1}
    assert values("filtered") == {"fetched ahead": 1}


def test_more_views_within_a_minute_than_anybody_reads_are_left_out(app, clock, monkeypatch):
    monkeypatch.setattr(visits, "TOO_MANY", 5)
    fast, slow = visitor(app), visitor(app, FIREFOX)
    for _ in range(12):
        fast.get("/products")
        slow.get("/products")
        clock.forward(seconds=18)
    for _ in range(8):
        fast.get("/products")
    clock.forward(minutes=2)
    fast.get("/products")  # of the same visit, which is over for good only by a pause
    slow.get("/products")
    written(app)
    assert totals() == {"views": 24 + 5 + 1, "visits": 2, "bot views": 3 + 1}
    assert values("filtered") == {"too many a minute": 4}


def test_one_address_does_not_pass_for_a_crowd_by_many_names_of_browsers(app, clock):
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0".format
    for minute in range(2):
        for n in range(counting.NEW_NAMES + 5):
            visitor(app, browser(1000 * minute + n), at=9).get("/")
        clock.forward(minutes=1)
    for n in range(counting.NEW_VISITS + 5):  # of names that are known by now
        visitor(app, browser(1000 + n % 30), at=9 + n // 30).get("/products")
        visitor(app, browser(n % 30), at=7 if n < 30 else 8).get("/products")
    visitor(app, browser(5000), at=3).get("/products")
    written(app)
    assert totals()["visits"] == 2 * counting.NEW_NAMES + 5 + counting.NEW_VISITS + 5 + 1
    assert values("filtered") == {"too many new names": 10}


def test_more_visits_than_begin_at_one_address_within_a_minute_are_left_out(app, clock):
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0".format
    for n in range(40):
        visitor(app, browser(n), at=1 + n // 20).get("/")
    clock.forward(minutes=31)
    for _ in range(2):
        for n in range(40):
            visitor(app, browser(n), at=9).get("/")
    visitor(app, browser(1), at=8).get("/")
    written(app)
    assert totals()["visits"] == 40 + counting.NEW_VISITS + 1
    assert values("filtered") == {"too many a minute": 20}


def test_those_who_work_here_are_counted_apart(app):
    client = signed_in(app, "editor")
    client.environ_base |= {"HTTP_USER_AGENT": CHROME}
    client.get("/products")
    client.get("/desk")
    written(app)
    assert totals() == {"staff views": 1}
    assert values("filtered") == {"staff": 1}


def test_only_pages_that_are_given_out_are_views(app, plenty):
    come = visitor(app, accept="text/html")
    product = f"/products/{plenty.product.handle}"
    for path in (
        *("/healthz", "/robots.txt", "/sitemap.xml", "/sitemaps/pages.xml", "/feeds/google.xml"),
        *("/.well-known/gpc.json", "/privacy/data-map.json", "/privacy/feed.atom", "/oembed"),
        *("/widget/key.pub", "/account", "/insider/archive.atom", "/static/none.css"),
        *(f"/pictures/{plenty.product.handle}.svg", "/media/none.webp", "/desk/sign-in"),
    ):
        come.get(path)
    come.head("/products")
    come.get(product, headers={"HX-Request": "true"})
    come.get("/nowhere", headers={"HX-Request": "true"})
    come.post("/nowhere")
    written(app)
    assert totals().keys() <= {"pages not found"}
    assert TrafficDay.select().count() == 0


def test_a_page_that_breaks_while_it_is_drawn_is_no_view(app, monkeypatch):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(trails, "follow", None)
    handle = Product.select().first().handle
    assert visitor(app).get(f"/products/{handle}").status_code == 500
    written(app)
    assert totals() == {}


# What memory holds


def test_visits_that_are_over_and_the_key_of_the_day_are_forgotten(app, clock):
    kept = app.extensions["traffic"]._visits
    visitor(app).get("/")
    clock.forward(minutes=20)
    visitor(app, FIREFOX).get("/")
    clock.forward(minutes=20)
    written(app)
    assert len(kept._visits) == 1
    shares = app.extensions["traffic"]._begun, app.extensions["traffic"]._names
    assert not any(each._had for each in shares)
    key = kept._key
    clock.forward(days=1)
    written(app)
    assert kept._visits == {}
    assert kept._key != key


def test_more_visits_than_there_is_room_for_are_counted_by_their_views(app, monkeypatch):
    monkeypatch.setattr(visits, "MOST", 2)
    for agent in (CHROME, FIREFOX, IPAD):
        visitor(app, agent).get("/")
    written(app)
    assert (totals()["views"], totals()["visits"]) == (3, 2)


def test_more_values_within_a_minute_than_there_is_room_for_are_let_be(app, monkeypatch):
    monkeypatch.setattr(counters, "MOST", 3)
    for path in ("/", "/products", "/search", "/cart"):
        visitor(app).get(path)
    written(app)
    assert totals()["views"] == 4
    assert values("page") == {"/": 1}


def test_so_many_views_are_counted_at_once_and_in_their_order(app):
    traffic, one = app.extensions["traffic"], visitor(app)
    for path in ["/", *["/products"] * (counting.MANY - 2)]:
        one.get(path)
    assert not traffic.counters
    one.get("/cart")
    assert traffic.counters, "nobody had to ask for that"
    written(app)
    assert (totals()["views"], totals()["visits"]) == (counting.MANY, 1)
    assert (values("entry"), values("exit")) == ({"/": 1}, {"/cart": 1})


def test_views_that_have_no_room_to_wait_are_told_of(app, monkeypatch, caplog):
    traffic = app.extensions["traffic"]
    monkeypatch.setattr(counting, "MOST", 3)
    monkeypatch.setattr(traffic, "_waiting", deque(maxlen=3))
    for path in ("/", "/products", "/", "/products"):
        visitor(app).get(path)
    with caplog.at_level("WARNING"):
        written(app)
    assert "the first of them are not counted" in caplog.text
    assert totals()["views"] == 3


def test_an_address_appears_in_no_log(app, caplog, monkeypatch):
    traffic = app.extensions["traffic"]
    monkeypatch.setattr(traffic, "_visits", None)
    with caplog.at_level("INFO"):
        visitor(app, at=77).get("/search?q=anns+shoes")
        traffic.work_off()
    assert "was not counted: AttributeError" in caplog.text
    for said in ("127.0.0.77", "anns", "Mozilla"):
        assert said not in caplog.text
