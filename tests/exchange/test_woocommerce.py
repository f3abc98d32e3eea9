"""What WooCommerce's exports hold is imported truly."""

from datetime import date

import pytest

from storefront.exchange.catalogue import ImportedProduct
from tests.exchange.reading import HEAD, TODAY, items_of, one, products_of, remarks, skipped

ATTRIBUTES = (
    "Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 1 global,"
    "Attribute 2 name,Attribute 2 value(s)"
)
SHIRT = f"{HEAD},Parent,Stock,In stock?,Images,{ATTRIBUTES}\n"
PARENT = '1,variable,shirt,Shirt,1,,,,1,https://p.test/1.jpg,Colour,"Red, Blue",1,1,Size,"S, M"\n'


def test_a_simple_product_has_one_variant_and_no_options(tmp_path):
    cap = one(tmp_path, "Description,Short description,Tags", 'Warm.,In short,"Wool, Winter"')
    assert (cap.line, cap.handle, cap.title, cap.kind) == (2, "cap", "Cap", "sold")
    assert (cap.description, cap.short, cap.tags) == ("Warm.", "In short", ("Wool", "Winter"))
    assert (cap.options, cap.status, cap.published) == ((), "active", True)
    (variant,) = cap.variants
    assert (variant.choice, variant.sku, variant.price_minor) == ((), "cap", 2000)


def test_a_parent_may_follow_its_variations_and_be_named_by_number_or_sku(tmp_path):
    rows = "2,variation,a,,1,5,id:1,,1,,Colour,Red,,,Size,S\n"
    rows += "3,variation,b,,1,6,shirt,,1,,Colour,Blue,,,Size,M\n"
    (shirt,) = products_of(tmp_path, SHIRT + rows + PARENT)
    assert shirt.line == 4
    assert shirt.options == ("Colour", "Size")
    found = [(v.line, v.choice, v.sku, v.price_minor) for v in shirt.variants]
    assert found == [(2, ("Red", "S"), "a", 500), (3, ("Blue", "M"), "b", 600)]


def test_a_blank_attribute_stands_for_every_value_of_the_parent(tmp_path):
    rows = "2,variation,a,,1,5,id:1,,1,,Colour,Red,,,Size,\n"
    (shirt,) = products_of(tmp_path, SHIRT + PARENT + rows)
    assert [v.choice for v in shirt.variants] == [("Red", "S"), ("Red", "M")]
    assert {v.sku for v in shirt.variants} == {"a"}


def test_what_is_named_outright_counts_before_what_stands_for_any(tmp_path):
    rows = "2,variation,any,,1,5,id:1,,1,,Colour,,,,Size,S\n"
    rows += "3,variation,red,,1,9,id:1,,1,,Colour,Red,,,Size,S\n"
    (shirt,) = products_of(tmp_path, SHIRT + PARENT + rows)
    assert {v.choice[0]: v.price_minor for v in shirt.variants} == {"Blue": 500, "Red": 900}


def test_attributes_that_no_variation_has_describe_and_are_kept(tmp_path):
    rows = "2,variation,a,,1,5,id:1,,1,,Colour,Red,,,,\n"
    (shirt,) = products_of(tmp_path, SHIRT + PARENT + rows)
    assert shirt.options == ("Colour",)
    assert [a["name"] for a in shirt.extra["attributes"]] == ["Colour", "Size"]


def test_a_variation_inherits_weight_tax_and_stock_that_it_does_not_say(tmp_path):
    head = f"{HEAD},Parent,Stock,Weight (kg),Tax status,Attribute 1 name,Attribute 1 value(s)\n"
    rows = '1,variable,s,Shirt,1,,,8,0.2,none,Size,"S, M"\n'
    rows += "2,variation,,,1,5,id:1,parent,,,Size,S\n3,variation,,,1,5,id:1,2,0.3,taxable,Size,M\n"
    items = items_of(tmp_path, head + rows)
    small, medium = items[-1].variants
    assert (small.grams, small.taxable, small.stock) == (200, False, 8)
    assert (medium.grams, medium.taxable, medium.stock) == (300, True, 2)
    assert remarks(items) == [
        "2: its stock of 8 is for all variations together; here each now has it"
    ]


def test_counted_stock_for_any_value_calls_for_a_remark(tmp_path):
    rows = "2,variation,a,,1,5,id:1,4,1,,Colour,Red,,,Size,\n"
    (said,) = remarks(items_of(tmp_path, SHIRT + PARENT + rows))
    assert said == "3: its stock of 4 is for any value together; here each value now has it"


@pytest.mark.parametrize(
    ("cells", "stock", "tracked", "oversell", "left"),
    [
        ("1,,0", None, False, False, None),
        (",,", None, False, False, None),
        ("0,,0", 0, True, False, 0),
        ("0,,1", 0, True, False, 0),
        ("backorder,,1", None, False, True, None),
        ("1,12,0", 12, True, False, 12),
        ("1,-3,notify", -3, True, True, None),
        ("1,'-3,0", -3, True, False, 0),
        ("1,4.0,yes", 4, True, True, None),
    ],
)
def test_blank_stock_is_not_counted_and_not_zero(tmp_path, cells, stock, tracked, oversell, left):
    (cap,) = one(tmp_path, "In stock?,Stock,Backorders allowed?", cells).variants
    assert (cap.stock, cap.tracked, cap.oversell) == (stock, tracked, oversell)
    limited = cap.tracked and not cap.oversell and cap.stock is not None
    assert (max(cap.stock, 0) if limited else None) == left


@pytest.mark.parametrize(
    ("published", "visibility", "status", "is_published"),
    [
        ("1", "visible", "active", True),
        ("0", "visible", "active", False),
        ("-1", "visible", "draft", True),
        ("'-1", "", "draft", True),
        ("1", "hidden", "unlisted", True),
        ("1", "catalog", "active", True),
        ("1", "SEARCH", "active", True),
        ("", "", "active", True),
    ],
)
def test_published_and_visibility_become_status(
    tmp_path, published, visibility, status, is_published
):
    text = f"{HEAD},Visibility in catalog\n7,simple,cap,Cap,{published},20,{visibility}\n"
    (cap,) = products_of(tmp_path, text)
    assert (cap.status, cap.published) == (status, is_published)


@pytest.mark.parametrize(
    ("cells", "price", "before"),
    [
        ("15,,", 1500, 2000),
        ("15,2026-06-15,2026-06-15", 1500, 2000),
        ("15,2026-06-16,", 2000, None),
        ("15,,2026-06-14", 2000, None),
        ("15,2026-06-01 00:00:00,", 1500, 2000),
        ("20,,", 2000, None),
        (",,", 2000, None),
    ],
)
def test_a_sale_price_counts_on_its_days_only(tmp_path, cells, price, before):
    columns = "Sale price,Date sale price starts,Date sale price ends"
    (cap,) = one(tmp_path, columns, cells, today=TODAY).variants
    assert (cap.price_minor, cap.compare_at_minor) == (price, before)


@pytest.mark.parametrize(
    ("header", "cell", "grams"),
    [
        ("Weight (lbs)", ".5", 227),
        ("Weight (kg)", "0.25", 250),
        ("Weight (oz)", "1", 28),
        ("weight (G)", "99.6", 100),
        ("Gewicht (kg)", "1", 1000),
        ("Weight (kg)", "", 0),
    ],
)
def test_weights_become_grams_by_the_unit_in_their_header(tmp_path, header, cell, grams):
    assert one(tmp_path, header, cell).variants[0].grams == grams


def test_the_first_category_counts_and_all_of_them_are_kept(tmp_path):
    cap = one(tmp_path, "Categories", '"Clothing>Hats\\, Caps, Sale"')
    assert (cap.category, cap.type) == ("Clothing > Hats, Caps", "Hats, Caps")
    assert cap.extra["Categories"] == "Clothing>Hats\\, Caps, Sale"
    none = one(tmp_path, "Categories", "Uncategorized")
    assert (none.category, none.type) == ("", "")


def test_lists_are_split_at_commas_without_a_backslash(tmp_path):
    cap = one(tmp_path, "Tags,Images", '"Hats\\, felt, Wool","https://p.test/a\\,b.jpg, c.jpg"')
    assert cap.tags == ("Hats, felt", "Wool")
    assert [p.source for p in cap.pictures] == ["https://p.test/a,b.jpg", "c.jpg"]


def test_a_backslash_and_n_are_a_line_break_in_descriptions(tmp_path):
    cap = one(tmp_path, "Description", r"<p>One.</p>\n<p>C:\\new</p>")
    assert cap.description == "<p>One.</p>\n<p>C:\\new</p>"


def test_the_apostrophe_before_what_looks_like_a_formula_goes_and_others_stay(tmp_path):
    text = f"{HEAD}\n7,simple,'@cap,'-20 degrees cap,1,20\n8,simple,'90,'90s cap,1,20\n"
    cold, old = products_of(tmp_path, text)
    assert (cold.title, cold.variants[0].sku) == ("-20 degrees cap", "@cap")
    assert (old.title, old.variants[0].sku) == ("'90s cap", "'90")


def test_groups_and_what_others_sell_are_shown_without_a_way_to_buy(tmp_path):
    head = f"{HEAD},External URL,Button text,Grouped products\n"
    rows = '1,grouped,set,Set,1,,,,"cap, scarf"\n'
    rows += "2,external,pen,Pen,1,11.05,https://maker.test/pen,Buy it there,\n"
    rows += "3,external,ink,Ink,1,,https://maker.test/ink,,\n"
    group, pen, ink = products_of(tmp_path, head + rows)
    assert (group.kind, group.variants) == ("grouped", ())
    assert group.extra["Grouped products"] == "cap, scarf"
    assert (pen.kind, pen.external_url) == ("external", "https://maker.test/pen")
    assert (pen.button_text, pen.variants[0].price_minor) == ("Buy it there", 1105)
    assert ink.variants == ()


def test_virtual_things_are_not_shipped_and_downloads_remembered(tmp_path):
    text = f'{HEAD}\n7,"simple, downloadable, virtual",a,Album,1,15\n'
    (album,) = products_of(tmp_path, text)
    assert not album.variants[0].needs_shipping
    assert album.extra["Type"] == "downloadable"


def test_unknown_types_and_rows_that_lead_nowhere_are_skipped_with_why(tmp_path):
    head = f"{HEAD},Parent,Attribute 1 name,Attribute 1 value(s)\n"
    rows = "1,subscription,a,A,1,5,,,\n2,variation,b,,1,5,gone,Size,S\n"
    rows += "3,variable,c,C,1,,,Size,S\n4,variation,d,,0,5,c,Size,S\n5,simple,e,E,1,5,,,\n"
    items = items_of(tmp_path, head + rows)
    assert [i.title for i in items if isinstance(i, ImportedProduct)] == ["E"]
    assert skipped(items) == [
        "2: its type, 'subscription', is not sold here",
        "5: a variation that is switched off",
        "4: a variable product without variations to be sold",
        "3: a variation of 'gone', which is no variable product of this file",
    ]


def test_short_rows_are_filled_up(tmp_path):
    text = f"{HEAD},Tags,Images\n7,simple,cap,Cap,1,20\n"
    (cap,) = products_of(tmp_path, text)
    assert (cap.tags, cap.pictures) == ((), ())


def test_handles_are_made_of_names_and_differ(tmp_path):
    names = ["Über-Kappe & Schal", "Uber Kappe Schal", "帽子", "!!!", "Über-Kappe & Schal"]
    rows = "".join(f"{n},simple,,{name},1,5\n" for n, name in enumerate(names, start=1))
    found = [p.handle for p in products_of(tmp_path, f"{HEAD}\n{rows}")]
    expected = ["uber-kappe-schal", "uber-kappe-schal-2", "帽子", "product-4", "uber-kappe-schal-3"]
    assert found == expected


def test_columns_that_the_shop_has_no_use_for_are_kept_where_they_are_filled(tmp_path):
    cap = one(tmp_path, "Meta: _fabric,Purchase note,Length (cm)", "felt,,12.5")
    assert cap.extra == {"ID": "7", "Meta: _fabric": "felt", "Length (cm)": "12.5"}
    assert {"Meta: _fabric", "Purchase note", "Length (cm)"} <= cap.told


def test_variations_bring_their_pictures_and_the_main_one_comes_first(tmp_path):
    rows = "2,variation,a,,1,5,id:1,,1,https://p.test/red.jpg,Colour,Red,,,Size,S\n"
    rows += "3,variation,b,,1,5,id:1,,1,https://p.test/1.jpg,Colour,Blue,,,Size,S\n"
    (shirt,) = products_of(tmp_path, SHIRT + PARENT + rows)
    assert [(p.source[15:], p.position) for p in shirt.pictures] == [("1.jpg", 1), ("red.jpg", 2)]
    assert [v.picture[15:] for v in shirt.variants] == ["red.jpg", "1.jpg"]


def test_what_a_file_has_no_column_for_is_left_unsaid(tmp_path):
    cap = one(tmp_path, "Brands", "Mill")
    assert cap.vendor == "Mill"
    assert {"seo_title", "gift_card", "barcode", "cost_minor", "pictures"} <= cap.unsaid
    assert "vendor" not in cap.unsaid


@pytest.mark.shared
def test_the_sample_of_woocommerce_comes_in_complete(shared, tmp_path):
    text = (shared / "catalogues" / "woocommerce-sample-25.csv").read_text(encoding="utf-8")
    found = products_of(tmp_path, text, today=date(2026, 1, 1))
    assert len(found) == 18
    variable = [p for p in found if p.options]
    rows = {v.line for p in variable for v in p.variants}
    assert (len(variable), len(rows)) == (2, 7)
    kinds = [p.kind for p in found if not p.options]
    assert {k: kinds.count(k) for k in kinds} == {"sold": 14, "grouped": 1, "external": 1}
    # One of the shirts comes in "any" of three sizes, in three colours; four hoodies are named.
    assert sum(len(p.variants) for p in variable) == 3 * 3 + 4
    assert sum(p.status == "unlisted" for p in found) == 1
