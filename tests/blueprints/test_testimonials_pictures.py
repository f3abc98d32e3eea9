"""Pictures that come with a testimonial: made anew, seen by whom they are for, and gone with it."""

import io
import os
import re
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from limits import parse
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from storefront import privacy, testimonial_pictures
from storefront.app import create_app
from storefront.blueprints.testimonials import form
from storefront.jobs import Jobs
from storefront.links import secret_of
from storefront.models import OutgoingMail, Rating, RightsRequest, Testimonial
from storefront.prints import ENDINGS
from storefront.testimonial_pictures import LARGEST, TAKING_IN
from tests.models.testimonials import approved, waiting
from tests.snapshots import endless, picture, turned
from tests.testimonials import files, path_of, typed


def small(shade: int = 120, **options) -> bytes:
    return picture((90, 120), colour=((shade,) * 3, (shade,) * 3), **options)


@pytest.fixture
def at(shirt) -> str:
    return f"/products/{shirt.handle}/testimonials"


@pytest.fixture
def folder(settings) -> Path:
    return settings.instance / "testimonials"


def send(visitor, url: str, form: dict):
    return visitor.post(url, form, content_type="multipart/form-data")


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def errors(page: str) -> str:
    return " ".join(re.findall(r'class="error"[^>]*>([^<]*)', page))


def name_of(one: Testimonial, number: int = 0, ending: str = "webp") -> str:
    found = one.pictures[number]
    return f"{found['digest']}-{found['widths'][-1]}.{ending}"


def address(one: Testimonial, number: int = 0, ending: str = "webp") -> str:
    return f"/testimonials/{one.id}/pictures/{name_of(one, number, ending)}"


@pytest.fixture
def pictured(client, at, clock) -> Testimonial:
    """One with two pictures that everybody sees."""
    send_form = typed(**files(a_jpg=small(40), b_png=small(200, format="PNG")))
    client.post(at, data=send_form, content_type="multipart/form-data")
    one = Testimonial.get()
    one.confirm(clock())
    one.approve(one.changed_at, clock())
    return one


def age(folder: Path, by: timedelta = TAKING_IN * 2) -> None:
    """Have the files lie there for that long."""
    for path in kept(folder):
        os.utime(path, (time.time() - by.total_seconds(),) * 2)


def test_what_a_camera_wrote_into_them_stays_behind(visitor, at, folder, settings):
    raw = turned(6, (120, 90))
    assert b"A camera" in raw
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(0x8825)
    assert send(visitor, at, typed(**files(a_jpg=raw))).status_code in (204, 303)
    [there] = Testimonial.get().pictures
    assert (there["width"], there["height"]) == (90, 120)
    made = [path for path in kept(folder) if path.suffix in (".webp", ".avif")]
    assert len(made) == 2
    for path in kept(folder):
        assert b"A camera" not in path.read_bytes()
    for path in made:
        with Image.open(path) as image:
            assert not image.getexif()
            assert not set(image.info) & {"exif", "xmp", "icc_profile"}
    assert not list((settings.instance / "media").rglob("*.webp"))


def test_they_are_seen_by_everybody_only_while_theirs_is_shown(client, pictured, clock):
    for number in (0, 1):
        for ending in ("webp", "avif"):
            answer = client.get(address(pictured, number, ending), buffered=True)
            assert answer.status_code == 200
            assert answer.mimetype == f"image/{ending}"
            assert answer.headers["Cache-Control"] == (
                "public, max-age=30, stale-while-revalidate=30"
            )
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie" not in answer.headers
    etag = {"If-None-Match": answer.headers["ETag"]}
    again = client.get(address(pictured, 1, "avif"), headers=etag, buffered=True)
    assert again.status_code == 304
    pictured.take_down("person", clock())
    assert client.get(address(pictured), headers=etag).status_code == 404


@pytest.mark.parametrize(
    "name", ["x.webp", "../../secrets.json", "a" * 32 + "-90.webp", "%2e%2e/secrets.json", "a.json"]
)
def test_nothing_else_is_served(client, pictured, name, settings):
    for place in (f"/testimonials/{pictured.id}", path_of(settings, pictured)):
        assert client.get(f"{place}/pictures/{name}").status_code == 404
    digest = pictured.pictures[0]["digest"]
    assert client.get(f"/testimonials/{pictured.id}/pictures/{digest}-91.webp").status_code == 404
    assert client.get(address(pictured).replace(f"/{pictured.id}/", "/99999/")).status_code == 404


def test_their_author_sees_them_before_anybody_else(client, at, settings):
    client.post(at, data=typed(**files(a_jpg=small())), content_type="multipart/form-data")
    one = Testimonial.get()
    path = path_of(settings, one)
    assert client.get(address(one)).status_code == 404
    assert name_of(one).partition("-")[0] in client.get(path).text
    mine = client.get(f"{path}/pictures/{name_of(one)}", buffered=True)
    assert mine.status_code == 200
    assert mine.headers["Cache-Control"] == "private, no-store"
    assert mine.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("raws", "said"),
    [
        ({"a_pdf": b"%PDF-1.7"}, "“a.pdf” was not taken. It is not a picture"),
        ({"a_svg": b"<svg onload='x'/>"}, "“a.svg” was not taken. It looks like SVG"),
        ({"a_jpg": endless(101)}, "“a.jpg” was not taken. It is drawn in more than 100 goes"),
        ({"a_jpg": small(), "b_jpg": small()[:300]}, "“b.jpg” was not taken."),
        ({f"{n}_jpg": small(n) for n in range(4)}, "3 pictures at most, please."),
        ({"<b>_jpg": b"x"}, "“&lt;b&gt;.jpg” was not taken."),
    ],
)
def test_one_that_is_refused_says_why_and_what_to_choose_again(visitor, at, raws, said):
    given = files(**raws)
    names = [name for _, name in given["pictures"]]
    answer = send(visitor, at, typed(words="Zanzibar!", for_resellers="y", **given))
    assert answer.status_code == 422
    assert said in errors(answer.text)
    assert "Please choose again." in errors(answer.text)
    assert "Zanzibar!" in answer.text
    assert re.search(r'<input[^>]*checked[^>]*name="for_resellers"', answer.text)
    assert names[0].replace("<b>", "&lt;b&gt;") in errors(answer.text).partition("was chosen:")[2]
    assert not Testimonial.select().exists()


def test_one_that_is_too_large_is_cut_off_and_refused(client, at):
    large = FileStorage(io.BytesIO(small() + b"\0" * LARGEST), "a.jpg")
    boundary, body = encode_multipart(typed(pictures=large))
    kind = f"multipart/form-data; boundary={boundary}"
    answer = client.post(at, input_stream=io.BytesIO(body), content_type=kind)
    assert answer.status_code == 422
    assert "“a.jpg” was not taken. It is larger than 8 MB." in errors(answer.text)
    assert not Testimonial.select().exists()


def test_refused_words_say_that_the_pictures_have_to_be_chosen_again(visitor, at, folder):
    answer = send(visitor, at, typed(words="", **files(a_jpg=small())))
    assert answer.status_code == 422
    assert "Nothing is kept of what was chosen: “a.jpg”. Please choose again." in errors(
        answer.text
    )
    assert kept(folder) == [], "nothing is developed for what is refused anyway"


def test_one_form_s_pictures_are_looked_at_at_a_time(visitor, at, monkeypatch):
    monkeypatch.setattr(testimonial_pictures, "PATIENCE", 0.01)
    with testimonial_pictures._room:
        answer = send(visitor, at, typed(**files(a_jpg=small())))
        assert answer.status_code == 422
        assert "Send this without yours, and add them later" in errors(answer.text)
        assert visitor.post(at, typed()).status_code in (204, 303)
    assert send(visitor, at, typed(**files(a_jpg=small()))).status_code in (204, 303)


def test_a_picture_in_a_hundred_goes_is_taken(visitor, at):
    assert send(visitor, at, typed(**files(a_jpg=endless(100)))).status_code in (204, 303)


def test_what_takes_too_long_is_not_waited_for(visitor, at, monkeypatch):
    monkeypatch.setattr(testimonial_pictures, "FOR_A_FORM", 0)
    answer = send(visitor, at, typed(**files(a_jpg=small())))
    assert answer.status_code == 422
    assert "“a.jpg” was not taken. It is damaged, or too much to read." in errors(answer.text)


def test_pictures_of_one_connection_keep_the_shop_busy_for_so_long_and_words_still_come(
    settings, clock, at, monkeypatch
):
    monkeypatch.setattr(form, "SECONDS", parse("1 per hour"))
    limited = create_app(replace(settings, limits=True), clock).test_client()
    forms = [typed(**files(a_jpg=small(n))) for n in range(2)]
    first, second = (
        limited.post(at, data=form, content_type="multipart/form-data") for form in forms
    )
    assert first.status_code == 303
    assert second.status_code == 422
    assert "Send this without them" in errors(second.text)
    assert limited.post(at, data=typed()).status_code == 303


def test_who_was_refused_one_leaves_the_room_to_the_next(visitor, at):
    for _ in range(2):
        send(visitor, at, typed(**files(a_pdf=b"%PDF-1.7")))
    assert send(visitor, at, typed(**files(a_jpg=small()))).status_code in (204, 303)


def test_the_author_adds_and_removes_them_and_all_is_looked_at_again(
    visitor, pictured, settings, client
):
    path, (first, second) = path_of(settings, pictured), pictured.pictures
    form = typed(kept=second["digest"][:12], **files(c_jpg=small(90)))
    assert send(visitor, path, form).status_code in (204, 303)
    one = Testimonial.get()
    assert one.state == "waiting"
    assert [p["digest"] == second["digest"] for p in one.pictures] == [True, False]
    old = f"{path}/pictures/{first['digest']}-{first['widths'][-1]}.webp"
    assert client.get(old).status_code == 404
    digests = [p["digest"] for p in one.pictures]
    form = typed(kept=[one[:12] for one in digests], **files(d_jpg=small(10), e_jpg=small(20)))
    many = send(visitor, path, form)
    assert many.status_code == 422
    assert "3 pictures at most" in errors(many.text)
    assert many.text.count('name="kept"') == 2
    assert visitor.post(path, typed()).status_code in (204, 303)
    assert (Testimonial.get().pictures, Testimonial.get().pictured) == ([], False)
    assert visitor.post(path, typed(kept=second["digest"][:12])).status_code in (204, 303)
    assert Testimonial.get().pictures == [], "none comes back by its name"


def test_a_picture_whose_name_looks_like_a_card_is_kept_all_the_same(client, settings, pictured):
    like_a_card = "4111111111111111" + "a" * 16
    Testimonial.update(pictures=[pictured.pictures[0] | {"digest": like_a_card}]).execute()
    path = path_of(settings, pictured)
    (kept,) = re.findall(r'name="kept" value="([^"]+)"', client.get(path).text)
    assert client.post(path, data=typed(words="Dry still.", kept=kept)).status_code == 303
    one = Testimonial.get()
    assert (one.words, one.pictures[0]["digest"]) == ("Dry still.", like_a_card)


def test_the_same_picture_twice_is_one(visitor, at):
    send(visitor, at, typed(**files(a_jpg=small(), b_jpg=small())))
    assert len(Testimonial.get().pictures) == 1


# Gone


def test_files_go_with_what_was_taken_back_and_stay_with_what_was_not(
    client, pictured, settings, folder, shirt, clock
):
    shared = [pictured.pictures[1]]
    other = approved(shirt, clock(), email="bob@example.com", pictures=shared)
    age(folder)
    client.post(f"{path_of(settings, pictured)}/removal")
    assert client.get(address(other), buffered=True).status_code == 200
    Jobs(settings).scour()
    assert {path.name[:30] for path in kept(folder)} == {shared[0]["digest"][2:]}
    assert Rating.of(shirt.id).pictured == 1


def test_files_go_with_an_erasure_and_with_one_that_nobody_confirmed(
    client, at, pictured, settings, folder, clock
):
    privacy.erase("ann@example.com", settings, clock())
    assert not Testimonial.select().exists()
    assert client.get(address(pictured)).status_code == 404
    age(folder)
    Jobs(settings).scour()
    assert kept(folder) == []
    client.post(at, data=typed(**files(a_jpg=small())), content_type="multipart/form-data")
    Testimonial.update(made_at=clock() - timedelta(days=8)).execute()
    age(folder)
    Jobs(settings).keep_promises()
    assert not Testimonial.select().exists()
    assert kept(folder) == []


def test_what_is_being_taken_in_is_not_deleted_and_is_after_that(settings, folder, clock):
    testimonial_pictures.take_in([("a.jpg", io.BytesIO(small()))], folder)
    assert testimonial_pictures.let_go(settings, clock()) == 0
    age(folder)
    testimonial_pictures.take_in([("a.jpg", io.BytesIO(small()))], folder)
    assert testimonial_pictures.let_go(settings, clock()) == 0, "it has come once more"
    later = clock() + TAKING_IN + timedelta(seconds=10)
    assert testimonial_pictures.let_go(settings, later) == len(ENDINGS) + 1
    assert not kept(folder)


def test_the_worker_looks_for_them_every_now_and_then_and_not_each_minute(settings, folder):
    jobs = Jobs(settings)
    jobs.keep_promises()
    testimonial_pictures.take_in([("a.jpg", io.BytesIO(small()))], folder)
    age(folder)
    jobs.keep_promises()
    assert kept(folder)
    jobs._tidied -= timedelta(minutes=21)
    jobs.keep_promises()
    assert not kept(folder)


def test_who_asks_what_is_held_reads_how_many_and_sees_them(client, pictured, settings, clock):
    asked = RightsRequest.ask(
        "ann@example.com", lambda number: secret_of(number, settings.wake_key), clock()
    )
    secret = secret_of(asked.message_id, settings.wake_key)
    page = client.get(f"/privacy/mine/{secret}").text
    assert "<dd>2 pictures</dd>" in page
    assert "{&#39;digest&#39;" not in page
    ways = re.findall(r'src="(/privacy/mine/[^"]+)"', page)
    assert len(ways) == 2
    for way in ways:
        answer = client.get(way, buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    other = RightsRequest.ask(
        "bob@example.com", lambda number: secret_of(number, settings.wake_key), clock()
    )
    bobs = secret_of(other.message_id, settings.wake_key)
    assert client.get(ways[0].replace(secret, bobs)).status_code == 404
    table = client.get(f"/privacy/mine/{secret}/testimonial.csv").text
    assert '""digest""' in table, "as JSON, not as a program writes it"
    assert OutgoingMail.select().count() >= 2


def test_what_is_left_of_an_answered_request_shows_nobodys_pictures(
    client, pictured, settings, clock
):
    asked = RightsRequest.ask(
        "bob@example.com", lambda number: secret_of(number, settings.wake_key), clock()
    )
    secret = secret_of(asked.message_id, settings.wake_key)
    client.post(f"/privacy/mine/{secret}/erasure")
    assert RightsRequest.get().email == ""
    Testimonial.update(email="").execute()  # as of one that was imported without an address
    way = f"/privacy/mine/{secret}/pictures/{pictured.id}/{name_of(pictured)}"
    assert client.get(way).status_code == 404


def test_two_forms_at_once_both_come_through(app, at, shirt):
    answers = []

    def one(n: int) -> None:
        form = typed(email=f"p{n}@example.com", **files(a_jpg=small(n * 60)))
        url = f"/products/{shirt.handle}/testimonials"
        with app.test_client() as client:
            answers.append(
                client.post(url, data=form, content_type="multipart/form-data").status_code
            )

    threads = [threading.Thread(target=one, args=(n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    assert Testimonial.select().count() == 2
    assert waiting(shirt, Testimonial.get().made_at).state == "waiting"
