"""What goes out and comes in again changes nothing, in either format, as far as each can say."""

import csv
import re
from datetime import timedelta
from pathlib import Path

import pytest

from storefront.exchange.commands import FORMATS, bring_in, give_out
from storefront.exchange.load import load
from storefront.exchange.sniff import open_catalogue
from storefront.models import (
    CatalogueVersion,
    FacetValue,
    Picture,
    Product,
    Redirect,
    Variant,
    Word,
)

FIXTURES = Path(__file__).parent / "fixtures"
OWN = ["woocommerce-traps.csv", "shopify-everything.csv", "traps.csv", "mixed-headers.csv"]
TABLES = (Product, Variant, Picture, Redirect, FacetValue, CatalogueVersion, Word)
REAL = [
    *("shopify-apparel-25.csv", "shopify-home-20.csv", "shopify-snow-278.csv"),
    "woocommerce-sample-25.csv",
]


@pytest.fixture
def now(clock):
    return clock()


def dump() -> dict[str, list]:
    return {table.__name__: list(table.select().order_by(table.id).dicts()) for table in TABLES}


def told() -> list:
    """What the shop sells, without ids and moments, and without what is kept of formats."""
    passing = {"id", "product", "variant", "made_at", "changed_at", "extra"}
    rows = []
    for product in Product.select().order_by(Product.handle):
        parts = [product, *product.in_order(), *product.pictures.order_by(Picture.position)]
        rows += [{k: v for k, v in part.__data__.items() if k not in passing} for part in parts]
    return rows


@pytest.fixture
def out_and_in(tmp_path, now):
    """Export, import what came out a day later, and give what the import reports."""

    def out_and_in(format: str):
        give_out(str(tmp_path / "out.csv"), format, "USD", now)
        return bring_in(tmp_path / "out.csv", "USD", now + timedelta(days=1))

    return out_and_in


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", OWN)
def test_our_own_files_come_back_unchanged(settings, out_and_in, now, name, format):
    load(open_catalogue(FIXTURES / name, 2, now.date()), "USD", now)
    before = dump()
    report = out_and_in(format)
    assert (report.made, report.changed, report.skipped) == (0, 0, 0)
    assert dump() == before


@pytest.mark.shared
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", REAL)
def test_real_files_come_back_unchanged(settings, shared, out_and_in, now, name, format):
    load(open_catalogue(shared / "catalogues" / name, 2, now.date()), "USD", now)
    before = dump()
    report = out_and_in(format)
    assert (report.made, report.changed, report.skipped) == (0, 0, 0)
    assert dump() == before


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", OWN)
def test_an_empty_shop_gets_the_same_products_from_an_export(
    settings, out_and_in, tmp_path, now, name, format
):
    Product.delete().execute()
    load(open_catalogue(FIXTURES / name, 2, now.date()), "USD", now)
    before = told()
    give_out(str(tmp_path / "out.csv"), format, "USD", now)
    Product.delete().execute()
    bring_in(tmp_path / "out.csv", "USD", now)
    assert told() == before


def rows_of(path: Path) -> list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("format", FORMATS)
def test_no_cell_of_an_export_runs_in_a_spreadsheet(settings, tmp_path, now, format):
    for name in OWN:
        load(open_catalogue(FIXTURES / name, 2, now.date()), "USD", now)
    give_out(str(tmp_path / "out.csv"), format, "USD", now)
    for row in rows_of(tmp_path / "out.csv"):
        for column, cell in row.items():
            number = re.fullmatch(r"-\d+", cell) and format == "shopify"
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), column


def test_shopify_is_written_under_the_headers_that_it_documents_today(settings, tmp_path, now):
    load(open_catalogue(FIXTURES / "shopify-everything.csv", 2), "USD", now)
    give_out(str(tmp_path / "out.csv"), "shopify", "USD", now)
    given = rows_of(FIXTURES / "shopify-everything.csv")
    rows = [row for row in rows_of(tmp_path / "out.csv") if row["URL handle"] == "mill-coat"]
    assert set(given[0]) - {"Option1 Linked To"} <= set(rows[0])
    assert rows[0]["Color (product.metafields.shopify.color-pattern)"] == "olive"
    assert (rows[0]["Tax code"], rows[1]["Inventory tracker"]) == ("P0000", "shipwire")
    assert [row["Price / International"] for row in rows] == ["200", "", ""]
    assert [row["Title"] for row in rows] == ["'=Coat", "", ""]


def test_woocommerce_is_written_as_its_own_exporter_does(settings, tmp_path, now):
    load(open_catalogue(FIXTURES / "woocommerce-traps.csv", 2), "USD", now)
    give_out(str(tmp_path / "out.csv"), "woocommerce", "USD", now)
    rows = {row["SKU"] or row["Name"]: row for row in rows_of(tmp_path / "out.csv")}
    tee, red, blue = rows["tee"], rows["tee-red"], rows["tee-blue"]
    assert (tee["Type"], tee["ID"], tee["Name"]) == ("variable", "10", "'+Tee")
    assert (tee["Description"], tee["Tags"]) == (
        r"<p>One.</p>\n<p>Two.</p>",
        r"Basics, Red\, white",
    )
    assert (tee["Categories"], tee["Brands"]) == ("Clothing > Tees, Sale", "Mill, Quay")
    assert (red["Parent"], red["Attribute 2 name"], red["Attribute 2 value(s)"]) == (
        *("tee", "Size", ""),
    )
    assert (blue["Stock"], blue["Backorders allowed?"], blue["Sale price"]) == (
        *("'-2", "notify", "15.00"),
    )
    assert (rows["song"]["Type"], rows["song"]["Sale price"]) == (
        *("simple, downloadable, virtual", "2.00"),
    )
    assert rows["Hidden thing"]["Visibility in catalog"] == "hidden"
    assert (rows["Set"]["Grouped products"], rows["pen"]["Button text"]) == (
        *("tee, id:20", "Buy there"),
    )


def test_variants_that_stood_for_any_value_part_once_they_differ(settings, tmp_path, now):
    load(open_catalogue(FIXTURES / "woocommerce-traps.csv", 2), "USD", now)
    red = Variant.get(Variant.sku == "tee-red")
    Variant.update(price_minor=1999).where(Variant.id == red.id).execute()
    give_out(str(tmp_path / "out.csv"), "woocommerce", "USD", now)
    rows = [row for row in rows_of(tmp_path / "out.csv") if row["SKU"] == "tee-red"]
    assert [(row["ID"], row["Attribute 2 value(s)"]) for row in rows] == [
        *(("12", "L"), ("", "M"), ("", "S")),
    ]
    before = told()
    bring_in(tmp_path / "out.csv", "USD", now)
    assert told() == before


def test_an_edited_export_is_read_as_edited(settings, tmp_path, now):
    load(open_catalogue(FIXTURES / "shopify-everything.csv", 2), "USD", now)
    path = tmp_path / "out.csv"
    give_out(str(path), "woocommerce", "USD", now)
    rows = rows_of(path)
    draft = next(row for row in rows if row["Name"] == "Draft")
    assert draft["Meta: _storefront"]
    draft |= {"Published": "1", "Name": "Not a draft"}
    variation = next(row for row in rows if '"Draft - ' in f'"{row["Name"]}')
    variation |= {"Stock": "9"}
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    bring_in(path, "USD", now)
    product = Product.get(Product.handle == "draft")
    assert (product.title, product.status) == ("Not a draft", "active")
    assert product.in_order()[0].stock == 9


def test_products_that_a_format_cannot_say_are_left_out_and_named(settings, tmp_path, now, capsys):
    demo = Product.select().count()
    product = Product.create(
        handle="four",
        title="Four",
        options=list("abcd"),
        currency="USD",
        made_at=now,
        changed_at=now,
    )
    Variant.create(product=product, choice=list("1234"), price_minor=100, currency="USD")
    Product.create(handle="none", title="None", currency="USD", made_at=now, changed_at=now)
    written = give_out(str(tmp_path / "out.csv"), "shopify", "USD", now)
    assert (written.products, written.left_out) == (demo, 2)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "four is left out: it has 4 options, and Shopify's file has room for three",
        "none is left out: it has nothing to be sold",
    ]
    assert give_out(str(tmp_path / "out.csv"), "woocommerce", "USD", now).left_out == 1


def test_two_shops_with_the_same_numbers_can_leave_in_one_file(settings, out_and_in, now, tmp_path):
    text = (FIXTURES / "woocommerce-traps.csv").read_text(encoding="utf-8")
    load(open_catalogue(FIXTURES / "woocommerce-traps.csv", 2), "USD", now)
    others = text.replace("Tee", "Hat").replace("Hidden thing", "Other").replace("Song", "Air")
    others = others.replace("Set", "Pair").replace("Pen", "Ink").replace(",song,", ",air,")
    others = others.replace(",pen,", ",ink,").replace(",tee", ",hat").replace('"tee', '"hat')
    path = tmp_path / "other.csv"
    path.write_text(others, encoding="utf-8")
    report = load(open_catalogue(path, 2), "USD", now)
    assert report.made >= 3, "where SKU and name differ, the same number is another product"
    before = dump()
    report = out_and_in("woocommerce")
    assert (report.made, report.changed) == (0, 0)
    assert dump()["Product"] == before["Product"]
