"""Pictures as they are served and shown: photographs where there are some, else drawings."""

import re
from urllib.parse import quote

import pytest
from flask import render_template

from storefront import photographs
from storefront.models import Picture, Product, Variant
from storefront.models.choice import Choice
from storefront.models.display import Display
from tests.snapshots import picture


@pytest.fixture
def media(settings):
    return settings.instance / "media"


@pytest.fixture
def photograph(shirt, media):
    """Take a picture of the shirt in, or of another product."""

    def photograph(position: int = 1, variant=None, alt: str = "", product=shirt) -> Picture:
        source = f"https://cdn.example/{position}.jpg"
        facts = {"position": position, "source": source, "variant": variant, "alt": alt}
        row = Picture.create(product=product, **facts)
        shade = (position * 20,) * 3
        photographs.take_in(row, picture(colour=(shade, shade)), media)
        return row

    return photograph


def address(row: Picture, ending: str) -> str:
    return f"/media/pictures/{row.digest[:2]}/{row.digest[2:]}-{ending}"


# Served


def test_a_photograph_is_served_for_a_year(client, photograph):
    row = photograph()
    for ending in ("webp", "avif"):
        answer = client.get(address(row, f"400.{ending}"), buffered=True)
        assert answer.status_code == 200
        assert answer.mimetype == f"image/{ending}"
        directives = set(answer.headers["Cache-Control"].split(", "))
        assert directives == {"public", "max-age=31536000", "immutable"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "Set-Cookie" not in answer.headers
        assert "Vary" not in answer.headers


def test_who_has_it_already_is_told_so(client, photograph):
    url = address(photograph(), "400.webp")
    etag = client.get(url, buffered=True).headers["ETag"]
    again = client.get(url, headers={"If-None-Match": etag}, buffered=True)
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(address(Picture.get(), "200.webp"), buffered=True)
    assert other.headers["ETag"] != etag


def test_a_part_of_it_can_be_asked_for(client, photograph):
    part = {"Range": "bytes=0-3"}
    answer = client.get(address(photograph(), "400.webp"), headers=part, buffered=True)
    assert (answer.status_code, answer.data) == (206, b"RIFF")


@pytest.mark.parametrize(
    "path",
    [
        *("pictures/ab/none-400.webp", f"pictures/ab/{'c' * 30}-400.webp", "pictures", "", "/"),
        *("../secrets.json", "..%2fsecrets.json", "pictures/../../secrets.json", "note.html"),
        *("pictures/ab/../../../secrets.json", "%2e%2e/settings.json", "/etc/passwd"),
        *("pictures%5c..%5c..%5csecrets.json", "pictures/ab/%00.webp", "private/letter.webp"),
    ],
)
def test_nothing_else_is_served(client, media, path):
    (media / "note.html").write_text("<script>alert(1)</script>")
    (media / "private").mkdir()
    (media / "private" / "letter.webp").write_text("Dear Ann")
    assert (media.parent / "secrets.json").exists()
    answer = client.get(f"/media/{path}", follow_redirects=True)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_what_is_kept_beside_a_photograph_is_not_served(client, photograph):
    row = photograph()
    for ending in ("400.webp.7-7.new", "400.png", "99999.webp", "400.WEBP", "300.webp"):
        assert client.get(address(row, ending)).status_code == 404
    beside = f"/media/pictures/{row.digest[:2]}/{row.digest[2:]}.json"
    assert client.get(beside).status_code == 404


def test_the_unlisted_is_drawn_for_who_knows_the_address(client, shirt):
    for status, code in (("active", 200), ("unlisted", 200), ("draft", 404)):
        Product.update(status=status).where(Product.id == shirt.id).execute()
        assert client.get(f"/pictures/{shirt.handle}.svg").status_code == code


# Shown


@pytest.fixture
def drawn_figure(app, shirt):
    """The figure on the shirt's page, for a variant."""

    def drawn_figure(variant: Variant, fragment: bool = False) -> str:
        choice = Choice(Product.get_by_id(shirt.id), tuple(variant.choice))
        gallery = Display.of(shirt.handle).gallery(choice)
        context = {"product": choice.product, "choice": choice, "gallery": gallery}
        with app.test_request_context():
            return render_template("products/_picture.html", fragment=fragment, **context)

    return drawn_figure


def test_one_photograph_is_offered_in_all_its_sizes(drawn_figure, plenty, photograph):
    row = photograph(alt='The "front"')
    figure = drawn_figure(plenty)
    assert figure.count("<picture>") == figure.count("<img") == 1
    for ending in ("avif", "webp"):
        sources = ", ".join(f"{address(row, f'{w}.{ending}')} {w}w" for w in (200, 400, 900))
        assert f'srcset="{sources}" sizes="' in figure
    assert '<source type="image/avif" srcset=' in figure
    assert f'src="{address(row, "400.webp")}"' in figure
    assert 'width="900" height="1200" alt="The &#34;front&#34;">' in figure
    assert "#picture-" not in figure


def test_without_a_photograph_the_choice_is_drawn(drawn_figure, shirt, plenty):
    Picture.create(product=shirt, source="https://cdn.example/1.jpg")
    figure = drawn_figure(plenty)
    colour = plenty.colour_in(shirt)
    assert f'src="/pictures/{shirt.handle}.svg?colour={quote(colour)}"' in figure
    assert f'width="400" height="500" alt="{shirt.title}, {colour}"' in figure
    assert "cdn.example" not in figure


def test_several_are_a_row_with_a_link_to_each(drawn_figure, plenty, photograph):
    rows = [photograph(n) for n in (1, 2, 3)]
    figure = drawn_figure(plenty)
    large, strip = figure.split('class="strip"')
    assert re.findall(r'id="(picture-\d)"', large) == [f"picture-{n}" for n in (1, 2, 3)]
    assert re.findall(r'href="#(picture-\d)"', strip) == [f"picture-{n}" for n in (1, 2, 3)]
    assert [large.count(f"{row.digest[2:]}-400.webp") > 0 for row in rows] == [True] * 3
    assert large.count('loading="lazy"') == 2  # all but the first
    assert 'alt="Picture 2 of 3"' in strip
    assert "<script" not in figure


def test_the_figure_follows_the_choice(drawn_figure, shirt, photograph):
    one, other, *_ = {v.colour_in(shirt): v for v in shirt.in_order()}.values()
    first, second = photograph(1, one), photograph(2, other)
    for variant, row in ((one, first), (other, second)):
        figure = drawn_figure(variant, fragment=True)
        assert 'hx-swap-oob="true"' in figure
        places = {each.id: figure.index(each.digest[2:]) for each in (first, second)}
        assert min(places, key=places.get) == row.id


def test_a_choice_whose_own_picture_is_missing_is_drawn_beside_the_others(
    drawn_figure, shirt, plenty, photograph
):
    photograph(1)
    Picture.create(product=shirt, variant=plenty, position=2, source="https://cdn.example/2.jpg")
    figure = drawn_figure(plenty)
    assert figure.index(f"/pictures/{shirt.handle}.svg") < figure.index("/media/pictures/")


@pytest.fixture
def newest(settings) -> Product:
    """The product that the listing shows first."""
    return Product.on_sale().order_by(Product.id.desc()).first()


def test_a_card_shows_the_photograph_where_there_is_one(client, newest, photograph):
    before = client.get("/products").text
    assert f'src="/pictures/{newest.handle}.svg"' in before
    row = photograph(product=newest)
    page = client.get("/products").text
    assert f'src="/pictures/{newest.handle}.svg"' not in page
    assert f"{address(row, '200.avif')} 200w" in page
    assert 'width="900" height="1200" alt=""' in page
    assert page.count("<img") == before.count("<img")


def test_every_file_that_a_page_names_is_there(client, newest, photograph):
    photograph(product=newest)
    named = re.findall(r"/media/[^ \",]+", client.get("/products").text)
    assert len(named) == 7
    for url in named:
        assert client.get(url, buffered=True).status_code == 200
