"""Imports and exports at the desk: brought, tried, looked over, imported; taken away as a file."""

import csv
import io

import pytest

from storefront import importing
from storefront.brought import Place
from storefront.importing import Importer
from storefront.models import CatalogueImport, Product, Variant
from tests.conftest import Visitor
from tests.staff import signed_in
from tests.test_coverage import post, without  # noqa: F401 fixtures
from tests.test_importing import HEADER, MUG, many


def bring(visitor: Visitor, text: str = MUG, name: str = "export.csv"):
    form = {"file": (io.BytesIO(text.encode()), name)}
    return visitor.post("/desk/imports", form, content_type="multipart/form-data")


def where(answer) -> str:
    assert answer.status_code in (204, 303)
    return (answer.headers.get("HX-Redirect") or answer.location).removeprefix("http://localhost")


@pytest.fixture
def work(settings, clock):
    return lambda: Importer(settings).work_off(clock)


@pytest.fixture
def tried(at_work, work) -> str:
    """The page of a file that was brought and tried."""
    at = where(bring(at_work))
    work()
    return at


def send(visitor: Visitor, url: str, **form) -> str:
    """The page after a form, whichever way it was sent."""
    answer = visitor.post(url, form)
    return visitor.get(where(answer)).text if answer.status_code in (204, 303) else answer.text


def test_a_desk_that_never_imported_says_so(editor):
    page = editor.get("/desk/imports").text
    assert "Nothing yet." in page
    assert "256 MB at most" in page


def test_a_file_goes_from_the_form_to_the_shop_in_three_steps(at_work, work, client):
    at = where(bring(at_work, name="Mugs & <more>.csv"))
    page = at_work.get(at).text
    assert "Waits for the worker" in page
    assert 'hx-trigger="every 1s"' in page
    work()
    page = at_work.client.get(at).text
    assert "Mugs &amp; &lt;more&gt;.csv" in page
    assert "nothing is written yet" in page
    assert "line 2: make mug, 1 variant" in page
    assert "every 1s" not in page
    assert client.get("/products/mug").status_code == 404
    assert "Waits for the worker" in send(at_work, f"{at}/import", **{"keep-stock": "yes"})
    work()
    assert "Imported." in at_work.get(at).text
    assert client.get("/products/mug").status_code == 200
    assert "imported" in at_work.client.get("/desk/imports").text


def test_without_javascript_the_page_looks_again_by_itself_and_by_a_link(editor):
    page = editor.get(where(bring(Visitor(editor, False)))).text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert "Look again" in page


def test_how_far_it_has_come_is_shown_and_can_be_stopped(at_work, settings, clock, monkeypatch):
    at = where(bring(at_work, many(2000)))
    place, importer, pages = Place(settings), Importer(settings), []
    check = importer.check

    def looking(run):
        if place.progress(run) and not pages:
            pages.append(at_work.get(at).text)
            pages.append(send(at_work, f"{at}/stop"))
        check(run)

    monkeypatch.setattr(importer, "check", looking)
    monkeypatch.setattr(importing, "PAUSE", 0)
    importer.work_off(clock)
    for page in pages:
        assert '<progress id="progress" max="100" value="' in page
    assert "Nothing of it is written" in at_work.get(at).text
    assert "Try again" in at_work.get(at).text
    assert "Waits for the worker" in send(at_work, f"{at}/trial")


def test_what_is_no_catalogue_is_refused_beside_the_field(at_work):
    for text, words in (("", "The file is empty"), ("PK\x03\x04", "an Excel workbook")):
        answer = bring(at_work, text)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'id="file-error"' in answer.text
    answer = at_work.post(
        "/desk/imports", {"file": (io.BytesIO(), "")}, content_type="multipart/form-data"
    )
    assert "Choose the file" in answer.text
    assert not CatalogueImport.select().exists()


def test_a_file_with_a_wrong_line_is_refused_with_its_number(at_work, work):
    at = where(bring(at_work, MUG + "cup,Cup,shopify,7,twelve,\n"))
    work()
    page = at_work.get(at).text
    assert "nothing is written: Line 3:" in page
    assert "Import it" not in page


def test_what_would_happen_to_stock_is_said_and_it_stays_unless_told_otherwise(at_work, work):
    def through(**ticks) -> str:
        at = where(bring(at_work))
        work()
        page = at_work.get(at).text
        send(at_work, f"{at}/import", **ticks)
        work()
        return page

    through()
    mug = Variant.get(Variant.product == Product.get(Product.handle == "mug"))
    Variant.update(stock=3).where(Variant.id == mug.id).execute()
    page = through(**{"keep-stock": "yes"})
    assert "1 variant of this shop has another number in the file" in page
    assert 'name="keep-stock" value="yes" checked' in page
    assert Variant.get_by_id(mug.id).stock == 3
    through()
    assert Variant.get_by_id(mug.id).stock == 7


def test_an_import_is_begun_once_and_thrown_away_only_at_rest(at_work, tried, work, settings):
    send(at_work, f"{tried}/import")
    assert at_work.post(f"{tried}/import", {}).status_code == 422
    assert at_work.post(f"{tried}/removal", {}).status_code == 422
    assert at_work.post(f"{tried}/trial", {}).status_code == 422
    work()
    assert where(at_work.post(f"{tried}/removal", {})) == "/desk/imports"
    assert at_work.get(tried).status_code == 404
    assert list(Place(settings).folder.iterdir()) == []


def test_a_file_that_has_gone_is_asked_for_again(at_work, tried, settings):
    Place(settings).path(CatalogueImport.get()).unlink()
    assert "The file itself is gone" in at_work.get(tried).text
    answer = at_work.post(f"{tried}/import", {})
    assert answer.status_code == 422
    assert "Bring it again" in answer.text


def test_a_run_whose_worker_died_is_shown_as_broken_off_and_begun_again(at_work, tried, clock):
    run = CatalogueImport.get()
    run.begin(True, False, clock())
    run.take_up(clock())
    assert "Broken off" in at_work.get(tried).text
    assert CatalogueImport.get().state == "running", "looking writes nothing"
    assert "Waits for the worker" in send(at_work, f"{tried}/trial")
    assert CatalogueImport.get().step == "import"


def test_pictures_are_not_offered_while_the_policy_says_nothing_of_it(
    at_work,
    tried,
    without,  # noqa: F811
):
    assert 'name="fetch"' in at_work.get(tried).text
    without("catalogue")
    page = at_work.get(tried).text
    assert 'name="fetch"' not in page
    assert "No pictures are fetched now" in page
    answer = at_work.post(f"{tried}/import", {"fetch": "yes"})
    assert answer.status_code == 422
    assert CatalogueImport.get().may_begin


def test_how_pictures_came_is_counted(at_work, tried, clock, settings):
    run = CatalogueImport.get()
    run.begin(True, True, clock())
    run = CatalogueImport.get()
    run.take_up(clock())
    run.ended("done", clock())
    run.take_up(clock())
    run.ended("done", clock(), fetched=2, missed=1, remarks=["mug: it did not answer"])
    page = at_work.get(tried).text
    assert "2 pictures fetched, 1 could not be had" in page
    assert "mug: it did not answer" in page
    assert "with its pictures" in at_work.client.get("/desk/imports").text


@pytest.mark.parametrize("role", ["fulfilment", "moderator"])
def test_other_roles_are_refused_and_nothing_begins(app, tried, role):
    client = signed_in(app, role)
    for url in ("/desk/imports", tried, "/desk/exports/shopify.csv"):
        assert client.get(url).status_code == 403
    assert bring(Visitor(client, False)).status_code == 403
    for noun in ("import", "stop", "trial", "removal"):
        assert client.post(f"{tried}/{noun}").status_code == 403
    assert CatalogueImport.get().may_begin


# Exports


DANGEROUS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "'=1"]


@pytest.mark.parametrize("format", ["shopify", "woocommerce"])
def test_the_catalogue_is_taken_away_and_runs_nothing_in_a_spreadsheet(editor, format):
    for product, title in zip(Product.select().limit(7), DANGEROUS, strict=True):
        facts = {"title": title, "vendor": title, "description": title, "tags": [title]}
        Product.update(facts).where(Product.id == product.id).execute()
        Variant.update(sku=title, barcode=title).where(Variant.product == product).execute()
    with editor.get(f"/desk/exports/{format}.csv") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
        assert f'filename="catalogue-{format}-' in answer.headers["Content-Disposition"]
        assert "no-store" in answer.headers["Cache-Control"]
        text = answer.get_data(as_text=True)
        assert len(answer.data) == answer.content_length
    cells = [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row]
    assert any(cell == "'=1+1" for cell in cells)
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")] == []


def test_names_of_columns_that_came_with_a_file_run_nothing_either(editor, work):
    odd = HEADER.strip() + ',"=HYPERLINK(""http://x"")"\nmug,Mug,=cmd(),7,12.00,,kept\n'
    at = where(bring(Visitor(editor, False), odd))
    work()
    editor.post(f"{at}/import")
    work()
    for format in ("shopify", "woocommerce"):
        with editor.get(f"/desk/exports/{format}.csv") as answer:
            text = answer.get_data(as_text=True).removeprefix("\ufeff")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")] == []
    again = where(bring(Visitor(editor, False), text))
    work()
    assert CatalogueImport.get_by_id(int(again.rpartition("/")[2])).state == "done"
    extra = Product.get(Product.handle == "mug").in_order()[0].extra["shopify"]
    assert extra["Inventory tracker"] == "=cmd()"


def test_there_is_no_third_format_and_an_empty_shop_has_its_header(editor):
    assert editor.get("/desk/exports/excel.csv").status_code == 404
    Product.delete().execute()
    with editor.get("/desk/exports/shopify.csv") as answer:
        assert answer.get_data(as_text=True).count("\n") == 1
