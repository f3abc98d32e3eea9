"""The desk's collections, and how the public pages show them at once."""

import re

import pytest

from storefront.generate import generate
from storefront.models import Collection, Product


@pytest.fixture
def held(settings) -> Collection:
    return Collection.make("For cold feet", "cold-feet", "Wool, mostly.")


def after(at_work, answer) -> str:
    return at_work.get(answer.location).text if answer.status_code == 303 else answer.text


def test_a_collection_is_made_and_its_page_is_there(at_work, client):
    form = {"title": "For cold feet", "slug": "cold-feet", "words": "Wool, mostly."}
    answer = at_work.post("/desk/collections", form)
    assert answer.status_code in (303, 204)
    assert "Wool, mostly." in client.get("/collections/cold-feet").text
    answer = at_work.post("/desk/collections", form)
    assert answer.status_code == 422
    assert "Another collection has this handle." in answer.text
    assert 'value="Wool, mostly."' in answer.text
    answer = at_work.post("/desk/collections", form | {"slug": "Cold Feet", "title": ""})
    assert "small letters and digits" in answer.text
    assert "Please give it a title." in answer.text


def test_products_are_found_put_in_arranged_and_taken_out(at_work, held, shirt, client):
    url = f"/desk/collections/{held.id}"
    other = Product.select().where(Product.status == "active", Product.id != shirt.id).first()
    assert "Nothing is in it yet" in at_work.get(url).text
    page = at_work.get(url, query_string={"q": "merino"}).text
    assert f'name="product" value="{shirt.id}"' in page
    for product in (shirt, other):
        answer = at_work.post(f"{url}/items", {"product": product.id, "q": "merino"})
        assert "Added at the end." in after(at_work, answer)
    page = client.get("/collections/cold-feet").text
    assert page.index(shirt.handle) < page.index(other.handle)
    answer = at_work.post(f"{url}/items/{other.id}/place", {"place": "0"})
    assert "Moved." in after(at_work, answer)
    page = client.get("/collections/cold-feet").text
    assert page.index(other.handle) < page.index(shirt.handle)
    answer = at_work.post(f"{url}/items/{shirt.id}/removal", {})
    assert "Taken out" in after(at_work, answer)
    assert shirt.handle not in client.get("/collections/cold-feet").text


def test_what_went_meanwhile_is_refused_in_words(at_work, held, shirt):
    url = f"/desk/collections/{held.id}"
    assert at_work.post(f"{url}/items", {"product": "1073741824"}).status_code == 422
    for odd in ("shoes", "99999999999999999999", "-1", ""):
        assert at_work.post(f"{url}/items", {"product": odd}).status_code == 422
        assert at_work.post(f"{url}/items/{shirt.id}/place", {"place": odd}).status_code == 422
    answer = at_work.post(f"{url}/items/{shirt.id}/place", {"place": "0"})
    assert answer.status_code == 422
    assert "taken out" in answer.text
    gone = "/desk/collections/1073741824"
    assert at_work.get(gone).status_code == 404
    for url in ("", "/items", "/items/1/place", "/items/1/removal"):
        form = {"title": "A", "slug": "a", "words": "", "product": "1", "place": "0"}
        assert at_work.post(f"{gone}{url}", form).status_code == 404
    for url in ("/place", "/removal"):
        answer = at_work.post(f"{gone}{url}", {"to": "up"})
        assert answer.status_code == 422
        assert "removed meanwhile" in answer.text


def test_its_words_are_changed_and_of_two_editors_the_second_is_told(at_work, held, client):
    url = f"/desk/collections/{held.id}"
    form = {"title": "Warm feet", "slug": "warm-feet", "words": "", "seen": held.version}
    assert "Saved." in after(at_work, at_work.post(url, form))
    assert "Warm feet" in client.get("/collections/warm-feet").text
    moved = client.get("/collections/cold-feet")
    assert (moved.status_code, moved.location) == (301, "http://localhost/collections/warm-feet")
    answer = at_work.post(url, form | {"title": "Hot feet"})
    assert answer.status_code == 422
    assert "Somebody else has saved" in answer.text
    assert 'value="Hot feet"' in answer.text
    seen = re.search(r'name="seen" value="(\w+)"', answer.text)[1]
    at_work.post(url, form | {"title": "Hot feet", "seen": seen})
    assert Collection.get_by_id(held.id).title == "Hot feet"


def test_collections_are_arranged_and_removed(at_work, held, client):
    answer = at_work.post(f"/desk/collections/{held.id}/place", {"to": "up"})
    assert "Moved." in after(at_work, answer)
    assert Collection.in_order()[-1] != held
    bad = at_work.post(f"/desk/collections/{held.id}/place", {"to": "sideways"})
    assert bad.status_code == 400
    answer = at_work.post(f"/desk/collections/{held.id}/removal", {})
    assert "The collection was removed." in after(at_work, answer)
    assert client.get("/collections/cold-feet").status_code == 404


def test_a_shop_without_collections_says_so(at_work):
    Collection.delete().execute()
    assert "There are none yet." in at_work.get("/desk/collections").text


def test_a_collection_of_very_many_products_is_shown_in_pages(at_work, held, clock):
    generate(60, "USD", clock())
    held.hold([p.handle for p in Product.select().where(Product.handle.startswith("generated-"))])
    url = f"/desk/collections/{held.id}"
    page = at_work.get(url).text
    assert page.count("Take out") == 50
    assert f'href="{url}?page=2"' in page
    last = held.product_ids()[-1]
    page = after(at_work, at_work.post(f"{url}/items/{last}/place?page=2", {"place": "58"}))
    assert page.count("Take out") == 10, "who moves one stays on its page"
    assert held.product_ids()[-2] == last
