"""Pictures that come with a catalogue, and catalogues made up to measure with."""

from PIL import Image

from storefront.models import Product, Rating

DEMO = "storefront/demo/catalogue.csv"


def test_pictures_in_a_folder_come_with_the_catalogue(runner, client, settings, tmp_path):
    Image.new("RGB", (900, 1100), "sienna").save(tmp_path / "broad-noon-sun-hat.jpg")
    (tmp_path / "letter.txt").write_text("no picture")
    result = runner("import-products", DEMO, "--pictures", tmp_path)
    assert result.exit_code == 0, result.output
    assert "1 pictures taken" in result.output
    assert "letter.txt" in result.output
    page = client.get("/products/broad-noon-sun-hat").text
    assert 'type="image/avif"' in page
    address = page.split('<img src="')[1].split('"')[0]
    with client.get(address) as picture:
        assert picture.mimetype == "image/webp"
        assert "immutable" in picture.headers["Cache-Control"]
    assert 'width="900"' in page
    assert 'height="1100"' in page


def test_a_large_catalogue_can_be_made_up(runner, client):
    before = Product.select().count()
    result = runner("generate-products", "30")
    assert result.exit_code == 0, result.output
    assert Product.select().count() == before + 30
    assert "generated-29" in client.get("/products").text
    assert runner("generate-products", "0").exit_code == 2


def test_many_testimonials_can_be_made_up(runner, client, shirt):
    result = runner("generate-testimonials", "40")
    assert result.exit_code == 0, result.output
    assert "<h2>40 testimonials</h2>" in client.get("/testimonials").text
    assert runner("generate-testimonials", "25", "--of", shirt.handle).exit_code == 0
    assert Rating.of(shirt.id).count >= 25
    assert Rating.of_all().count == 65
    assert "no such product" in runner("generate-testimonials", "1", "--of", "never").output
