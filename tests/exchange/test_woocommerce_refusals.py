"""What cannot be read truly from a WooCommerce export is refused, with a line and a reason."""

import pytest

from storefront.exchange import records, woocommerce_survey, woocommerce_variants
from storefront.exchange.catalogue import BadCatalogue
from tests.exchange.reading import HEAD, items_of, one, products_of

VARIABLE = f"{HEAD},Parent,Attribute 1 name,Attribute 1 value(s)\n"


def refusal_of(folder, text) -> str:
    with pytest.raises(BadCatalogue) as refusal:
        items_of(folder, text)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("7,simple,cap,Cap,1,20,extra", "line 2: the row has 7 cells and the header 6"),
        ("7,simple,cap,,1,20", "line 2: Name is empty; a product needs one"),
        ("7,simple,cap,Cap,1,", "line 2: Regular price is empty; what is sold needs a price"),
        ("7,simple,cap,Cap,1,free", "line 2: Regular price is 'free'; an amount is read"),
        ("7,simple,cap,Cap,1,'-5", "line 2: Regular price is '-5'; an amount is read"),
        ('7,simple,cap,Cap,1,"1.299,00"', "Regular price is '1.299,00'; an amount is read"),
        ("7,simple,cap,Cap,1,5.005", "finer than the shop's currency"),
        ("7,simple,cap,Cap,2,5", "line 2: Published is '2'; 1 or 0 or -1 is read"),
        ("7,simple,a,A,1,5\n7,simple,b,B,1,5", "line 3: the ID '7' stood on line 2 already"),
        ('7,simple,cap,"Cap', "line 2: the file ends inside a quoted cell"),
    ],
)
def test_a_row_that_cannot_be_read_truly_is_refused_by_line(tmp_path, row, words):
    assert words in refusal_of(tmp_path, f"{HEAD}\n{row}\n")


@pytest.mark.parametrize(
    ("columns", "cells", "words"),
    [
        ("Stock", "some", "Stock is 'some'; a whole number"),
        ("Stock", "1.5", "Stock is '1.5'; a whole number"),
        ("In stock?", "maybe", "In stock? is 'maybe'; 1 or 0 or backorder"),
        ("Backorders allowed?", "ask", "Backorders allowed? is 'ask'; 0 or 1"),
        ("Visibility in catalog", "shy", "Visibility in catalog is 'shy'; visible or catalog"),
        ("Weight (kg)", "2 kg", "Weight (kg) is '2 kg'; a weight is read as digits"),
        ("Weight (kg)", "9999999", "larger than the shop can hold"),
        ("Weight (stone)", "2", "line 1: 'Weight (stone)' has a unit that is not known; g, kg"),
        ("Sale price,Date sale price ends", "5,tomorrow", "a day is read as YYYY-MM-DD"),
        ("External URL", "javascript:alert(1)", "an address beginning with https:// or http://"),
        ("Meta: _storefront", "{", "JSON is read; delete the cell if in doubt"),
        ("Meta: _storefront", "[1]", "it is not as this shop wrote it"),
        ("SKU", "a", "line 1: the columns 'SKU' and 'SKU' hold the same thing"),
    ],
)
def test_a_cell_that_means_nothing_here_is_refused(tmp_path, columns, cells, words):
    assert words in refusal_of(tmp_path, f"{HEAD},{columns}\n7,simple,cap,Cap,1,20,{cells}\n")


@pytest.mark.parametrize(
    "said",
    [
        '{"facts":{"stock":[null,"many"]}}',
        '{"facts":{"price_minor":[2000,-1]}}',
        '{"facts":{"price_minor":[2000,true]}}',
        '{"facts":{"status":["active","secret"]}}',
        '{"facts":{"id":[1,2]}}',
        '{"facts":{"external_url":["","javascript:alert(1)"]}}',
        '{"handle":"a/b"}',
        '{"handle":""}',
        '{"alt":{"a":1}}',
        '{"other":1}',
    ],
)
def test_what_our_own_column_could_never_say_is_refused(tmp_path, said):
    cell = '"' + said.replace('"', '""') + '"'
    words = refusal_of(tmp_path, f"{HEAD},Meta: _storefront\n7,simple,cap,Cap,1,20,{cell}\n")
    assert "it is not as this shop wrote it" in words


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            '1,variable,s,S,1,,,Size,"S, M"\n2,variation,,,1,5,s,Size,S\n'
            "3,variation,,,1,5,id:1,Size,S\n",
            "line 4: 'S' stands on line 3 already; delete one of the two",
        ),
        (
            "1,variable,s,S,1,,,Size,S\n2,variation,,,1,5,s,Colour,Red\n",
            "line 2: its variations have the attribute 'Colour', which it lacks itself",
        ),
        (
            "1,variable,s,S,1,,,Size,\n2,variation,,,1,5,s,Size,\n",
            "line 3: its Size is open, and that makes 0 variants",
        ),
        (
            "1,variable,s,S,1,,,Size,S\n2,variable,s,T,1,,,Size,S\n",
            "line 3: a variable product known as 's' stood on line 2 already",
        ),
        (
            "1,variable,s,S,1,,,Size,S\n2,variation,,,1,,s,Size,S\n",
            "line 3: Regular price is empty; what is sold needs a price",
        ),
    ],
)
def test_variations_that_do_not_add_up_are_refused(tmp_path, rows, words):
    assert words in refusal_of(tmp_path, VARIABLE + rows)


def test_more_variants_than_a_page_could_offer_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(woocommerce_variants, "MOST_ROWS", 2)
    rows = '1,variable,s,S,1,,,Size,"S, M, L"\n2,variation,,,1,5,s,Size,\n'
    words = refusal_of(tmp_path, VARIABLE + rows)
    assert words == "line 3: its Size is open, and that makes 3 variants"


def test_a_variation_needs_the_column_that_names_its_parent(tmp_path):
    words = refusal_of(tmp_path, f"{HEAD}\n1,variation,a,A,1,5\n")
    assert words == "line 2: a variation needs the column 'Parent', which is missing"


def test_a_file_without_its_last_line_break_may_be_cut_short(tmp_path):
    words = refusal_of(tmp_path, f"{HEAD}\n7,simple,cap,Cap,1,2")
    assert "line 2: the file ends without a line break" in words
    assert "'2', may be cut short" in words


def test_a_file_of_headers_alone_is_refused(tmp_path):
    assert refusal_of(tmp_path, f"{HEAD}\n") == "the file has headers but no products"


def test_a_cell_or_row_past_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "LONGEST_CELL", 1024 * 1024)
    cell = '"' + ("x" * 1023 + "\n") * 1025 + '"'
    text = f"{HEAD},Description\n7,simple,cap,Cap,1,20,{cell}\n"
    assert "line 2: a cell is longer than 1 MiB" in refusal_of(tmp_path, text)
    monkeypatch.setattr(records, "LONGEST_LINE", 1024 * 1024)
    text = f'{HEAD},Description\n7,simple,cap,Cap,1,20,{cell[:-1025]}"{"," * 3000}\n'
    assert "line 2: the row is longer than 1 MiB" in refusal_of(tmp_path, text)


# Commas before decimals


def priced(folder, *prices: str):
    rows = "".join(f'{n},simple,,A{n},1,"{price}"\n' for n, price in enumerate(prices, start=1))
    return [p.variants[0].price_minor for p in products_of(folder, f"{HEAD}\n{rows}")]


@pytest.mark.parametrize(
    ("prices", "minor"),
    [
        (("12,50", "1299"), [1250, 129900]),
        (("12.50", "1299.00"), [1250, 129900]),
        ((",5", "0,25"), [50, 25]),
        (("5", "7"), [500, 700]),
    ],
)
def test_a_file_tells_by_its_numbers_whether_decimals_follow_a_comma(tmp_path, prices, minor):
    assert priced(tmp_path, *prices) == minor


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        (("5", "1,299"), "line 3: '1,299' may be thousands or decimals, and no other number"),
        (("12,50", "12.50"), "line 3: '12,50' on line 2 has a comma before its decimals and '12.5"),
        (("12,50", "1.299"), "line 3: Regular price is '1.299'; this file has a comma before"),
        (("12,50", "1,299"), "line 3: Regular price is '1,299', finer than the shop's currency"),
        (("12.50", "1,299"), "line 3: Regular price is '1,299'; an amount is read"),
        (("12,50", "1.299,00"), "line 3: Regular price is '1.299,00'; this file has a comma"),
    ],
)
def test_numbers_that_may_mean_two_things_are_refused(tmp_path, prices, words):
    with pytest.raises(BadCatalogue) as refusal:
        priced(tmp_path, *prices)
    assert words in str(refusal.value)


def test_weights_tell_as_prices_do(tmp_path):
    cap = one(tmp_path, "Weight (kg)", '"0,250"')
    assert cap.variants[0].grams == 250
    with pytest.raises(BadCatalogue, match="may be thousands or decimals"):
        one(tmp_path, "Weight (kg)", '"1,250"')


def test_as_many_variations_as_are_noted_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(woocommerce_survey, "MOST_ROWS", 1)
    rows = '1,variable,s,S,1,,,Size,"S, M, L"\n'
    rows += "".join(f"{n},variation,,,1,5,s,Size,{s}\n" for n, s in enumerate("SML", start=2))
    monkeypatch.setattr("storefront.exchange.woocommerce.MOST_ROWS", 1)
    words = refusal_of(tmp_path, VARIABLE + rows)
    assert words == "line 2: the product has more than 1 variations; so many are not read"
