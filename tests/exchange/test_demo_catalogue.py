"""The project's own demo catalogue is one that a shop could open with."""

from pathlib import Path

import pytest

from storefront.exchange.shopify import read
from storefront.pictures import garment_of

CATALOGUE = Path(__file__).parents[2] / "storefront" / "demo" / "catalogue.csv"


@pytest.fixture(scope="module")
def goods():
    return list(read(CATALOGUE, decimals=2))


@pytest.fixture(scope="module")
def variants(goods):
    return [variant for product in goods for variant in product.variants]


def test_it_has_eight_products_and_ninety_six_variants(goods, variants):
    assert (len(goods), len(variants)) == (8, 96)


def test_it_shows_products_with_no_option_two_and_three(goods):
    assert {len(product.options) for product in goods} == {0, 2, 3}


def test_every_product_is_on_sale_described_and_drawn_as_what_it_is(goods):
    for product in goods:
        assert (product.status, product.published) == ("active", True)
        assert product.description.startswith("<p>")
        assert product.description.count("<li>") == 3
        assert product.vendor
        assert product.tags
        assert garment_of(product.title) == garment_of(product.type) or product.type == "Shirts"


def test_every_variant_has_its_own_sku_a_weight_a_price_and_counted_stock(variants):
    assert len({variant.sku for variant in variants}) == len(variants)
    for variant in variants:
        assert variant.grams > 0
        assert 1000 <= variant.price_minor <= 25000
        assert variant.cost_minor < variant.price_minor
        assert variant.tracked
        assert variant.stock >= 0


def test_a_few_variants_are_sold_out_and_one_is_reduced(variants):
    assert 3 <= sum(variant.stock == 0 for variant in variants) <= 15
    assert sum(variant.compare_at_minor is not None for variant in variants) == 1


def test_it_names_no_picture_on_anybodys_server(goods):
    assert not any(product.pictures for product in goods)
