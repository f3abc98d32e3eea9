"""What kind of file it is shows in its headers; its name says nothing."""

import pytest

from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.sniff import open_catalogue

SHOPIFY = "URL handle,TITLE ,Price,Notes\nmug,Mug,12.00,\n"
WOOCOMMERCE = "\ufeffID,type,SKU, NAME,Published,Regular price\n1,simple,mug,Mug,1,12\n"


@pytest.mark.parametrize(
    ("text", "format", "passes"), [(SHOPIFY, "shopify", 1), (WOOCOMMERCE, "woocommerce", 2)]
)
def test_the_format_shows_in_the_headers_and_every_byte_is_heard_of(tmp_path, text, format, passes):
    path = tmp_path / "woocommerce-or-shopify.xlsx"
    path.write_text(text, encoding="utf-8")
    catalogue = open_catalogue(path, 2)
    heard = []
    catalogue.heard = heard.append
    (mug,) = catalogue
    assert (catalogue.format, mug.handle, mug.variants[0].price_minor) == (format, "mug", 1200)
    assert catalogue.work == path.stat().st_size * passes
    assert 0 <= catalogue.work - sum(heard) <= 3 * passes, "all but the byte order mark"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"sku,attribute_set_code,product_type\n", "looks like a Magento product export"),
        (b"sku,_store,_type\n", "looks like a Magento product export"),
        (b'{"products": []}', "looks like JSON"),
        (b"<rss>", "looks like HTML or XML"),
        (b"PK\x03\x04", "looks like an Excel workbook"),
        ("ID,Type,SKU,Name".encode("utf-16"), "looks like UTF-16 text"),
        (b"ID;Type;SKU;Name;Regular price\n", "separated by semicolons"),
        (b"First Name,Email\n", "looks like a customer list"),
        (b"Once,upon,a,time,there\n", "begins with 'Once', 'upon', 'a', 'time', which belongs to"),
    ],
)
def test_what_is_neither_is_told_what_it_looks_like_and_what_is_read(tmp_path, content, words):
    path = tmp_path / "shopify.csv"
    path.write_bytes(content)
    with pytest.raises(BadCatalogue) as refusal:
        open_catalogue(path, 2)
    assert words in str(refusal.value)
    assert "product exports of Shopify and of WooCommerce are read" in str(refusal.value)


def test_a_shopify_file_that_lacks_its_prices_is_told_so(tmp_path):
    path = tmp_path / "catalogue.csv"
    path.write_text("Handle,Title\nmug,Mug\n")
    with pytest.raises(BadCatalogue, match="the header lacks 'Variant Price or Price'"):
        list(open_catalogue(path, 2))
