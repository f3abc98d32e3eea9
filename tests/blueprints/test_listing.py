"""Lists of products: narrowing, searching, ordering, turning pages; each state has an address."""

import json
import re
import xml.etree.ElementTree as tree

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database
from storefront.generate import generate
from storefront.listing import order as listing_order
from storefront.models import Collection, Product, Redirect, Word, search, stock
from storefront.models.facet import Shelving


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="name">([^<]*)</span>', page)


def test_choosing_values_of_one_facet_widens_and_of_two_narrows(client):
    jackets = titles(client.get("/products?type=Jackets").text)
    hats = titles(client.get("/products?type=Hats").text)
    both = titles(client.get("/products?type=Jackets&type=Hats").text)
    assert set(both) == set(jackets) | set(hats)
    waterproof = client.get("/search?q=waterproof&type=Jackets&option-size=M").text
    assert 0 < len(titles(waterproof)) < len(jackets)


def count_of(page: str, facet: str, value: str) -> int:
    found = re.search(rf'name="{facet}" value="{value}".*?<small>(\d+)</small>', page, re.DOTALL)
    return int(found[1]) if found else 0


def test_a_facets_own_choice_does_not_shrink_it_and_every_count_comes_true(client):
    page = client.get("/products?type=Jackets").text
    assert count_of(page, "type", "Hats") > 0
    for value in ("S", "M", "L"):
        expected = count_of(page, "option-size", value)
        narrowed = client.get(f"/products?type=Jackets&option-size={value}").text
        assert expected == len(titles(narrowed)) > 0
    assert count_of(page, "type", "Hats") == len(titles(client.get("/products?type=Hats").text))


def test_what_is_in_stock_can_be_asked_for_and_a_sale_that_empties_shows_at_once(client, shirt):
    before = count_of(client.get("/products").text, "stock", "in stock")
    assert 0 < before < Product.on_sale().count()
    with database.atomic():
        stock.take({variant.id: variant.left for variant in shirt.in_order() if variant.left})
    assert count_of(client.get("/products").text, "stock", "in stock") == before - 1


def test_a_waterproof_jacket_in_m_under_150_is_found(client):
    page = client.get(
        "/search?q=waterproof+jacket&option-size=M&price=50-100&price=100-150&stock=in+stock"
    ).text
    assert "Curbside Waterproof Jacket" in titles(page)


@pytest.mark.parametrize(
    "query", ["watrproof", "Waterprof", "WATERPROOF", "waterpr", "  waterproof  ", "wäterproof"]
)
def test_a_search_forgives_slips_and_takes_beginnings(client, query):
    page = client.get("/search", query_string={"q": query}).text
    assert any("Waterproof" in title for title in titles(page)), query


def test_a_forgiven_search_says_what_it_looked_for(client):
    page = client.get("/search?q=watrproof+jaket").text
    assert "waterproof jacket" in page
    assert titles(page)


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "x" * 10_000,
        '" qqqq 1=1 --',
        "AND OR NOT NEAR(",
        "* ^ : ( ) { }",
        "''",
        "%_",
        "🧥",
        "\\",
    ],
)
def test_a_search_for_odd_things_is_answered_in_words(client, query):
    answer = client.get("/search", query_string={"q": query})
    assert answer.status_code == 200
    said = ("Nothing we have is all of that", "Type what you are looking for")
    assert titles(answer.text) or any(words in answer.text for words in said)


def test_a_facet_that_does_not_exist_is_said_and_left_out(client):
    page = client.get("/products?flavour=mint&option-size=M&option-size=Huge").text
    assert "flavour: mint" in page
    assert "option-size: Huge" in page
    assert titles(page) == titles(client.get("/products?option-size=M").text)


@pytest.mark.parametrize("order", ["price", "price-down", "title", "new"])
def test_lists_can_be_ordered(client, order):
    page = client.get(f"/products?sort={order}").text
    products = list(Product.on_sale())
    keys = {
        "price": lambda p: (p.price_from, p.id),
        "price-down": lambda p: (-p.price_from, -p.id),
        "title": lambda p: (p.title, p.id),
        "new": lambda p: -p.id,
    }
    expected = [p.title for p in sorted(products, key=keys[order])][:24]
    assert titles(page) == expected


@pytest.mark.parametrize("order", ["price", "price-down", "title"])
def test_in_a_large_catalogue_the_index_is_walked_to_the_same_pages(
    client, clock, monkeypatch, order
):
    generate(150, "USD", clock())
    urls = [f"/products?option-size=M&sort={order}&page={page}" for page in (1, 2, 3)]
    sorted_by_the_database = [titles(client.get(url).text) for url in urls]
    monkeypatch.setattr(listing_order, "SMALL", 5)
    assert [titles(client.get(url).text) for url in urls] == sorted_by_the_database
    assert len({title for page in sorted_by_the_database for title in page}) > 60
    with count_queries() as counted:
        client.get(urls[2])
    assert counted.count <= 4


def test_htmx_gets_facets_and_grid_alone_and_the_state_is_its_address(client):
    page = client.get("/products?type=Hats", headers={"HX-Request": "true"})
    assert page.text.lstrip().startswith('<div id="results"')
    assert "<html" not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_a_collection_shows_its_products_in_its_order(client):
    page = client.get("/collections/rain-ready")
    assert page.status_code == 200
    held = Collection.get(Collection.slug == "rain-ready")
    names = {p.id: p.title for p in Product.select()}
    assert titles(page.text) == [names[n] for n in held.product_ids()][:24]
    assert client.get("/collections/nothing").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/products",
        "/products?type=Jackets&sort=price",
        "/search?q=jacket",
        "/collections/rain-ready",
    ],
)
def test_a_list_costs_four_queries_at_most(client, url):
    client.get(url)
    with count_queries() as counted:
        assert titles(client.get(url).text)
    assert counted.count <= 4


def test_a_price_that_changes_shows_in_facets_at_once(client):
    hat = Product.get(Product.handle == "broad-noon-sun-hat")
    before = count_of(client.get("/products").text, "price", "250-")
    variants = hat.in_order()
    for variant in variants:
        variant.price_minor = 99900
        variant.save()
    for name, value in hat.summary(variants).items():
        setattr(hat, name, value)
    with Shelving() as shelving:
        shelving.put(hat, variants)
    hat.save()
    assert count_of(client.get("/products").text, "price", "250-") == before + 1


def test_pages_feeds_and_maps_for_machines(client):
    for url in ("/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/0.xml", "/feeds/google.xml"):
        answer = client.get(url)
        assert answer.status_code == 200, url
        tree.fromstring(answer.data)
    assert "Sitemap: http://localhost:8000/sitemap.xml" in client.get("/robots.txt").text
    assert "<g:price>" in client.get("/feeds/google.xml").text
    assert "/products/broad-noon-sun-hat" in client.get("/sitemaps/0.xml").text


@pytest.mark.parametrize("slug", ["delivery", "returns", "terms", "contact"])
def test_the_shops_own_pages(client, slug):
    assert f'href="/pages/{slug}"' in client.get("/").text
    assert "<h1>" in client.get(f"/pages/{slug}").text


def test_a_handle_that_changed_leads_on(client, shirt):
    Redirect.rename(shirt, "merino-shirt")
    answer = client.get("/products/second-day-merino-t-shirt")
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith("/products/merino-shirt")
    assert client.get("/products/merino-shirt").status_code == 200
    Redirect.rename(shirt, "second-day-merino-t-shirt")
    assert client.get("/products/second-day-merino-t-shirt").status_code == 200


def test_machines_read_prices_and_stock_of_every_variant(client, shirt):
    page = client.get(f"/products/{shirt.handle}").text
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["@type"] == "ProductGroup"
    assert len(data["hasVariant"]) == len(shirt.in_order())
    offer = data["hasVariant"][0]["offers"]
    assert offer["price"] == "62.00"
    assert offer["priceCurrency"] == "USD"
    assert offer["availability"].startswith("https://schema.org/")


def test_products_that_are_only_shown_cannot_be_bought(client, shirt):
    Product.update(kind="external", external_url="https://maker.example/x").where(
        Product.id == shirt.id
    ).execute()
    page = client.get(f"/products/{shirt.handle}").text
    assert "Add to cart" not in page
    assert 'href="https://maker.example/x"' in page
    choice = {"option1": "L", "option2": "Navy", "quantity": "1", "product": shirt.handle}
    assert client.post("/cart/items", data=choice).status_code == 422


def test_a_group_without_variants_is_shown_without_a_price_or_a_way_to_buy(client, shirt, clock):
    group = Product.create(
        handle="travel-set",
        title="Travel Set",
        type=shirt.type,
        kind="grouped",
        currency="USD",
        made_at=clock(),
        changed_at=clock(),
    )
    with Shelving() as shelving:
        shelving.put(group, [])
    group.save()
    page = client.get("/products/travel-set").text
    assert "its parts are sold one by one" in page
    assert "Not made in this combination" not in page
    listed = client.get(f"/products?type={shirt.type}").text
    card = listed.split("Travel Set")[1].split("</li>")[0]
    assert "$" not in card
    assert "Free" not in card
    assert "sold out" not in card


def test_a_word_of_a_description_is_found_though_a_title_has_a_longer_one(client, shirt):
    others = list(Product.on_sale().where(Product.id != shirt.id).limit(2))
    others[0].title, others[1].description = "Wooderson Belt", "<p>Made of wooder.</p>"
    for product in others:
        product.save()
        Word.learn(search.index(product, product.in_order()))
    found = titles(client.get("/search?q=wooder").text)
    assert set(found) == {"Wooderson Belt", others[1].title}


def test_options_written_in_several_ways_are_one_facet_and_signs_have_their_own(client, shirt):
    hat = Product.get(Product.handle == "broad-noon-sun-hat")
    for product, options in ((shirt, ["SIZE ", "\N{BLACK STAR}"]), (hat, ["size", "☆"])):
        variants = product.in_order()
        product.options = options[: len(product.options)]
        with Shelving() as shelving:
            shelving.put(product, variants)
        product.save()
    page = client.get("/products").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    size = shirt.in_order()[0].choice[0]
    narrowed = client.get("/products", query_string={"option-size": size, "type": shirt.type}).text
    assert "We do not know" not in narrowed
    assert shirt.title in titles(narrowed)


def test_words_asked_of_a_list_that_is_no_search_are_not_carried_on(client):
    assert "q=jacket" not in client.get("/products?q=jacket&type=Hats").text


def test_every_list_says_why_it_is_shown(client, shirt):
    lists = {
        "/products": "Newest first.",
        "/products?sort=price": "Lowest price first.",
        "/search?q=merino": "Best match first.",
        "/collections/rain-ready": "Chosen by us by hand.",
        "/collections/rain-ready?sort=title": "Chosen by us by hand. By name.",
    }
    for url, words in lists.items():
        page = client.get(url).text
        assert f'<ul class="grid" title="{words.strip()}">' in page, url
        assert f". {words}" in page, "and for those who have no pointer"
    assert 'title="' not in client.get("/search?q=qqqqqq").text.partition("<main")[2]
