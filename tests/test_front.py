"""What stands in front of Flask: pages kept for all, the badge of one, compression, files."""

import gzip
import re
import threading
import time
from dataclasses import replace
from datetime import timedelta

import brotli
import pytest
from playhouse.test_utils import count_queries
from werkzeug.test import EnvironBuilder

from storefront import kept, policy
from storefront.app import create_app
from storefront.db import database
from storefront.models import Page, Product, Variant
from tests.journey import fill_cart, item
from tests.models.testimonials import approved

PUBLIC = ("/", "/products", "/search?q=wool", "/collections/rain-ready", "/privacy")
PUBLIC += ("/testimonials/moderation",)
PUBLIC += ("/pages/delivery", "/products/second-day-merino-t-shirt")
FOR_A_MINUTE_IN_ALL = "public, max-age=0, s-maxage=20, stale-while-revalidate=20"
FOR_ALL = "public,max-age=0,s-maxage=60,stale-while-revalidate=600"


@pytest.fixture
def nobody(app):
    """A visitor whose browser keeps no cookies."""
    return app.test_client(use_cookies=False)


def drawn(client, url, **options) -> int:
    """How many queries the page took; none when it had been kept."""
    with count_queries() as counted:
        answer = client.get(url, **options)
    assert answer.status_code == 200
    return counted.count


@pytest.mark.parametrize("url", PUBLIC)
def test_visitors_without_cookies_get_the_same_bytes_which_any_cache_may_keep(nobody, url):
    first, second = nobody.get(url), nobody.get(url)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert not first.headers["ETag"].startswith("W/")
    assert first.headers["Cache-Control"] == FOR_ALL
    assert first.headers["Vary"] == "Accept-Encoding,Cookie,HX-Request,HX-Boosted"
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize("url", PUBLIC)
def test_a_page_is_drawn_once_and_then_kept(nobody, url):
    nobody.get("/pages/terms")  # the edition has been read
    assert drawn(nobody, url) > 0
    with count_queries() as counted:
        nobody.get(url)
    # PostgreSQL is asked for the edition each time; SQLite only after a commit.
    assert counted.count <= (0 if "sqlite" in type(database.obj).__name__.lower() else 1)


@pytest.mark.parametrize("url", PUBLIC)
def test_a_visitor_with_a_cart_gets_their_badge_in_the_kept_page(app, nobody, plenty, url):
    kept = nobody.get(url)
    client = app.test_client()
    fill_cart(client, plenty)
    answer = client.get(url)
    assert "Cart <b>2</b>" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"] != kept.headers["ETag"]
    without = re.sub(r'<a id="badge".*?</a>', "", answer.text)
    assert without == re.sub(r'<a id="badge".*?</a>', "", kept.text)
    again = client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "<b>" not in re.search(r'<a id="badge".*?</a>', nobody.get(url).text)[0]


def test_the_first_visitor_of_a_page_may_have_a_cart_and_leaves_nothing_of_it(app, nobody, plenty):
    client = app.test_client()
    fill_cart(client, plenty)
    assert "Cart <b>2</b>" in client.get("/pages/returns").text
    assert "<b>2</b>" not in nobody.get("/pages/returns").text


def test_a_price_that_is_committed_shows_on_the_next_request(nobody, shirt):
    assert "$987.65" not in nobody.get(f"/products/{shirt.handle}").text
    Variant.update(price_minor=98765).where(Variant.product == shirt).execute()
    answer = nobody.get(f"/products/{shirt.handle}")
    assert "$987.65" in answer.text
    assert answer.headers["ETag"] == nobody.get(f"/products/{shirt.handle}").headers["ETag"]


def test_a_price_committed_by_somebody_else_shows_too(nobody, settings, shirt):
    nobody.get(f"/products/{shirt.handle}")

    def elsewhere():
        with database.connection_context():
            Variant.update(price_minor=98765).where(Variant.product == shirt).execute()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "$987.65" in nobody.get(f"/products/{shirt.handle}").text


def test_what_is_sold_out_or_gone_shows_on_the_next_request(nobody, shirt):
    assert nobody.get(f"/products/{shirt.handle}").status_code == 200
    Product.update(status="draft").where(Product.id == shirt.id).execute()
    assert nobody.get(f"/products/{shirt.handle}").status_code == 404
    assert shirt.title not in nobody.get("/products").text


def test_pages_with_testimonials_leave_every_cache_within_a_minute(
    nobody, app, shirt, plenty, clock
):
    page = f"/products/{shirt.handle}"
    assert nobody.get(page).headers["Cache-Control"] == FOR_ALL
    made = approved(shirt, clock())
    client = app.test_client()
    fill_cart(client, plenty)
    for url in (page, f"{page}/testimonials", "/testimonials", f"/testimonials/{made.id}"):
        drawn_first = nobody.get(url)
        assert drawn_first.headers["Cache-Control"] == FOR_A_MINUTE_IN_ALL, url
        known = nobody.get(url, headers={"If-None-Match": drawn_first.headers["ETag"]})
        assert (known.status_code, known.headers["Cache-Control"]) == (304, FOR_A_MINUTE_IN_ALL)
        assert client.get(url).headers["Cache-Control"] == "private, no-cache"
        assert drawn(nobody, url) <= 1


def erased(testimonial, at) -> None:
    testimonial.erase({"words", "name", "email", "pictures", "mailbox"}, lambda _: "", at)
    testimonial.erased([testimonial])


@pytest.mark.parametrize(
    "go",
    [
        lambda made, at: made.withdraw(),
        lambda made, at: made.take_down("abuse", at),
        lambda made, at: made.change(
            {"words": "Not.", "name": "A", "stars": 1, "connection": ""}, at
        ),
        erased,
    ],
    ids=["withdrawn", "taken down", "changed", "erased"],
)
def test_what_is_taken_back_is_in_no_kept_page_from_the_next_request_on(nobody, shirt, clock, go):
    made = approved(shirt, clock())
    page = f"/products/{shirt.handle}"
    urls = (page, f"{page}/testimonials", "/testimonials", f"/testimonials/{made.id}")
    for url in urls * 2:
        assert made.words in nobody.get(url).text
    go(made, clock())
    for url in urls:
        assert made.words not in nobody.get(url).text
    assert nobody.get(page).headers["Cache-Control"] == FOR_ALL


def test_a_kept_page_lasts_no_longer_than_shared_caches_may_keep_it(nobody, clock, settings):
    nobody.get("/pages/terms")
    nobody.get("/")
    clock.forward(seconds=59)
    assert drawn(nobody, "/") <= 1
    clock.forward(seconds=2)
    assert drawn(nobody, "/") > 1


def test_a_policy_comes_into_force_at_its_moment_though_the_page_is_kept(nobody, clock, settings):
    key = policy.read_key(settings.keys)
    moments = {"at": clock(), "in_force_at": clock() + timedelta(seconds=20)}
    policy.publish(
        "# Privacy\n\nFrom then on.\n", key, role="editor", changes="Said better.", **moments
    )
    clock.forward(seconds=19)
    assert "From then on" not in nobody.get("/privacy").text
    clock.forward(seconds=1)
    assert "From then on" in nobody.get("/privacy").text


@pytest.mark.parametrize(("header", "between"), [("Cache-Tag", ","), ("Surrogate-Key", " ")])
def test_where_a_cache_throws_away_by_tags_a_page_says_which_products_it_shows(
    settings, clock, shirt, plenty, header, between
):
    client = create_app(replace(settings, cache_tags=header), clock).test_client()
    page = client.get(f"/products/{shirt.handle}").headers[header].split(between)
    assert page[0] == f"product-{shirt.handle}"
    listed = client.get("/products").headers[header].split(between)
    assert listed[0] == "lists"
    assert len(listed) == 25
    assert client.get("/privacy").headers[header] == "privacy"
    assert header not in client.get("/cart").headers


def test_without_such_a_cache_no_page_carries_tags(nobody):
    assert "Cache-Tag" not in nobody.get("/products").headers


# Never one person's to another, nor a fragment as a page.


def test_an_etag_that_is_known_is_answered_with_304(nobody):
    page = nobody.get("/")
    for known in (page.headers["ETag"], f'"other", W/{page.headers["ETag"]}', "*"):
        answer = nobody.get("/", headers={"If-None-Match": known})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == page.headers["ETag"]
        assert answer.headers["Cache-Control"] == FOR_ALL
        assert answer.headers["Vary"] == page.headers["Vary"]
    Page.update(title="Other").execute()
    Product.update(title="Renamed").execute()
    stale = nobody.get("/", headers={"If-None-Match": page.headers["ETag"]})
    assert stale.status_code == 200


@pytest.mark.parametrize("url", ["/products", "/products/second-day-merino-t-shirt"])
def test_a_fragment_is_never_stored_and_never_given_for_a_page(nobody, url):
    page = nobody.get(url)
    part = nobody.get(url, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert part.headers["Cache-Control"] == "private, no-store"
    assert "HX-Request" in part.headers["Vary"]
    assert nobody.get(url).data == page.data


@pytest.mark.parametrize("way", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_page_is_a_whole_page_with_the_visitors_own_badge(app, plenty, nobody, way):
    client = app.test_client()
    fill_cart(client, plenty)
    headers = {"HX-Request": "true", way: "true"}
    answer = client.get("/products", headers=headers)
    assert "<html" in answer.text
    assert "Cart <b>2</b>" in answer.text
    assert answer.headers["Cache-Control"].startswith("private")
    assert "<b>2</b>" not in nobody.get("/products", headers=headers).text


@pytest.mark.parametrize("url", ["/cart", "/checkout"])
def test_pages_of_the_visitors_own_are_never_kept(app, plenty, nobody, url):
    client = app.test_client()
    fill_cart(client, plenty)
    theirs, nobodys = client.get(url), nobody.get(url)
    assert plenty.product.title in theirs.text
    assert plenty.product.title not in nobodys.text
    assert theirs.headers["Cache-Control"].startswith("private")
    assert nobodys.headers["Cache-Control"].startswith("private")


def test_a_cart_that_cannot_be_read_is_spoken_of_on_a_page_that_is_kept(nobody):
    nobody.get("/")
    answer = nobody.get("/", headers={"Cookie": "cart=forged.value.here"})
    assert "could not be read" in answer.text
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "could not be read" not in nobody.get("/").text


def test_a_visitor_with_a_session_gets_pages_drawn_for_them(app, nobody):
    nobody.get("/")
    name = app.config["SESSION_COOKIE_NAME"]
    answer = nobody.get("/", headers={"Cookie": f"{name}=whatever"})
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_other_sites_cookies_on_the_same_host_are_overlooked(nobody):
    page = nobody.get("/")
    assert nobody.get("/", headers={"Cookie": "theme=dark; x=y"}).data == page.data


def test_what_the_door_refuses_is_refused_though_the_page_is_kept(nobody):
    assert nobody.get("/", base_url="http://localhost").status_code == 200
    stranger = {"REMOTE_ADDR": "8.8.8.8"}
    assert nobody.get("/", base_url="http://localhost", environ_base=stranger).status_code == 403
    assert nobody.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert nobody.get("/?card_number=1").status_code == 422


def test_every_kept_answer_carries_the_security_headers(nobody):
    first, kept = nobody.get("/"), nobody.get("/")
    assert dict(first.headers) == dict(kept.headers)
    assert "Content-Security-Policy" in kept.headers


def test_head_is_get_without_the_body(nobody):
    page, head = nobody.get("/products"), nobody.head("/products")
    assert head.data == b""
    assert dict(head.headers) == dict(page.headers)


def test_what_is_not_there_is_drawn_with_the_visitors_own_badge(app, plenty, nobody):
    client = app.test_client()
    fill_cart(client, plenty)
    for url in ("/products/nothing-of-the-kind", "/pages/nothing"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert "Cart <b>2</b>" in answer.text
        assert "<b>2</b>" not in nobody.get(url).text


def test_kept_pages_weigh_no_more_than_they_may(nobody, monkeypatch):
    monkeypatch.setattr(kept, "MOST_BYTES", 60_000)
    for n in range(30):
        assert nobody.get(f"/?n={n}").status_code == 200
    assert drawn(nobody, "/?n=29") <= 1, "the last one asked for is kept"
    assert drawn(nobody, "/?n=0") > 1, "the first has gone"


def test_kept_pages_are_weighed_as_they_come_and_go(nobody, front, shirt):
    for n in range(6):
        Product.update(title=f"Edition {n}").where(Product.id == shirt.id).execute()
        for url in PUBLIC * 4:
            nobody.get(url, headers={"Accept-Encoding": "br"})
    front._pages._later.shutdown()
    kept_now = front._pages._pages.values()
    assert front._pages._weight == sum(page.weight for page in kept_now)


def test_a_page_is_kept_for_a_few_counts_of_carts_only(app, nobody, front, monkeypatch):
    monkeypatch.setattr(kept, "MOST_ANSWERS", 5)
    cookie = app.extensions["cart_cookie"]
    for n in range(1, 20):
        header = {"Cookie": f"cart={cookie.written({1: n})}"}
        assert f"Cart <b>{n}</b>" in nobody.get("/", headers=header).text
    (page,) = front._pages._pages.values()
    assert len(page.answers) == 5


@pytest.fixture
def front(app):
    """The front of the app."""
    return app.wsgi_app._plain


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("/products?" + "x" * 60_000, {}),
        ("/products/second-day-merino-t-shirt?option1=" + "x" * 60_000, {}),
        ("/", {"Accept-Encoding": "x" * 60_000}),
    ],
)
def test_what_strangers_make_long_is_answered_and_not_kept(nobody, app, front, url, headers):
    assert nobody.get(url, headers=headers).status_code == 200
    drawn_parts = app.extensions["drawn"]._kept._kept
    assert not any("x" * 1000 in repr(key) for key in [*front._pages._pages, *drawn_parts])


def test_a_far_address_is_refused_over_plain_http_whoever_asked_before(nobody):
    far = {"base_url": "http://localhost", "environ_base": {"REMOTE_ADDR": "203.0.113.5"}}
    near = {"base_url": "http://localhost", "environ_base": {"REMOTE_ADDR": "127.0.0.2"}}
    assert nobody.get("/", **far).status_code == 403
    assert nobody.get("/", **near).status_code == 200
    assert nobody.get("/", **far).status_code == 403


def test_head_has_no_body_wherever_it_leads(app):
    for path in ("/nowhere", "/products/nothing", "/cart"):
        environ = EnvironBuilder(path, method="HEAD", base_url="http://localhost").get_environ()
        assert b"".join(app.wsgi_app(environ, lambda *_: None)) == b"", path


def test_many_visitors_at_once_are_each_given_their_own(app, plenty):
    clients = []
    for n in range(1, 4):
        client = app.test_client()
        client.post("/cart/items", data=item(plenty, n))
        clients.append(client)
    wrong = []

    def look(client, n):
        for _ in range(20):
            for url in ("/", "/products", "/pages/delivery"):
                if f"Cart <b>{n}</b>" not in client.get(url).text:
                    wrong.append((n, url))

    threads = [
        threading.Thread(target=look, args=(client, n)) for n, client in enumerate(clients, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_without_the_page_cache_each_page_is_drawn_anew(settings, clock):
    plain = create_app(replace(settings, page_cache=False), clock).test_client()
    assert drawn(plain, "/") > 0
    assert drawn(plain, "/") > 0
    assert plain.get("/").headers["Cache-Control"] == "private, no-cache"


# Compression


@pytest.mark.parametrize("url", ["/products", "/cart", "/nowhere", "/checkout", "/robots.txt"])
@pytest.mark.parametrize(
    ("accepted", "coding", "open_up"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("*", "br", brotli.decompress),
        ("identity", None, bytes),
        ("br;q=nonsense", None, bytes),
    ],
)
def test_text_comes_in_a_coding_that_is_accepted(nobody, url, accepted, coding, open_up):
    plain = nobody.get(url)
    answer = nobody.get(url, headers={"Accept-Encoding": accepted})
    if len(plain.data) < 400:
        coding, open_up = None, bytes
    assert answer.headers.get("Content-Encoding") == coding
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert _steady(open_up(answer.data)) == _steady(plain.data)
    if coding:
        assert len(answer.data) < len(plain.data) / 2
    assert "Accept-Encoding" in answer.headers.get("Vary", "Accept-Encoding")


def _steady(page: bytes) -> bytes:
    """Without the name that each checkout form gets."""
    return re.sub(rb'name="placement"[^>]*>', b"", page)


def test_a_page_that_is_asked_for_again_and_again_is_pressed_harder(nobody):
    takes = {"Accept-Encoding": "br"}
    first = nobody.get("/products", headers=takes)
    for _ in range(500):
        answer = nobody.get("/products", headers=takes)
        if len(answer.data) < len(first.data):
            break
        time.sleep(0.01)
    assert len(answer.data) < len(first.data)
    assert brotli.decompress(answer.data) == brotli.decompress(first.data)
    assert answer.headers["ETag"] != first.headers["ETag"], "a strong one names the bytes"
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_each_coding_has_an_etag_of_its_own(nobody):
    tags = {
        nobody.get("/", headers={"Accept-Encoding": accepted}).headers["ETag"]
        for accepted in ("br", "gzip", "identity")
    }
    assert len(tags) == 3


def test_drawn_pictures_are_kept_for_everybody(nobody, shirt):
    url = f"/pictures/{shirt.handle}.svg"
    first = nobody.get(url, headers={"Accept-Encoding": "br"})
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["Vary"] == "Accept-Encoding"
    assert first.headers["Content-Security-Policy"] == "default-src 'none'"
    assert drawn(nobody, url) <= 1
    known = {"If-None-Match": first.headers["ETag"], "Accept-Encoding": "br"}
    assert nobody.get(url, headers=known).status_code == 304


# Files


def test_files_are_named_after_their_contents_kept_for_a_year_and_compressed_ahead(nobody, app):
    for name, url in app.extensions["assets"].urls.items():
        stem, _, ending = name.rpartition(".")
        assert re.fullmatch(rf"/static/{stem}-[0-9a-f]{{10}}\.{ending}", url)
        plain = nobody.get(url)
        assert plain.headers["Cache-Control"] == "max-age=31536000, immutable"
        pressed = nobody.get(url, headers={"Accept-Encoding": "br, gzip"})
        assert pressed.headers["Content-Encoding"] == "br"
        assert brotli.decompress(pressed.data) == plain.data
        zipped = nobody.get(url, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(zipped.data) == plain.data
        assert nobody.head(url).data == b""


def test_every_file_a_page_names_is_there(nobody):
    for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', nobody.get("/").text):
        assert nobody.get(url).status_code == 200


def test_a_file_of_an_earlier_version_stays_for_pages_that_caches_still_hold(nobody, settings):
    earlier = settings.instance / "static" / "htmx-0123456789.js"
    for ending in ("", ".br", ".gz"):
        earlier.with_name(earlier.name + ending).write_bytes(b"old")
    assert nobody.get("/static/htmx-0123456789.js").data == b"old"


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "../secrets.json", "..%2fsecrets.json", "style.css", "", "a/../b.js", "x.br"],
)
def test_nothing_but_the_shops_files_is_given_out(nobody, path):
    assert nobody.get(f"/static/{path}").status_code == 404


def test_files_are_made_anew_when_somebody_cleared_them_away(settings, clock):
    create_app(settings, clock)
    for path in (settings.instance / "static").iterdir():
        path.unlink()
    client = create_app(settings, clock).test_client()
    for url in re.findall(r'"(/static/[^"]+)"', client.get("/").text):
        assert client.get(url).status_code == 200
