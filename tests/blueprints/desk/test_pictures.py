"""The pictures of a product at the desk: uploaded, described, put in order, taken away."""

import io

import pytest

from storefront import photographs, prints
from storefront.door import Bounded
from storefront.models import Picture, Product
from tests.conftest import Visitor
from tests.snapshots import picture, turned
from tests.staff import signed_in


def small(colour=(120, 120, 120), **options) -> bytes:
    return picture((90, 120), colour=(colour, colour), **options)


@pytest.fixture
def product(settings) -> Product:
    return Product.get(Product.handle == "second-day-merino-t-shirt")


@pytest.fixture
def at(product) -> str:
    return f"/desk/products/{product.id}/pictures"


@pytest.fixture
def hung(product, settings):
    """Three pictures that hang there."""
    shades = [(200, 40, 40), (40, 200, 40), (40, 40, 200)]
    files = [(f"{n}.jpg", io.BytesIO(small(shade))) for n, shade in enumerate(shades)]
    assert photographs.from_desk(product, files, settings.instance / "media") == {}
    return Picture.of(product)


def files(**given: bytes) -> dict:
    """A form with files, by their names."""
    named = [(io.BytesIO(raw), name.replace("_", ".")) for name, raw in given.items()]
    return {"files": named}


def send(visitor: Visitor, url: str, form: dict):
    return visitor.post(url, form, content_type="multipart/form-data")


def was_done(answer) -> bool:
    return answer.status_code in (200, 303)


def test_a_product_without_pictures_says_so_and_leads_back(at_work, at, product):
    page = at_work.client.get(at).text
    assert "a drawing stands for this product" in page
    assert f'href="/desk/products/{product.id}"' in page


def test_several_pictures_are_taken_at_once_and_the_shop_shows_them_at_once(
    at_work, at, product, client
):
    assert "/media/pictures/" not in client.get(f"/products/{product.handle}").text
    assert was_done(send(at_work, at, files(a_jpg=small(), b_png=small((9, 9, 9), format="PNG"))))
    first, second = Picture.of(product)
    assert (first.position, second.position) == (1, 2)
    shown = client.get(f"/products/{product.handle}").text
    assert first.digest[2:] in shown
    assert second.digest[2:] in shown
    assert Product.get_by_id(product.id).card_picture["digest"] == first.digest
    address = f"/media/pictures/{first.digest[:2]}/{first.digest[2:]}-{first.widths[-1]}.avif"
    with client.get(address) as file:
        assert file.status_code == 200


def test_what_is_kept_is_developed_and_nothing_of_what_was_sent(at_work, at, settings):
    raw = turned(6, (120, 90))
    assert b"A camera" in raw
    send(at_work, at, files(a_jpg=raw))
    kept = [path for path in (settings.instance / "media").rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".webp", ".avif", ".json"}
    assert not any(b"A camera" in path.read_bytes() for path in kept)
    assert (Picture.get().width, Picture.get().height) == (90, 120)


BOMB = picture((7000, 7000), format="PNG", mode="L")
BAD = {
    "drawing_svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "looks like SVG"),
    "bomb_png": (BOMB, "megapixels"),
    "short_jpg": (picture((900, 1200))[:4000], "damaged or cut short"),
    "page_jpg": (b"<html><script>alert(1)</script>", "web page"),
    "two_jpg": (small() + b"<script>alert(1)</script>", "picture and a web page"),
    "both_gif": (b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)", "damaged"),
    "empty_jpg": (b"", "not a picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_by_name_and_the_others_are_taken(at_work, at, name):
    raw, why = BAD[name]
    answer = send(
        at_work, at, files(**{"good_jpg": small(), name: raw, "more_jpg": small((1, 2, 3))})
    )
    assert answer.status_code == 422
    assert f"<strong>{name.replace('_', '.')}</strong>" in answer.text
    assert why in answer.text
    assert "2 of 3 are here now" in answer.text
    assert Picture.select().count() == 2


@pytest.fixture
def vast(tmp_path):
    """The body of a form with a file of so many bytes, of which few lie anywhere, and a good one.

    Gives what a client's `post` wants.
    """
    part = (
        b'--XX\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n"
    )
    with (tmp_path / "body").open("w+b") as body:

        def made(size: int) -> dict:
            body.write(part % b"vast.jpg")
            body.seek(size, io.SEEK_CUR)
            body.write(b"\r\n" + part % b"good.jpg" + small() + b"\r\n--XX--\r\n")
            length = body.tell()
            body.seek(0)
            kind = "multipart/form-data; boundary=XX"
            return {"input_stream": body, "content_length": length, "content_type": kind}

        yield made


def test_a_hundred_megabytes_are_refused_beside_the_file_and_the_other_one_is_taken(
    at_work, at, vast
):
    answer = at_work.client.post(at, headers=at_work.headers, **vast(100 * 2**20))
    assert answer.status_code == 422
    assert "<strong>vast.jpg</strong>: It is larger than 20 MB." in answer.text
    assert Picture.select().count() == 1


def test_what_is_too_much_altogether_is_refused_unread(at_work, at, vast):
    form = vast(300 * 2**20)
    answer = at_work.client.post(at, headers=at_work.headers, **form)
    assert answer.status_code == 413
    assert "in several goes" in answer.text
    assert form["input_stream"].tell() == 0


def test_somebody_who_is_not_signed_in_uploads_no_more_than_any_form(client, at, vast):
    assert client.post(at, **vast(2**20)).status_code == 413


def test_files_are_cut_off_where_no_picture_can_be_longer():
    with Bounded(10) as file:
        for _ in range(5):
            assert file.write(b"abcd") == 4
        file.seek(0)
        assert file.read() == b"abcdabcdab"


def test_a_form_without_a_file_asks_for_one(at_work, at):
    answer = send(at_work, at, {"files": (io.BytesIO(), "")})
    assert answer.status_code == 422
    assert 'id="files-error"' in answer.text


def test_the_same_picture_twice_is_said_and_more_than_twenty_wait(at_work, at):
    send(at_work, at, files(a_jpg=small()))
    assert "This picture is here already." in send(at_work, at, files(b_jpg=small())).text
    many = {f"p{n}_jpg": b"no" for n in range(21)}
    answer = send(at_work, at, files(**many))
    assert "Only 20 are taken at a time" in answer.text
    assert Picture.select().count() == 1


def test_words_are_asked_for_and_may_be_left_out_only_by_saying_so(at_work, at, hung):
    own = f"{at}/{hung[0].id}"
    answer = at_work.post(own, {"alt": "  "})
    assert answer.status_code == 422
    assert f'id="alt-{hung[0].id}-error"' in answer.text
    assert at_work.post(own, {"alt": "A hem", "decorative": "yes"}).status_code == 422
    assert at_work.post(own, {"alt": "x" * 501}).status_code == 422
    assert was_done(at_work.post(own, {"alt": "", "decorative": "yes"}))
    assert Picture.get_by_id(hung[0].id).decorative
    assert was_done(at_work.post(own, {"alt": " The hem,\n close "}))
    fresh = Picture.get_by_id(hung[0].id)
    assert (fresh.alt, fresh.decorative) == ("The hem, close", False)


def test_words_that_were_refused_stay_in_their_field(at_work, at, hung):
    answer = at_work.post(f"{at}/{hung[1].id}", {"alt": "<b>" + "x" * 600})
    assert answer.text.count("&lt;b&gt;xxx") == 1


def test_the_shop_reads_out_the_words_and_passes_over_what_decorates(client, hung, product):
    page = client.get(f"/products/{product.handle}").text
    assert f'alt="{product.title}' in page
    hung[0].describe("A folded shirt", False, None)
    hung[1].describe("", True, None)
    page = client.get(f"/products/{product.handle}").text
    assert 'alt="A folded shirt"' in page
    assert 'alt=""' in page


def test_a_picture_belongs_to_a_variant_of_its_own_product(at_work, at, hung, product):
    own, variant = f"{at}/{hung[2].id}", product.in_order()[1]
    assert was_done(at_work.post(own, {"alt": "Blue", "variant": str(variant.id)}))
    assert Picture.get_by_id(hung[2].id).variant_id == variant.id
    other = Product.get(Product.id != product.id).in_order()[0]
    answer = at_work.post(own, {"alt": "Red", "variant": str(other.id)})
    assert answer.status_code == 422
    assert 'value="Red"' in answer.text
    assert was_done(at_work.post(own, {"alt": "Blue", "variant": ""}))
    assert Picture.get_by_id(hung[2].id).variant_id is None


def test_pictures_change_places_and_the_first_is_the_card(at_work, at, hung, product):
    one, two, three = hung
    assert was_done(at_work.post(f"{at}/{two.id}/position", {"to": "front"}))
    assert Picture.of(product) == [two, one, three]
    assert Product.get_by_id(product.id).card_picture["digest"] == two.digest
    assert was_done(at_work.post(f"{at}/{two.id}/position", {"to": "back"}))
    assert was_done(at_work.post(f"{at}/{three.id}/position", {"to": "back"}))
    assert Picture.of(product) == [one, two, three]


def test_a_removed_picture_goes_from_the_shop_and_its_files_with_the_tidying(
    at_work, at, hung, product, client, settings, clock
):
    page = f"/products/{product.handle}"
    assert hung[0].digest[2:] in client.get(page).text
    assert was_done(at_work.post(f"{at}/{hung[0].id}/removal", {}))
    assert hung[0].digest[2:] not in client.get(page).text
    assert Product.get_by_id(product.id).card_picture["digest"] == hung[1].digest
    assert at_work.post(f"{at}/{hung[0].id}/removal", {}).status_code == 422
    media = settings.instance / "media"
    clock.forward(days=1)
    assert photographs.delete_orphans(media, clock()) == 3
    assert prints.are_kept(hung[1].digest, media)


@pytest.mark.parametrize("role", ["fulfilment", "moderator"])
def test_other_roles_are_refused_and_nothing_changes(app, at, hung, role):
    client, own = signed_in(app, role), f"{at}/{hung[0].id}"
    assert client.get(at).status_code == 403
    form = files(a_jpg=small((7, 7, 7)))
    assert client.post(at, data=form, content_type="multipart/form-data").status_code == 403
    for url in (own, f"{own}/position", f"{own}/removal"):
        assert client.post(url, data={"alt": "x", "to": "back"}).status_code == 403
    assert Picture.select().count() == 3
    assert Picture.get_by_id(hung[0].id).alt == ""


def test_a_product_or_picture_that_is_not_there_is_said(at_work, at, hung, product):
    assert at_work.client.get("/desk/products/99999/pictures").status_code == 404
    other = Product.get(Product.id != product.id)
    away = f"/desk/products/{other.id}/pictures/{hung[0].id}/removal"
    assert at_work.post(away, {}).status_code == 422
    assert Picture.select().count() == 3


def test_a_text_browser_brings_the_forms_token(app, at):
    client = signed_in(app, "editor")
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    form = files(a_jpg=small())
    assert client.post(at, data=form, content_type="multipart/form-data").status_code == 403
    assert not Picture.select().exists()


@pytest.mark.parametrize("number", [-(10**30), -1, 2**31, 10**30])
def test_a_variant_of_an_odd_number_is_refused_in_words(at_work, at, hung, number):
    answer = at_work.post(f"{at}/{hung[0].id}", {"variant": str(number), "alt": "A cup"})
    assert answer.status_code == 422
    assert "This variant is no longer there" in answer.text
