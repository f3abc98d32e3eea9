"""The listing, and a page for each product."""

import pytest
from playhouse.test_utils import count_queries

from storefront.generate import generate, generate_testimonials
from storefront.models import Product, Variant
from storefront.models.collection_filling import keep_up
from storefront.models.facet import Shelving
from tests.sales import sold


def test_the_listing_shows_what_is_on_sale_and_nothing_else(client, shirt):
    assert "Broad Noon Sun Hat" in client.get("/products?type=Hats").text
    hat = Product.get(Product.handle == "broad-noon-sun-hat")
    hat.status = "draft"
    with Shelving() as shelving:
        shelving.put(hat, hat.in_order())
    hat.save()
    assert "Broad Noon Sun Hat" not in client.get("/products?type=Hats").text
    assert shirt.title in client.get(f"/products?type={shirt.type}").text
    assert client.get("/products/broad-noon-sun-hat").status_code == 404


def test_an_empty_shop_says_so(client):
    Product.delete().execute()
    assert "shelves are still empty" in client.get("/products").text
    assert "shelves are still empty" in client.get("/").text


@pytest.fixture
def many(shirt):
    generate(60, "USD", shirt.made_at)


@pytest.fixture
def pages(many):
    """How many pages of 24 all products fill."""
    return -(-Product.on_sale().count() // 24)


def test_many_products_come_in_pages(client, pages):
    first, last = client.get("/products").text, client.get(f"/products?page={pages}").text
    assert first.count('class="card"') == 24
    assert f"Page 1 of {pages}" in first
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert last.count('class="card"') == Product.on_sale().count() - 24 * (pages - 1)
    assert 'rel="next"' not in last


@pytest.mark.parametrize("page", ["99", "1000000000", "9" * 50, "0", "-1", "two", "1.0", "²"])
def test_a_page_that_is_not_there_is_404_in_words(client, pages, page):
    answer = client.get("/products", query_string={"page": page})
    assert answer.status_code == 404
    assert f"There are only {pages} pages" in answer.text or "numbered from 1" in answer.text


def test_a_handle_that_is_not_there_is_404_in_words(client):
    answer = client.get("/products/no-such-thing")
    assert answer.status_code == 404
    assert "We do not sell this" in answer.text


def test_a_page_has_one_form_with_real_radio_buttons(client, shirt):
    page = client.get(f"/products/{shirt.handle}").text
    assert page.count('action="/cart/items"') == 1
    assert page.count("<fieldset") == len(shirt.options)
    assert page.count("<legend>") == len(shirt.options)
    assert 'name="quantity"' in page


def test_the_first_choice_is_one_that_can_be_bought(client, shirt):
    page = client.get(f"/products/{shirt.handle}").text
    assert "In stock" in page or "Only" in page


def test_what_is_sold_out_is_struck_through_and_said(client, shirt):
    gone = next(variant for variant in shirt.in_order() if variant.left == 0)
    options = {f"option{n + 1}": value for n, value in enumerate(gone.choice)}
    page = client.get(f"/products/{shirt.handle}", query_string=options).text
    assert f"<s>{gone.choice[1]}</s>" in page
    assert "Sold out" in page


def test_price_and_stock_follow_the_choice(visitor, shirt):
    variant = shirt.in_order()[-1]
    Variant.update(price_minor=12345, stock=3).where(Variant.id == variant.id).execute()
    options = {f"option{n + 1}": value for n, value in enumerate(variant.choice)}
    answer = visitor.get(f"/products/{shirt.handle}", query_string=options)
    assert "$123.45" in answer.text
    assert "Only 3 left" in answer.text
    assert ("<html" in answer.text) is not visitor.fragments
    assert answer.headers["Vary"] == "Accept-Encoding,Cookie,HX-Request,HX-Boosted"


def test_a_choice_that_does_not_exist_is_made_up_for(client, shirt):
    answer = client.get(f"/products/{shirt.handle}", query_string={"option1": "XXXXL"})
    assert answer.status_code == 200


def test_a_combination_that_is_not_made_is_said_and_not_sold(client, shirt, plenty):
    Variant.delete().where(Variant.id == plenty.id).execute()
    options = {f"option{n + 1}": value for n, value in enumerate(plenty.choice)}
    page = client.get(f"/products/{shirt.handle}", query_string=options)
    assert "Not made in this combination" in page.text
    put = client.post("/cart/items", data={"product": shirt.handle, "quantity": "1"} | options)
    assert put.status_code == 422
    assert "not made" in put.text


def test_an_untracked_variant_and_one_sold_on_are_in_stock(client, shirt):
    Variant.update(stock=0, oversell=True).where(Variant.product == shirt).execute()
    assert "In stock" in client.get(f"/products/{shirt.handle}").text
    Variant.update(oversell=False, tracked=False).where(Variant.product == shirt).execute()
    assert "In stock" in client.get(f"/products/{shirt.handle}").text


def queries(client, url: str) -> int:
    """How many it takes to draw a page, for somebody whose page is not kept.

    The edition is not counted, for which PostgreSQL is asked before each page, drawn or kept.
    """
    name = client.application.config["SESSION_COOKIE_NAME"]
    client.set_cookie(name, "x")
    client.get(url)
    with count_queries() as counted:
        assert client.get(url).headers["Cache-Control"] == "private, no-cache"
    return len([query for query in counted.get_queries() if '"edition"' not in query.msg[0]])


def test_a_product_page_takes_four_queries_at_most(client, shirt):
    assert queries(client, f"/products/{shirt.handle}") <= 4


def test_it_takes_a_fifth_with_testimonials_and_no_more_with_many_of_them(client, shirt):
    page, counts = f"/products/{shirt.handle}", []
    for more in (10, 990):
        generate_testimonials(more, shirt.made_at, [shirt])
        lists = [f"{page}/testimonials", f"{page}/testimonials?sort=helpful", "/testimonials"]
        counts.append([queries(client, url) for url in (page, *lists)])
    assert counts[0] == counts[1]
    assert counts[0][0] <= 5
    assert max(counts[0][1:]) <= 3


def test_titles_from_a_file_are_text_and_not_markup(client, shirt):
    Product.update(title="<script>alert(1)</script>").where(Product.id == shirt.id).execute()
    for url in ("/", "/products", f"/products/{shirt.handle}"):
        assert "<script>alert" not in client.get(url).text


def test_pictures_are_drawn_and_kept_by_browsers(client, shirt):
    picture = client.get(f"/pictures/{shirt.handle}.svg", query_string={"colour": "Moss"})
    assert picture.mimetype == "image/svg+xml"
    assert len(picture.data) < 3000
    again = client.get(
        f"/pictures/{shirt.handle}.svg",
        query_string={"colour": "Moss"},
        headers={"If-None-Match": picture.headers["ETag"]},
    )
    assert again.status_code == 304
    assert client.get("/pictures/no-such-thing.svg").status_code == 404


def test_what_was_bought_with_it_is_shown_and_why_with_no_more_queries(client, shirt, clock):
    page = client.get(f"/products/{shirt.handle}").text
    assert "Often bought together" not in page
    assert "Chosen by what they share" in page
    other = Product.get(Product.handle == "broad-noon-sun-hat")
    sold([shirt, other], 10, clock())
    keep_up(clock())
    page = client.get(f"/products/{shirt.handle}").text
    section = page.partition('<section aria-labelledby="bought"')[2].partition("</section>")[0]
    assert 'aria-describedby="why-bought" title="Bought together in 10 or more orders."' in section
    assert '<p class="quiet" id="why-bought">Bought together in 10 or more orders.</p>' in section
    assert other.title in section
    assert "Chosen by what they share" in page, "one is too few to be all that is shown"
    assert queries(client, f"/products/{shirt.handle}") <= 4
