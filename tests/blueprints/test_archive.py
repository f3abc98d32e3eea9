"""Issues for everybody: the archive, each page, the feed, the map of the site, the count."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from playhouse.test_utils import count_queries

from storefront import view_counts
from storefront.app import create_app
from storefront.blueprints.insider.archive import PER_PAGE
from storefront.models import InsiderIssue, Product
from tests.issues import TEXT, begun, drafted

ATOM = "{http://www.w3.org/2005/Atom}"
PAGE = "/insider/archive/autumn-coats"


@pytest.fixture
def issue(app, clock) -> InsiderIssue:
    return begun(clock())


def test_nothing_is_public_before_it_goes_out(client, clock):
    assert "None was sent yet." in client.get("/insider/archive").text
    drafted(clock()).schedule(clock(), clock())
    assert client.get(PAGE).status_code == 404
    assert "Autumn coats" not in client.get("/insider/archive").text
    InsiderIssue.begin_due(clock())
    assert client.get(PAGE).status_code == 200
    assert PAGE in client.get("/insider/archive").text


def test_an_issue_is_read_by_everybody_with_its_products_as_they_are_now(client, issue):
    page = client.get(PAGE)
    assert "s-maxage" in page.headers["Cache-Control"] or "public" in page.headers["Cache-Control"]
    assert "<em>rain</em>" in page.text
    assert "/products/second-day-merino-t-shirt" in page.text
    Product.update(title="A finer T-shirt").where(Product.handle.contains("merino-t")).execute()
    assert "A finer T-shirt" in client.get(PAGE).text
    Product.update(published=False).execute()
    assert "second-day-merino-t-shirt: no longer in the shop." in client.get(PAGE).text


def test_a_text_that_means_harm_does_none(client, clock):
    harm = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/y.gif)"
    begun(clock(), text=harm, title="<b>Bold</b>")
    for path in (PAGE, "/insider/archive"):
        text = client.get(path).text
        assert "<b>Bold" not in text
        assert "<script>alert" not in text
        assert 'href="javascript' not in text
        assert "evil.example/y.gif" not in text


def test_the_feed_is_what_atom_asks_for(client, settings, clock):
    assert client.get("/insider/archive.atom").status_code == 200, "of none, too"
    begun(clock(), title="Coats & <rain>")
    clock.forward(days=1)
    begun(clock(), slug="second", title="Second", text="Only words\x0c.")
    answer = client.get("/insider/archive.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.data)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Second", "Coats & <rain>"]
    assert feed.find(f"{ATOM}updated").text == clock().isoformat()
    for one in (feed, *entries):
        assert one.find(f"{ATOM}id").text.startswith("urn:uuid:")
    content = entries[1].find(f"{ATOM}content")
    assert content.get("type") == "html"
    assert f"{settings.shop_origin}/products/second-day-merino-t-shirt" in content.text
    links = [link.get("href") for link in entries[1].findall(f"{ATOM}link")]
    assert links == [f"{settings.shop_origin}{PAGE}"]


def test_the_archive_has_pages(client, clock):
    for n in range(PER_PAGE + 1):
        begun(clock(), slug=f"issue-{n}", title=f"Number {n}.")
        clock.forward(minutes=1)
    first, second = (client.get(f"/insider/archive?page={n}").text for n in (1, 2))
    assert f"Number {PER_PAGE}." in first
    assert "Number 0." not in first
    assert "Number 0." in second
    assert "There are no more." in client.get("/insider/archive?page=3").text
    assert client.get("/insider/archive?page=0").status_code == 404


def test_search_engines_find_it(client, issue, settings):
    listed = client.get("/sitemaps/pages.xml").text
    assert f"<loc>{settings.shop_origin}{PAGE}</loc>" in listed
    assert f"<loc>{settings.shop_origin}/insider/archive</loc>" in listed


def test_views_are_counted_kept_or_not_and_nothing_else_is_known(client, issue):
    for _ in range(3):
        etag = client.get(PAGE).headers["ETag"]
    assert client.get(PAGE, headers={"If-None-Match": etag}).status_code == 304
    client.head(PAGE)
    client.get("/insider/archive/no-such-issue")
    client.get("/insider/archive")
    assert dict(view_counts._issues) == {"autumn-coats": 4}
    view_counts.write_down()
    view_counts.write_down()
    assert InsiderIssue.get().views == 4


def test_who_asks_not_to_be_tracked_is_in_no_count_of_an_issue(client, issue):
    client.get(PAGE, headers={"Sec-GPC": "1"})
    client.get(PAGE, headers={"DNT": "1"})
    assert not view_counts._issues


def test_a_page_of_the_archive_asks_little(settings, clock):
    client = create_app(replace(settings, page_cache=False), clock).test_client()
    begun(clock(), text=TEXT * 3)
    client.get(PAGE)
    with count_queries() as counted:
        assert client.get(PAGE).status_code == 200
    asked = [q.msg[0] for q in counted.get_queries() if q.msg[0].startswith("SELECT")]
    assert len([sql for sql in asked if '"product"' in sql]) == 1
    assert len([sql for sql in asked if '"insider_issue"' in sql]) == 1
