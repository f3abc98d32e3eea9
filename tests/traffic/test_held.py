"""What comes from outside is held back until three have brought it; what is somebody's, always."""

from datetime import date, timedelta

import pytest

from storefront.models import TrafficDay, Variant
from storefront.traffic import held, whence
from storefront.traffic.held import FEW, Held
from tests.journey import order_path, place_order
from tests.visitors import GOOGLEBOT, totals, values, visitor, written

OWN = ("/account/", "/desk/", "/orders/", "/privacy/mine/")


def test_what_two_have_brought_is_not_written_down(app):
    for n in (1, 2, 2, 2):
        come = visitor(app, at=n, accept="text/html", referer="https://small.example/ann")
        come.get("/search?q=anns+wedding+shoes&utm_campaign=to-ann&via=ann")
        come.get("/page-of-ann")
    written(app)
    days = {row.value for row in TrafficDay.select()}
    assert days <= {"/search", "desktop", "Chrome", "other"}
    assert totals()["searches"] == totals()["pages not found"] == 4


def test_with_the_third_it_is_written_with_its_full_number(app):
    for n in (1, 1, 2, 3, 4):
        visitor(app, at=n).get("/search?q=Zyzzyva")
        written(app)
    assert values("search") == {"zyzzyva": 5}
    assert values("in vain") == {"zyzzyva": 5}


def test_one_address_does_not_count_as_three_by_other_names(app):
    for n in range(5):
        visitor(app, f"Mozilla/5.0 (X11; Linux x86_64; rv:14{n}.0) Firefox/14{n}.0").get(
            "/?utm_source=x&via=x"
        )
    written(app)
    assert totals()["visits"] == 5
    assert values("campaign") == values("followed") == {}


def test_when_the_day_is_over_what_few_have_brought_is_one_number(app, clock):
    for n in (1, 2):
        visitor(app, at=n).get("/search?q=shoes")
        visitor(app, at=n).get("/search?q=socks")
    clock.forward(days=1)
    visitor(app, at=3).get("/search?q=shoes")
    written(app)
    assert values("search") == {FEW: 4}
    clock.forward(days=1)
    written(app)
    assert values("search") == {FEW: 5}


def test_a_process_that_ends_says_how_much_it_held_back(app):
    visitor(app).get("/search?q=shoes")
    app.extensions["traffic"].end()
    assert values("search") == {FEW: 1}


def test_a_program_nobody_knows_is_held_back_and_one_of_a_list_is_not(app):
    visitor(app, "annsbot/1.0").get("/")
    visitor(app, GOOGLEBOT).get("/")
    written(app)
    assert values("bot") == {"Googlebot": 1}
    assert totals() == {"bot views": 2}


def test_an_address_in_any_script_that_is_not_here_is_told_as_it_reads(app):
    for n in range(1, 4):
        assert visitor(app, at=n, accept="text/html").get("/stra%C3%9Fe").status_code == 404
    written(app)
    assert values("not found") == {"/straße": 3}


def test_a_program_that_is_called_by_a_number_is_told_without_it(app):
    for n in range(1, 4):
        visitor(app, "spdr5550123-bot/1.0", at=n).get("/")
    written(app)
    assert values("bot") == {whence.NOT_KEPT: 3}


@pytest.mark.parametrize(
    "typed",
    [
        *("ann@example.org", "ann%40example.org", "ann＠example.org", "ann [at] example.org"),
        *("555 0123 4567", "555–0123–4567", "5 5 5 · 0 1 2 · 3 4", "５５５０１２３", "٠٥٥٥١٢٣٤٥"),
        *("4111-1111", "12-34-56-7", "aB3" * 9, "K7M39-2QX4B", "k7m39 2qx4b", "KHMTR-WQXAB"),
    ],
)
def test_what_looks_like_somebodys_is_never_written(app, typed):
    for n in range(1, 4):
        visitor(app, at=n).get("/search", query_string={"q": f"shoes {typed}"})
    written(app)
    assert values("search") == {whence.NOT_KEPT: 3}


@pytest.mark.parametrize(
    "typed",
    ["jeans 32x34", "black-32x34", "green 2pack", "air max 90 size 42", "500 gr/m2, 10 x 20"],
)
def test_sizes_and_numbers_of_things_are_words_like_others(typed):
    assert whence.words(typed) != whence.NOT_KEPT


def test_a_link_to_something_of_somebodys_is_cut_off_where_it_begins(app, client):
    path = order_path(place_order(client, Variant.select().first()))
    for n in range(1, 4):
        for wrong in (f"{path}x", path.upper(), "/desk/nothing/7", "/privacy/mine/abc/d"):
            assert visitor(app, at=n, accept="text/html").get(wrong).status_code == 404
    written(app)
    assert values("not found") == {"/orders/…": 6, "/desk/…": 3, "/privacy/mine/…": 3}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/old-page.html", "/old-page.html"),
        ("//old//page/", "/old/page"),
        ("/orders", "/orders"),
        ("/ORDERS/abc", "/orders/…"),
        ("//orders//abc", "/orders/…"),
        ("/u/ann@example.org/x", "/u/…/x"),
        ("/u/ann%40example.org", "/u/…"),
        ("/products/1234567", "/products/…"),
        ("/reset/kJ8s-2mNq_0zXw3kPl9TtR4vYbC6dE1f", "/reset/…"),
        ("/u/ann%2540example.org", "/u/…"),
        ("/u/ann＠example.org", "/u/…"),
        ("/order/K7M39-2QX4B", "/order/…"),
        ("/%6frders%2Fsecret", "/orders/…"),
        ("/shop/Orders/secret", "/shop/orders/…"),
        ("/İİİİİİ/orders/secret", "/İİİİİİ/orders/…"),
        ("/straße/中文", "/straße/中文"),
        ("/a\x1bb/c", "/…/c"),
        ("/\u202eb/c", "/…/c"),
        ("/" + "long-" * 20, "/…"),
        ("/" + "/".join(["part"] * 40), "/" + "part/" * 15 + "part…"),
    ],
)
def test_a_path_that_is_not_here_is_made_harmless(path, told):
    assert whence.lost(path, OWN) == told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://www.blog.example/post?of=ann", "blog.example"),
        ("https://ann:secret@Blog.Example:8443/", "blog.example"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("http://localhost/products", ""),
        ("http://192.168.1.7/", whence.NOT_KEPT),
        ("http://[::1/", ""),
        ("https://5550123456.example/", whence.NOT_KEPT),
        ("https://router/", whence.NOT_KEPT),
        ("http://anns-laptop.fritz.box/", whence.NOT_KEPT),
        ("https://wiki.corp.internal/", whence.NOT_KEPT),
        ("http://printer.local/", whence.NOT_KEPT),
        ("about:blank", ""),
        ("nonsense", ""),
    ],
)
def test_of_a_page_that_led_here_the_host_is_counted(address, told):
    assert whence.host(address, {"localhost"}) == told


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("a=1&utm_campaign=Spring%20%22Sale%22", "spring sale"),
        ("utm_source=mail", "mail"),
        ("utm_campaign=for-ann%40example.org", whence.NOT_KEPT),
        ("utm_campaign=for-ann%252540example.org", whence.NOT_KEPT),
        ("utm_campaign=%D9%A0%D9%A5%D9%A5%D9%A5%D9%A1%D9%A2%D9%A3%D9%A4", whence.NOT_KEPT),
        ("utm_campaign=%00%01", ""),
        ("utm_campaign=" + "x" * 500, "x" * whence.LONGEST),
        ("&".join(f"utm_campaign={n}" for n in range(60)), ""),
        ("q=utm_", ""),
    ],
)
def test_a_campaign_is_counted_as_plain_words(query, told):
    assert whence.campaign(query) == told


def test_where_there_is_no_room_what_was_held_the_longest_goes_and_is_still_counted(monkeypatch):
    monkeypatch.setattr(held, "MOST", 2)
    kept, day = Held(), date(2026, 11, 23)
    kept.let_go(day)
    for value in ("a", "b", "c"):
        assert kept.bring("search", value, b"1") == (value, 0)
    assert kept.bring("search", "b", b"2") == ("b", 0)
    assert kept.bring("search", "b", b"3") == ("b", 3)
    assert kept.let_go() == (day, {"search": 2})


def test_more_values_than_may_be_known_on_one_day_are_one_number(monkeypatch):
    monkeypatch.setattr(held, "MOST", 1)
    kept = Held()
    for mark in (b"1", b"2", b"3"):
        kept.bring("search", "a", mark)
    assert kept.bring("search", "b", b"1") == (FEW, 1)
    assert kept.bring("search", "a", b"1") == ("a", 1)


def test_one_address_does_not_fill_the_room_for_what_others_bring(app, clock, monkeypatch):
    monkeypatch.setattr(held, "BY_ONE", 20)
    app.extensions["traffic"]._held = Held()
    for n in range(30):
        visitor(app, at=9).get(f"/search?q=junk{n}")
    for n in range(1, 4):
        visitor(app, at=n).get("/search?q=raincoat")
    app.extensions["traffic"].work_off()
    assert len(app.extensions["traffic"]._held._held) == 20
    app.extensions["traffic"].end()
    assert values("search") == {FEW: 30, "raincoat": 3}


def test_marks_of_two_things_do_not_lead_to_the_same_visitor(app, clock):
    visits = app.extensions["traffic"]._visits
    day = clock().date()
    marks = [visits.mark("127.0.0.1", what, day) for what in ("search shoes", "search socks")]
    assert len({*marks, visits.digest("127.0.0.1", "", day)}) == 3
    assert visits.mark("127.0.0.1", "search shoes", day) == marks[0]
    assert visits.mark("127.0.0.1", "search shoes", day + timedelta(days=1)) != marks[0]
