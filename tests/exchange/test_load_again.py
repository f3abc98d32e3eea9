"""Products are known again, take over handles, and are found once they are in."""

from datetime import timedelta

import pytest

from storefront.db import database
from storefront.exchange.catalogue import ImportedProduct, Skipped
from storefront.exchange.commands import bring_in
from storefront.exchange.load import batches, load
from storefront.exchange.sniff import open_catalogue
from storefront.models import FacetValue, Picture, Product, Redirect, Variant, Word
from storefront.models.search import candidates
from tests.exchange.reading import HEAD


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def bring(settings, tmp_path, now):
    """Import a file given as text; gives the report and what was told."""

    def bring(text: str, at=now, **options):
        path = tmp_path / "catalogue.csv"
        path.write_text(text, encoding="utf-8")
        told = []
        report = load(open_catalogue(path, 2, at.date()), "USD", at, tell=told.append, **options)
        return report, told

    return bring


def handles() -> set[str]:
    return {product.handle for product in Product.select()}


CAP = f"{HEAD}\n7,simple,cap,Warm cap,1,20\n"


def test_a_product_of_woocommerce_is_known_again_when_its_name_changes(bring):
    bring(CAP)
    cap = Product.get(Product.handle == "warm-cap")
    report, told = bring(CAP.replace("Warm cap", "Cold cap"))
    assert (report.made, report.changed) == (0, 1)
    assert told == ["line 2: change warm-cap, 1 variant (title)"]
    assert Product.get_by_id(cap.id).title == "Cold cap"


def test_it_is_known_by_its_sku_when_its_number_changes_and_by_its_name_without_either(bring):
    bring(CAP)
    assert bring(CAP.replace("7,simple", "8,simple"))[0].made == 0
    bare = f"{HEAD}\n,simple,,Bare hat,1,20\n,simple,,Bare hat,1,21\n"
    assert bring(bare)[0].made == 2
    report, told = bring(bare)
    assert (report.made, report.changed) == (0, 0)
    assert told == ["line 2: same bare-hat, 1 variant", "line 3: same bare-hat-2, 1 variant"]


def test_another_shops_product_with_the_same_number_is_another_product(bring):
    bring(CAP)
    report, _ = bring(f"{HEAD}\n7,simple,pan,Frying pan,1,30\n")
    assert report.made == 1
    assert {"warm-cap", "frying-pan"} <= handles()


def test_a_proposed_handle_that_is_taken_is_numbered_and_stays_so(bring, shirt):
    text = f"{HEAD}\n7,simple,x,{shirt.title},1,20\n"
    for made in (1, 0):
        assert bring(text)[0].made == made
        assert f"{shirt.handle}-2" in handles()
    assert Product.get_by_id(shirt.id).title == shirt.title


def test_a_handle_that_led_elsewhere_is_taken_over(bring, shirt):
    Redirect.create(handle="mug", product=shirt)
    report, _ = bring("Handle,Title,Price\nmug,Mug,3.00\n")
    assert report.made == 1
    assert not Redirect.select().where(Redirect.handle == "mug").exists()


def test_what_comes_in_is_on_its_shelves_and_found(bring):
    text = "Handle,Title,Type,Vendor,Option1 Name,Option1 Value,Price\n"
    text += "mug,Zephyr mug,Cups,Quay,Size,S,30\nmug,,,,,L,40\n"
    bring(text)
    mug = Product.get(Product.handle == "mug")
    for facet in (("all", "all"), ("type", "Cups"), ("vendor", "Quay"), ("option:Size", "L")):
        row = FacetValue.get(FacetValue.name == facet[0], FacetValue.value == facet[1])
        assert mug.id in row.bitmap
        assert list(facet) in mug.facets
    assert candidates(["zephyr"]) == [mug.id]
    assert Word.select().where(Word.text == "zephyr").exists()


def test_what_is_no_longer_on_sale_leaves_its_shelves(bring):
    bring("Handle,Title,Status,Price\nmug,Zephyr mug,active,3\n")
    _, told = bring("Handle,Title,Status,Price\nmug,Zephyr mug,draft,3\n")
    assert told == ["line 2: change mug, 1 variant (status, shelves)"]
    mug = Product.get(Product.handle == "mug")
    assert mug.facets == []
    assert mug.id not in FacetValue.get(FacetValue.name == "all").bitmap
    assert candidates(["zephyr"]) == []


def test_a_column_that_a_file_lacks_changes_nothing(bring):
    bring("Handle,Title,Description,Vendor,Price,Cost per item,Barcode\nmug,Mug,Tea,Quay,3,1,99\n")
    before = Product.get(Product.handle == "mug")
    _, told = bring("Handle,Title,Price\nmug,Mug,4\n")
    assert told == ["line 2: change mug, 1 variant (price)"]
    after = Product.get(Product.handle == "mug")
    assert (after.description, after.vendor) == (before.description, "Quay")
    assert (after.in_order()[0].cost_minor, after.in_order()[0].barcode) == (100, "99")


def test_pictures_from_a_folder_stay(bring):
    text = "Handle,Title,Price,Image Src\nmug,Mug,3,https://p.test/1.jpg\n"
    bring(text)
    mug = Product.get(Product.handle == "mug")
    Picture.create(product=mug, source="file:mug.jpg", position=2)
    _, told = bring(text.replace("1.jpg", "2.jpg"))
    assert told == ["line 2: change mug, 1 variant (pictures)"]
    assert {p.source for p in mug.pictures} == {"https://p.test/2.jpg", "file:mug.jpg"}


def test_new_pictures_are_handed_on_as_they_are_written(bring):
    handed = []
    text = "Handle,Title,Price,Image Src\nmug,Mug,3,https://p.test/1.jpg\n"
    bring(text, pictured=handed.extend)
    bring(text, pictured=handed.extend)
    assert [picture.source for picture in handed] == ["https://p.test/1.jpg"]


def test_skipped_rows_are_counted_told_and_warned_of(bring):
    warned = []
    report, told = bring(f"{CAP}8,subscription,s,S,1,5\n", warn=warned.append)
    assert report.summary == "products=1 variants=1 images=0 skipped=1"
    assert warned == ["line 3: skip, its type, 'subscription', is not sold here"]
    assert told == ["line 2: make warm-cap, 1 variant", *warned]


def test_each_change_is_named(bring, now):
    text = "Handle,Title,Option1 Name,Option1 Value,Price\nmug,Mug,Size,S,3\nmug,,,L,4\n"
    bring(text)
    _, told = bring(text.replace("Mug", "Cup").replace("L,4", "XL,4"), now + timedelta(days=1))
    assert told == [
        "line 2: change mug, 2 variants (title, new variants, variants gone, shelves)",
    ]
    assert Product.get(Product.handle == "mug").changed_at == now + timedelta(days=1)


def test_groups_and_things_sold_elsewhere_have_pages(bring, client):
    head = f"{HEAD},External URL,Images\n"
    rows = "1,grouped,,A set,1,,,\n2,external,p,A pen,1,11.05,https://maker.test/pen,\n"
    rows += "3,external,,An ink,1,,https://maker.test/ink,\n"
    bring(head + rows)
    for handle in ("a-set", "a-pen", "an-ink"):
        page = client.get(f"/products/{handle}")
        assert page.status_code == 200, handle
        assert "Add to cart" not in page.text
    assert 'href="https://maker.test/pen"' in client.get("/products/a-pen").text


def test_many_products_cost_few_statements_each(settings, tmp_path, now, monkeypatch):
    rows = "".join(f"p{n},P{n},Size,S,3\np{n},,,M,3\n" for n in range(200))
    path = tmp_path / "catalogue.csv"
    path.write_text("Handle,Title,Option1 Name,Option1 Value,Price\n" + rows)
    said = []
    execute = type(database.obj).execute_sql

    def counted(self, sql, *rest, **options):
        said.append(sql)
        return execute(self, sql, *rest, **options)

    monkeypatch.setattr(type(database.obj), "execute_sql", counted)
    for most in (2.5, 0.2):
        said.clear()
        bring_in(path, "USD", now)
        assert len(said) / 200 <= most
    assert Variant.select().where(Variant.currency == "USD").count() >= 400


def imported(handle: str, variants: int = 1, text: str = "") -> ImportedProduct:
    words = ("title", "description", "vendor", "type", "tags", "status", "published", "gift_card")
    rest = dict.fromkeys((*words, "seo_title", "seo_description", "options", "pictures"), "")
    rest |= {"description": text, "variants": (None,) * variants}
    return ImportedProduct(line=1, handle=handle, **rest)


def test_batches_stay_small_and_hold_each_handle_once():
    assert [len(b) for b in batches([Skipped(1, "")] * 250)] == [100, 100, 50]
    assert [len(b) for b in batches(imported(h) for h in "abca")] == [3, 1]
    assert [len(b) for b in batches(imported(h, 400) for h in "abcd")] == [2, 2]
    large = "x" * 2**20
    assert [len(b) for b in batches(imported(h, text=large) for h in "abcd")] == [2, 2]
