"""What Shopify's exports hold is imported truly."""

from pathlib import Path

import pytest

from storefront.exchange.catalogue import BadCatalogue, ImportedPicture
from storefront.exchange.shopify import read

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "catalogues"
SIMPLE = "Handle,Title,Variant Price,Variant Inventory Policy,Status,Published,Notes\n"


def products(name):
    return list(read(FIXTURES / name, decimals=2))


def products_of(tmp_path, content, decimals=2):
    path = tmp_path / "catalogue.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, decimals))


def test_a_product_keeps_its_html_and_loses_the_padding_of_its_cells():
    coat, voucher = products("traps.csv")
    assert (coat.line, coat.handle, coat.title, coat.vendor) == (
        2,
        "field-coat",
        "Field Coat",
        "Mill",
    )
    assert coat.description == "<p>Waxed.</p>\n<script>alert(1)</script>"
    assert coat.tags == ("Coats", "Wax")
    assert coat.options == ("Size", "Colour")
    assert (coat.published, coat.status, coat.gift_card) == (True, "active", False)
    assert (voucher.published, voucher.status, voucher.gift_card) == (False, "active", True)


def test_variants_keep_their_physical_lines_across_cells_of_several_lines_and_blank_rows():
    coat, voucher = products("traps.csv")
    assert [variant.line for variant in coat.variants] == [2, 4]
    assert voucher.line == 8


def test_apostrophes_of_spreadsheets_go_and_equal_skus_stay():
    coat = products("traps.csv")[0]
    assert [variant.sku for variant in coat.variants] == ["0042", "0042"]
    assert coat.variants[0].barcode == "9009518582030"


def test_stock_may_be_negative_unknown_or_untracked_and_is_never_guessed():
    coat, voucher = products("traps.csv")
    assert [variant.stock for variant in coat.variants] == [-3, None]
    assert [variant.tracked for variant in (*coat.variants, *voucher.variants)] == [
        True,
        True,
        False,
    ]
    assert products("without-quantities.csv")[0].variants[0].stock is None


def test_deny_and_continue_are_words_in_any_case():
    coat = products("traps.csv")[0]
    assert [variant.oversell for variant in coat.variants] == [False, True]


def test_amounts_are_minor_units_and_a_former_price_of_zero_is_none():
    coat, voucher = products("traps.csv")
    assert [variant.price_minor for variant in coat.variants] == [18800, 18800]
    assert [variant.compare_at_minor for variant in coat.variants] == [21800, None]
    assert voucher.variants[0].price_minor == 0


def test_grams_are_whole_and_rounded_to_the_nearest():
    assert [variant.grams for variant in products("traps.csv")[0].variants] == [911, 930]


def test_a_row_with_only_a_picture_is_a_picture_and_not_a_variant():
    coat = products("traps.csv")[0]
    assert len(coat.variants) == 2
    assert coat.pictures == (
        ImportedPicture("https://pictures.test/a.jpg", 1, "Front"),
        ImportedPicture("https://pictures.test/b.jpg", 2, ""),
        ImportedPicture("https://pictures.test/c.jpg", 3, "Back"),
    )
    assert coat.variants[0].picture == "https://pictures.test/c.jpg"


def test_a_variants_own_picture_joins_the_products_pictures(tmp_path):
    text = (
        "Handle,Title,Variant Price,Image Src,Variant Image,Notes\nmug,Mug,1,https://a,https://b,\n"
    )
    sources = [picture.source for picture in products_of(tmp_path, text)[0].pictures]
    assert sources == ["https://a", "https://b"]


def test_default_title_means_no_options():
    voucher = products("traps.csv")[1]
    assert voucher.options == ()
    assert [variant.choice for variant in voucher.variants] == [()]


def test_older_and_newer_headers_are_read_from_one_file():
    (bag,) = products("mixed-headers.csv")
    assert (bag.handle, bag.status, bag.seo_title) == ("day-bag", "unlisted", "Bag")
    red, blue = bag.variants
    assert (red.choice, red.sku, red.price_minor, red.cost_minor) == (("Red",), "DB-1", 3800, 1250)
    assert (red.stock, red.tracked, red.oversell, red.grams) == (4, True, True, 142)
    assert (blue.stock, blue.oversell) == (0, False)
    assert [(picture.position, picture.alt) for picture in bag.pictures] == [
        (1, "First"),
        (2, "Second"),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_marks_and_line_ends_of_any_system_are_read(tmp_path, newline, mark):
    text = f'{mark}"Handle",Title,Variant Price,Notes\nmug,Müg,12,\nbowl,Bowl,9,\n'
    mug, bowl = products_of(tmp_path, text.replace("\n", newline))
    assert (mug.title, bowl.line) == ("Müg", 3)


def test_an_empty_status_is_active_and_an_empty_published_is_published(tmp_path):
    (mug,) = products_of(tmp_path, SIMPLE + "mug,Mug,1,,,,\n")
    assert (mug.status, mug.published) == ("active", True)
    (mug,) = products_of(tmp_path, SIMPLE + "mug,Mug,1,,DRAFT,true,\n")
    assert (mug.status, mug.published) == ("draft", True)


def test_products_come_before_the_rest_of_the_file_is_read(tmp_path):
    path = tmp_path / "catalogue.csv"
    path.write_text("Handle,Title,Variant Price,Notes\na,A,1,\nb,B,2,\nc,C,free,\n")
    reading = read(path, decimals=2)
    assert next(reading).handle == "a"
    assert next(reading).handle == "b"
    with pytest.raises(BadCatalogue, match="line 4"):
        next(reading)


# Real exports


def shared(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is missing: real catalogues lie beside the checkout")
    return list(read(path, decimals=2))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "goods", "variants", "pictures"),
    [
        ("shopify-apparel-25.csv", 25, 96, 55),
        ("shopify-home-20.csv", 20, 21, 21),
        ("shopify-snow-278.csv", 278, 622, 412),
    ],
)
def test_a_real_export_comes_in_complete(name, goods, variants, pictures):
    found = shared(name)
    assert len(found) == goods
    assert sum(len(product.variants) for product in found) == variants
    assert len({picture.source for product in found for picture in product.pictures}) == pictures


@pytest.mark.shared
def test_the_real_clothing_export_keeps_its_peculiarities():
    found = shared("shopify-apparel-25.csv")
    variants = [variant for product in found for variant in product.variants]
    raw = (SHARED / "shopify-apparel-25.csv").read_text()
    assert sum(f",'{variant.sku}," in raw for variant in variants if variant.sku) == 15
    assert not any(variant.sku.startswith("'") for variant in variants)
    assert sum(variant.price_minor == 0 for variant in variants) == 1
    assert sum(product.options == () for product in found) == 2  # five more name their one form
