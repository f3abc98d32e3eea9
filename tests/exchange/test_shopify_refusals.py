"""What cannot be read truly from a Shopify export is refused, with a line and a reason."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.exchange import records
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.shopify import read, sniff

FIXTURES = Path(__file__).parent / "fixtures"
SIMPLE = "Handle,Title,Variant Price,Variant Inventory Policy,Status,Published,Notes\n"


def products(name):
    return list(read(FIXTURES / name, decimals=2))


def products_of(tmp_path, content, decimals=2):
    path = tmp_path / "catalogue.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, decimals))


def refusal_of(tmp_path, content):
    with pytest.raises(BadCatalogue) as refusal:
        products_of(tmp_path, content)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scattered-handle.csv", "line 4: the handle 'mug' stood on line 2 already"),
        ("same-variant-twice.csv", "line 4: 'Red' stands on line 2 already"),
        ("wide-row.csv", "line 4: the row has 5 cells and the header 4"),
        ("two-products-one-handle.csv", "line 3: Title is 'Tall Mug'; line 2"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_by_line(name, words):
    with pytest.raises(BadCatalogue) as refusal:
        products(name)
    assert str(refusal.value).startswith(words)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("mug,Mug,,,,,", "line 2: Variant Price is empty; a variant needs one"),
        ("mug,,1,,,,", "line 2: Title is empty"),
        (",Mug,1,,,,", "line 2: Handle is empty"),
        ("a/b,Mug,1,,,,", "line 2: Handle is 'a/b'"),
        ("mug,Mug,1,true,,,", "Inventory Policy is 'true'; deny or continue is read"),
        ("mug,Mug,1,,hidden,,", "Status is 'hidden'; active or draft or archived or unlisted"),
        ("mug,Mug,1,,,perhaps,", "Published is 'perhaps'; true or false is read"),
        ("mug,Mug,1,,,,\nmug,,,,,,note", "line 3: the row has no price and no option value"),
        ("mug,Mug,1,,,", "line 2: the row has 6 cells and the header 7"),
        ('mug,Mug,1,,,,"cut', "line 2: the file ends inside a quoted cell"),
        ('mug,"M"ug,1,,,,', "line 2: the quotation marks of this row do not pair up"),
    ],
)
def test_a_row_that_cannot_be_read_truly_is_refused_by_line(tmp_path, row, words):
    assert words in refusal_of(tmp_path, SIMPLE + row + "\n")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("mug,Mug,Size,,5,1,", "line 2: Option1 Value is empty; every variant needs its Size"),
        ("mug,Mug,,S,5,1,", "line 2: Option1 Value is 'S'; the option has no name"),
        ("mug,Mug,Size,S,some,1,", "Variant Inventory Qty is 'some'; a whole number"),
        ("mug,Mug,Size,S,1.5,1,", "Variant Inventory Qty is '1.5'; a whole number"),
        ("mug,Mug,Size,S,9999999999,1,", "larger than the shop can hold"),
        ("mug,Mug,Size,S,5,1,2 kg", "Variant Grams is '2 kg'; grams are read as digits"),
        ("mug,Mug,Size,S,5,1,\nmug,,Colour,Red,5,1,", "line 3: Option1 Name is 'Colour'; line 2"),
    ],
)
def test_options_and_counts_that_do_not_add_up_are_refused(tmp_path, row, words):
    head = (
        "Handle,Title,Option1 Name,Option1 Value,Variant Inventory Qty,Variant Price,Variant Grams"
    )
    assert words in refusal_of(tmp_path, f"{head}\n{row}\n")


def test_two_options_of_one_name_are_refused(tmp_path):
    head = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\n"
    words = refusal_of(tmp_path, head + "mug,Mug,Size,S,size,M,1\n")
    assert "two options have the same name (Size, size)" in words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"Handle,Title,Variant Price\n", "the file has headers but no products"),
        ("Handle,Title".encode("utf-16"), "looks like UTF-16 text"),
        ("Handle,Title".encode("utf-16-le"), "looks like UTF-16 text"),
        (b"Handle\x00,Title,Variant Price\n", "looks like a binary file"),
        (b"PK\x03\x04anything", "looks like an Excel workbook"),
        (b'{"products": []}', "looks like JSON"),
        (b"<!doctype html>", "looks like HTML or XML"),
        (b"Handle;Title;Variant Price\n", "separated by semicolons"),
        (b"ID,Type,SKU,Name,Regular price\n", "looks like a WooCommerce product export"),
        (b"sku,attribute_set_code,product_type\n", "looks like a Magento product export"),
        (b"Handle,Title,SKU,Location\n", "looks like a Shopify inventory export"),
        (b"Once upon a time\n", "line 1: the header lacks 'Handle or URL handle', 'Title'"),
        (b"Handle,URL handle,Title,Price\n", "'Handle' and 'URL handle' hold the same thing"),
    ],
)
def test_what_is_no_shopify_export_is_told_what_it_looks_like(tmp_path, content, words):
    assert words in refusal_of(tmp_path, content)


def test_latin_1_is_refused_with_its_line_and_byte(tmp_path):
    content = SIMPLE.encode() + "mug,Müg,1,,,,\n".encode("latin-1")
    assert "line 2: byte 6 (hexadecimal fc) is not UTF-8" in refusal_of(tmp_path, content)


def test_a_nul_byte_far_into_the_file_is_refused_with_its_line(tmp_path):
    content = SIMPLE.encode() + b"mug," + b"M" * 600 + b"\0,1,,,,\n"
    assert "line 2: holds a NUL byte" in refusal_of(tmp_path, content)


def test_a_cell_past_the_limit_is_refused_and_one_at_the_limit_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "LONGEST_CELL", 1024 * 1024)
    whole = SIMPLE + f"mug,Mug,1,,,,{'x' * 1024 * 1024}\n"
    assert len(products_of(tmp_path, whole)) == 1
    assert "line 2: a cell is longer than 1 MiB" in refusal_of(tmp_path, whole[:-1] + "x\n")


def test_a_line_without_end_is_refused_before_it_fills_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "LONGEST_LINE", 1024 * 1024)
    words = refusal_of(tmp_path, SIMPLE + "mug," + "," * 1024 * 1024)
    assert "line 2: the line is longer than 1 MiB" in words


def test_a_last_cell_that_may_be_cut_is_refused_only_where_it_matters(tmp_path):
    words = refusal_of(tmp_path, "Handle,Title,Variant Price\nmug,Mug,3")
    assert "line 2: the file ends without a line break, so its last cell, '3', may be cut" in words
    words = refusal_of(tmp_path, "Handle,Title,Variant Price,Notes\nmug,Mug,36,ab")
    assert "'ab', may be cut short" in words
    assert len(products_of(tmp_path, "Handle,Title,Variant Price,\nmug,Mug,36,ab")) == 1


def test_a_refusal_of_a_whole_file_names_no_line():
    refusal = BadCatalogue("the file is empty")
    assert (str(refusal), refusal.line) == ("the file is empty", None)


def test_sniffing_reads_the_header_alone(tmp_path):
    path = tmp_path / "catalogue.csv"
    path.write_text("URL handle,Title,Price\nbroken")
    assert sniff(path) == "shopify"
    path.write_text("name,price\n")
    with pytest.raises(BadCatalogue, match="line 1: the header lacks"):
        sniff(path)


WHOLE = {
    "traps.csv": (FIXTURES / "traps.csv").read_bytes(),
    "mixed-headers.csv": (FIXTURES / "mixed-headers.csv").read_bytes(),
}


def is_beginning(part, whole):
    """Whether a product is another's first rows: the same but for variants and pictures to come."""
    same = replace(part, variants=whole.variants, pictures=whole.pictures) == whole
    known = {picture.source for picture in whole.pictures}
    return (
        same
        and part.variants == whole.variants[: len(part.variants)]
        and {picture.source for picture in part.pictures} <= known
    )


@given(data=st.data(), name=st.sampled_from(sorted(WHOLE)))
def test_a_file_cut_at_any_byte_is_refused_or_a_true_beginning(data, name, tmp_path_factory):
    content = WHOLE[name]
    path = tmp_path_factory.getbasetemp() / "cut.csv"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = list(read(path, decimals=2))
    except BadCatalogue:
        return
    whole = products(name)
    assert found[:-1] == whole[: len(found) - 1]
    assert is_beginning(found[-1], whole[len(found) - 1])
