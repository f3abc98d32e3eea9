"""The project's own demo: a catalogue, collections and pages that a shop could open with."""

import json
import re
from pathlib import Path

import pytest

from storefront.exchange.shopify import read
from storefront.garments import SILHOUETTES
from storefront.pictures import QUIET, draw, garment_of, tint

DEMO = Path(__file__).parents[2] / "storefront" / "demo"
PAGES = ("contact", "delivery", "returns", "terms")


@pytest.fixture(scope="module")
def goods():
    return list(read(DEMO / "catalogue.csv", decimals=2))


@pytest.fixture(scope="module")
def variants(goods):
    return [variant for product in goods for variant in product.variants]


@pytest.fixture(scope="module")
def collections():
    return json.loads((DEMO / "collections.json").read_text(encoding="utf-8"))


def colours_of(product):
    place = product.options.index("Colour") if "Colour" in product.options else None
    return {variant.choice[place] for variant in product.variants} if place is not None else set()


def test_it_has_forty_products_in_several_hundred_variants(goods, variants):
    assert len(goods) == 40
    assert 400 <= len(variants) <= 500
    assert len({product.type for product in goods}) >= 12
    assert len({product.vendor for product in goods}) == 3


def test_it_shows_products_with_every_number_of_options(goods):
    assert {len(product.options) for product in goods} == {0, 1, 2, 3}


def test_a_waterproof_jacket_in_m_under_150_can_be_had(goods):
    jackets = [p for p in goods if p.type == "Jackets" and "waterproof" in p.tags]
    assert len(jackets) >= 3
    assert any(
        "M" in variant.choice and variant.price_minor < 15000 and variant.stock > 0
        for jacket in jackets
        for variant in jacket.variants
    )


def test_every_product_is_on_sale_and_described(goods):
    for product in goods:
        assert (product.status, product.published) == ("active", True)
        assert product.description.startswith("<p>")
        assert product.description.count("<li>") == 3
        assert product.vendor
        assert product.tags
        assert product.seo_title
        assert 40 <= len(product.seo_description) <= 155


def test_every_description_is_its_own_and_means_something(goods):
    descriptions = [product.description for product in goods]
    sentences = [
        sentence
        for text in descriptions
        for sentence in re.split(r"(?<=[.!?])\s", text.partition("</p>")[0])
    ]
    assert len(set(descriptions)) == len({p.seo_description for p in goods}) == len(goods)
    assert len(set(sentences)) == len(sentences)
    assert not re.search(r"lorem|ipsum|\bTODO\b|\bTBD\b", " ".join(descriptions), re.I)


def test_every_product_is_drawn_as_what_its_title_names(goods):
    drawn = {garment_of(product.title) for product in goods}
    assert drawn <= set(SILHOUETTES) - {"label"}  # and none of them None
    assert len(drawn) >= 30


def test_every_colour_has_a_tint_of_its_own_name(goods):
    for product in goods:
        for colour in colours_of(product):
            assert tint(colour, "") not in QUIET, colour
    assert len(set().union(*map(colours_of, goods))) <= 20


def test_every_picture_is_at_most_three_kilobytes(goods):
    for product in goods:
        words = " ".join([product.type, *product.tags])
        for colour in colours_of(product) or {None}:
            assert len(draw(product.title, words, colour).encode()) <= 3072


def test_every_variant_has_its_own_sku_a_weight_a_price_and_counted_stock(variants):
    assert len({variant.sku for variant in variants}) == len(variants)
    for variant in variants:
        assert variant.grams > 0
        assert 1000 <= variant.price_minor <= 25000
        assert variant.cost_minor < variant.price_minor
        assert variant.tracked
        assert variant.stock >= 0


def test_some_variants_are_sold_out_and_a_few_products_reduced(goods, variants):
    assert 20 <= sum(variant.stock == 0 for variant in variants) <= 60
    assert sum(all(v.stock == 0 for v in product.variants) for product in goods) == 1
    reduced = [v for v in variants if v.compare_at_minor is not None]
    assert all(v.price_minor < v.compare_at_minor for v in reduced)
    assert 2 <= sum(any(v in reduced for v in product.variants) for product in goods) <= 6


def test_it_names_no_picture_on_anybodys_server(goods):
    assert not any(product.pictures for product in goods)


def test_collections_hold_products_that_exist_and_leave_none_out(goods, collections):
    handles = {product.handle for product in goods}
    assert 6 <= len(collections) <= 8
    assert len({collection["slug"] for collection in collections}) == len(collections)
    for collection in collections:
        assert set(collection) == {"slug", "title", "words", "handles"}
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", collection["slug"])
        assert collection["title"]
        assert len(collection["words"]) >= 40
        assert len(collection["handles"]) >= 5
        assert len(set(collection["handles"])) == len(collection["handles"])
        assert set(collection["handles"]) <= handles
    assert set().union(*(collection["handles"] for collection in collections)) == handles


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_title_and_something_to_say(name):
    lines = (DEMO / "pages" / f"{name}.md").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"# \S.*", lines[0])
    assert len(" ".join(lines[1:]).split()) >= 30


def test_there_are_no_pages_but_these():
    assert sorted(path.stem for path in (DEMO / "pages").iterdir()) == sorted(PAGES)
