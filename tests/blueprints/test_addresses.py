"""Breadcrumbs, canonical addresses, collections that have moved, and pages that are not there."""

import json
import re
from dataclasses import replace

import pytest
from playhouse.test_utils import count_queries

from storefront.app import create_app
from storefront.db import database
from storefront.door import limiter
from storefront.models import Collection, Product


def machines_read(page: str, kind: str) -> dict:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    return next(data for data in map(json.loads, found) if data["@type"] == kind)


def canonical(page: str) -> str | None:
    found = re.search(r'<link rel="canonical" href="([^"]*)">', page)
    return found and found[1]


def crumbs(page: str) -> list[str]:
    part = re.search(r'aria-label="Breadcrumb">(.*?)</nav>', page)
    return re.findall(r">([^<]+)</a>", part[1]) if part else []


def test_a_product_stands_below_its_type_for_people_and_machines(client, settings, shirt):
    page = client.get(f"/products/{shirt.handle}").text
    assert crumbs(page) == ["Products", shirt.type]
    steps = machines_read(page, "BreadcrumbList")["itemListElement"]
    assert [step["name"] for step in steps] == ["Products", shirt.type, shirt.title]
    assert [step["position"] for step in steps] == [1, 2, 3]
    for step in steps[:2]:
        assert client.get(step["item"].removeprefix(settings.shop_origin)).status_code == 200
    assert "item" not in steps[2]


def test_a_product_without_a_type_stands_below_all_products(client, shirt):
    Product.update(type="").where(Product.id == shirt.id).execute()
    page = client.get(f"/products/{shirt.handle}").text
    assert crumbs(page) == ["Products"]
    assert len(machines_read(page, "BreadcrumbList")["itemListElement"]) == 2


def test_collections_and_searches_stand_below_all_products(client):
    held = Collection.select().first()
    page = client.get(f"/collections/{held.slug}").text
    assert crumbs(page) == crumbs(client.get("/search?q=shirt").text) == ["Products"]
    steps = machines_read(page, "BreadcrumbList")["itemListElement"]
    assert [step["name"] for step in steps] == ["Products", held.title]
    assert crumbs(client.get("/products").text) == []


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/", "/"),
        ("/products?utm_source=x", "/products"),
        ("/products?page=2&x=1", "/products?page=2"),
        ("/products?type=Jackets", None),
        ("/products?sort=price", None),
        ("/products/broad-noon-sun-hat?option1=M&x=1", "/products/broad-noon-sun-hat"),
        ("/collections/rain-ready?x=1", "/collections/rain-ready"),
        ("/collections/rain-ready?stock=in+stock", None),
        ("/search?q=shirt", None),
        ("/pages/terms?x=1", "/pages/terms"),
        ("/testimonials?x=1", "/testimonials"),
        ("/insider/archive?x=1", "/insider/archive"),
        ("/contests?x=1", "/contests"),
        ("/privacy?x=1", "/privacy"),
        ("/insider?x=1", "/insider"),
    ],
)
def test_every_public_page_names_its_own_address_or_is_not_to_be_listed(
    client, settings, address, own
):
    page = client.get(address).text
    if own is None:
        assert 'content="noindex, follow"' in page
    assert canonical(page) == (own and settings.shop_origin + own)


def test_a_collection_that_was_renamed_is_found_where_it_was_with_its_filters(client):
    held = Collection.get(Collection.slug == "rain-ready")
    facts = {"title": held.title, "slug": "for-rain", "words": held.words}
    Collection.edit(held.id, held.version, facts)
    answer = client.get("/collections/rain-ready?type=Jackets&page=1")
    assert answer.status_code == 301
    assert answer.location.endswith("/collections/for-rain?type=Jackets&page=1")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get(answer.location).status_code == 200
    client.post("/trail", headers={"Referer": "http://localhost/collections/rain-ready"})
    first = Product.get_by_id(held.product_ids()[0])
    assert 'href="/collections/for-rain">← Back to' in client.get(f"/products/{first.handle}").text


# Pages that are not there


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("/products/merino-t-shrit", "merino shirt"),
        ("/products/second-day-merino-t-shirt-old", "second-day-merino-t-shirt"),
        ("/product/waterproof-jaket.html", "Waterproof Jacket"),
        ("/waterproof-jacket", "Waterproof Jacket"),
        ("/collections/jackets", "Jacket"),
    ],
)
def test_an_address_with_a_slip_in_it_offers_what_was_meant(client, address, offered):
    with count_queries() as counted:
        answer = client.get(address)
    assert answer.status_code == 404
    assert "Perhaps you meant" in answer.text
    assert offered.lower() in answer.text.lower()
    assert 'name="robots" content="noindex"' in answer.text
    assert 'role="search"' in answer.text
    assert counted.count <= 16


@pytest.mark.parametrize(
    "address",
    [
        *("/wp-login.php", "/.env", "/a/b/c/jacket", "/products/12345", "/desk-of/jackets"),
        *("/products/" + "jacket-" * 30, "/products/%F0%9F%A7%A5"),
    ],
)
def test_what_nobody_typed_costs_nothing(client, address):
    with count_queries() as counted:
        answer = client.get(address)
    assert answer.status_code == 404
    assert "Perhaps you meant" not in answer.text
    assert counted.count <= 4


def test_nothing_that_stands_in_an_address_is_markup(client):
    answer = client.get('/products/"><script>alert(1)</script>jaket')
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "alert(1)" not in answer.text


def test_words_that_nothing_is_called_are_in_the_search_field_and_no_more(client):
    page = client.get("/products/zzyzzx-qqfhg").text
    assert 'value="zzyzzx qqfhg"' in page
    assert "Perhaps you meant" not in page
    assert "Or look at" in page


def test_a_flood_of_wrong_addresses_is_answered_without_looking_anything_up(settings, clock):
    client = create_app(replace(settings, limits=True), clock).test_client()
    try:
        pages = [client.get(f"/products/merino-{n}x").text for n in range(22)]
        assert ["Perhaps" in page for page in pages] == [True] * 20 + [False] * 2
        assert "Search our products" in pages[-1]
    finally:
        limiter.reset()
        limiter.enabled = False


def test_the_page_is_there_when_the_words_cannot_be_looked_up(client):
    database.execute_sql("ALTER TABLE word RENAME TO lost")
    answer = client.get("/merino-jaket")
    assert answer.status_code == 404
    assert "This page is not here" in answer.text


def test_fragments_are_told_in_a_sentence(client):
    answer = client.get("/products/merino-jaket", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "Perhaps" not in answer.text
    assert answer.text.startswith("<p")
