"""Pictures are taken in within limits, come out clean and in several sizes, and leave no rest."""

import io
import os
import zipfile
import zlib
from datetime import timedelta

import pytest
from PIL import Image, ImageCms

from storefront import photographs, prints
from storefront.models import Picture, Product
from tests.snapshots import picture, turned


@pytest.fixture
def media(settings):
    return settings.instance / "media"


@pytest.fixture
def row(shirt) -> Picture:
    """A picture of which only the address is known."""
    return Picture.create(product=shirt, source="https://cdn.example/Shirt%20one.jpg?v=1")


@pytest.fixture
def developed(tmp_path):
    """Take bytes in, and give the largest of what was made of them, opened."""

    def developed(raw: bytes, ending: str = "webp") -> Image.Image:
        made = prints.develop(raw, tmp_path)
        name = f"{made.digest[2:]}-{made.width}.{ending}"
        file = tmp_path / "pictures" / made.digest[:2] / name
        image = Image.open(io.BytesIO(file.read_bytes()))
        assert image.size == (made.width, made.height)
        return image

    return developed


def files_of(media) -> list:
    return sorted(path for path in media.rglob("*") if path.is_file())


def png_chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4)
    return len(data).to_bytes(4) + kind + data + check


# What is made


def test_a_picture_is_made_in_several_sizes_and_two_formats_and_noted(row, media):
    photographs.take_in(row, picture((2000, 2500)), media)
    row = Picture.get_by_id(row.id)
    assert (row.width, row.height, row.widths) == (1600, 2000, [200, 400, 800, 1600])
    folder = media / "pictures" / row.digest[:2]
    for width in row.widths:
        for ending, format in (("webp", "WEBP"), ("avif", "AVIF")):
            with Image.open(folder / f"{row.digest[2:]}-{width}.{ending}") as image:
                assert (image.format, image.size) == (format, (width, width * 5 // 4))


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((1000, 800), [200, 400, 800, 1000]),
        ((900, 800), [200, 400, 900]),
        ((400, 300), [200, 400]),
        ((150, 90), [150]),
        ((1, 1), [1]),
        ((500, 9000), [177]),
    ],
)
def test_nothing_is_made_larger_than_it_was(tmp_path, size, widths):
    made = prints.develop(picture(size), tmp_path)
    assert made.widths == widths
    assert made.width == widths[-1]
    assert made.height <= 3200


def test_files_are_for_their_owner_alone_and_no_draft_is_left(row, media):
    photographs.take_in(row, picture(), media)
    files = files_of(media)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.suffix for path in files} == {".webp", ".avif", ".json"}
    assert {path.stat().st_mode & 0o777 for path in media.rglob("*/")} == {0o700}


def test_the_same_bytes_again_change_nothing(row, media, monkeypatch):
    photographs.take_in(row, picture(), media)
    before = {path: path.stat().st_ino for path in files_of(media)}
    for forbidden in ("_developed", "_write"):
        monkeypatch.setattr(prints, forbidden, None)
    monkeypatch.setattr(Picture, "receive", None)
    photographs.take_in(Picture.get_by_id(row.id), picture(), media)
    assert {path: path.stat().st_ino for path in files_of(media)} == before


def test_two_products_may_share_the_files_of_one_picture(row, media):
    other = Product.get(Product.handle == "broad-noon-sun-hat")
    second = Picture.create(product=other, source="https://cdn.example/2.jpg")
    photographs.take_in(row, picture(), media)
    count = len(files_of(media))
    photographs.take_in(second, picture(), media)
    assert len(files_of(media)) == count
    assert Product.get_by_id(other.id).card_picture["digest"] == row.digest


def test_files_that_were_lost_are_made_again(row, media):
    photographs.take_in(row, picture(), media)
    files = files_of(media)
    files[0].unlink()
    photographs.take_in(row, picture(), media)
    assert files_of(media) == files


def test_a_file_is_taken_in_by_its_path(row, media, tmp_path):
    path = tmp_path / "shirt.png"
    path.write_bytes(picture(format="PNG"))
    photographs.take_in(row, path, media)
    assert Picture.get_by_id(row.id).width == 900


# What becomes of the pixels

KINDS = [
    *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
    *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
    *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    *(("AVIF", mode) for mode in ("RGB", "RGBA")),
    *(("GIF", mode) for mode in ("RGB", "P")),
]


@pytest.mark.parametrize(("format", "mode"), KINDS)
def test_pictures_of_every_kind_look_as_they_did(developed, format, mode):
    if mode.startswith("I"):
        image = Image.new(mode, (300, 300), 220 * 257)
        image.paste(30 * 257, (0, 150, 300, 300))
        file = io.BytesIO()
        image.save(file, format)
        raw = file.getvalue()
    else:
        raw = picture((300, 300), format, mode)
    for ending in ("webp", "avif"):
        shown = developed(raw, ending).convert("RGBA")
        above, below = shown.getpixel((150, 40)), shown.getpixel((150, 260))
        if mode == "RGBA":
            assert above[0] > 180
            assert above[1] < 60
            assert (above[3], below[3]) == (255, 0)
        elif mode != "1":
            assert 205 < above[0] < 235
            assert 15 < below[0] < 45


@pytest.mark.parametrize(
    ("orientation", "light"),
    [(1, "top"), (3, "bottom"), (6, "right"), (8, "left"), (2, "top"), (5, "left")],
)
def test_a_picture_is_turned_as_its_camera_says(developed, orientation, light):
    shown = developed(turned(orientation, (1200, 600))).convert("L")
    assert shown.size == ((600, 1200) if orientation > 4 else (1200, 600))
    wide, high = shown.size
    middles = {
        "top": (wide // 2, 20),
        "bottom": (wide // 2, high - 20),
        "left": (20, high // 2),
        "right": (wide - 20, high // 2),
    }
    assert max(middles, key=lambda side: shown.getpixel(middles[side])) == light


def test_nothing_of_what_else_a_file_said_is_left(developed, tmp_path):
    file = io.BytesIO()
    secret = b"taken at home by Ann"
    exif = Image.Exif()
    exif[0x010E] = secret.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif, "icc_profile": profile, "comment": secret, "xmp": secret}
    Image.new("RGB", (300, 300)).save(file, "JPEG", **options)
    assert file.getvalue().count(secret) == 3
    for ending in ("webp", "avif"):
        image = developed(file.getvalue(), ending)
        assert not image.getexif()
        assert not {"icc_profile", "xmp", "exif", "comment"} & set(image.info)
    assert not any(secret in path.read_bytes() for path in files_of(tmp_path))


def test_colours_of_another_profile_are_converted(developed):
    """In a profile whose red and blue are exchanged, what looks red is written as blue."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped = bytearray(swapped)
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    raw = picture((300, 300), "PNG", colour=((0, 0, 255), (0, 0, 255)), icc_profile=bytes(swapped))
    shown = developed(raw).convert("RGB").getpixel((150, 150))
    assert shown[0] > 200
    assert shown[2] < 60


def test_a_broken_profile_is_passed_over(developed):
    raw = picture((300, 300), "PNG", icc_profile=b"this is none")
    assert developed(raw).convert("L").getpixel((150, 40)) > 200


def test_broken_exif_data_is_passed_over(developed):
    raw = picture((300, 200), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert developed(raw).size == (300, 200)


def test_of_what_moves_the_first_moment_is_taken(developed):
    moments = [Image.new("RGB", (300, 300), colour) for colour in ("white", "black")]
    for format in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        moments[0].save(file, format, save_all=True, append_images=moments[1:])
        shown = developed(file.getvalue())
        assert getattr(shown, "n_frames", 1) == 1
        assert shown.convert("L").getpixel((9, 9)) > 240


def test_what_hangs_on_to_a_picture_stays_behind(tmp_path):
    prints.develop(picture() + b"what some cameras write behind it", tmp_path)
    for path in files_of(tmp_path):
        assert b"some cameras" not in path.read_bytes()


# What is refused


def bomb() -> bytes:
    """A PNG of a few bytes that claims to be 50,000 pixels square."""
    head = (50_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    rows = png_chunk(b"IDAT", zlib.compress(b"\0" * 9999))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + rows + png_chunk(b"IEND", b"")


def zipped() -> bytes:
    """A small archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("run.exe", "x")
    return file.getvalue()


REFUSED = {
    "a bomb": (bomb, "more than 40 megapixels"),
    "41 megapixels": (lambda: picture((6500, 6500), "PNG", "1"), "more than 40 megapixels"),
    "21 MB": (lambda: picture() + b"\0" * (21 << 20), "larger than 20 MB"),
    "a ribbon": (lambda: picture((3000, 100)), "more than 20 times as long as wide"),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "looks like SVG"),
    "SVG with a head": (lambda: b'<?xml version="1.0"?>\n<!-- --><svg/>', "looks like SVG"),
    "a web page": (lambda: b"<!doctype html><title>Not found</title>", "a web page"),
    "a zip archive": (lambda: b"PK\x03\x04" + b"\0" * 99, "not a picture of a kind"),
    "BMP": (lambda: picture((30, 30), "BMP"), "not a picture of a kind"),
    "TIFF": (lambda: picture((30, 30), "TIFF"), "not a picture of a kind"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a picture of a kind"),
    "nothing": (lambda: b"", "not a picture of a kind"),
    "a page, too": (lambda: picture() + b"<Script>alert(1)</script>", "and a web page"),
    "a program, too": (lambda: picture(comment=b"<?php echo 1; ?>"), "or a program at once"),
    "an archive, too": (lambda: picture() + zipped(), "and an archive"),
    "a PDF, too": (lambda: picture(comment=b"%PDF-1.7"), "and a PDF"),
    "a head alone": (lambda: picture()[:30], "damaged"),
} | {
    f"{format} cut short": (lambda format=format: picture(format=format)[:-60], "damaged")
    for format in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_good_is_refused_in_a_sentence_and_leaves_nothing(row, media, name):
    make, words = REFUSED[name]
    with pytest.raises(photographs.BadPicture, match=words) as refusal:
        photographs.take_in(row, make(), media)
    assert refusal.value.sentence.endswith(".")
    assert files_of(media) == []
    assert Picture.get_by_id(row.id).digest == ""


def test_a_picture_that_is_no_good_leaves_the_one_before(row, media):
    photographs.take_in(row, picture(), media)
    files = files_of(media)
    with pytest.raises(photographs.BadPicture):
        photographs.take_in(row, b"no", media)
    assert files_of(media) == files
    assert Picture.get_by_id(row.id).digest == row.digest


@pytest.mark.parametrize(
    "ends", ["os.abort()", "time.sleep(60)", "print('nothing')", "b'0' * 2**33"]
)
def test_what_kills_the_darkroom_is_refused_too(tmp_path, monkeypatch, ends):
    """As a decoder would that crashes, never ends, or eats memory."""
    program = tmp_path / "darkroom.py"
    start = "import os, resource, time\nresource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
    program.write_text(f"{start}resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n{ends}\n")
    monkeypatch.setattr(prints, "DARKROOM", program)
    monkeypatch.setattr(prints, "PATIENCE", 2)
    with pytest.raises(photographs.BadPicture, match="damaged"):
        prints.develop(picture(), tmp_path / "media")


def test_the_darkroom_is_told_nothing_of_the_shop(tmp_path, monkeypatch):
    program = tmp_path / "darkroom.py"
    program.write_text("import json, os\nprint(json.dumps({'refused': ' '.join(os.environ)}))\n")
    monkeypatch.setattr(prints, "DARKROOM", program)
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:secret@db/shop")
    with pytest.raises(photographs.BadPicture) as refusal:
        prints.develop(picture(), tmp_path / "media")
    assert "DATABASE_URL" not in refusal.value.sentence


# A folder


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "pictures"
    made.mkdir()
    return made


@pytest.fixture
def bring(folder, media):
    """Take in the folder; how many files, and what was said."""

    def bring() -> tuple[int, list[str]]:
        said, steps = [], []
        taken = photographs.from_folder(Picture.select(), folder, media, said.append, steps.append)
        assert sum(steps) == len(photographs.files_in(folder))
        return taken, said

    return bring


def put(folder, name: str, shade: int = 0) -> None:
    (folder / name).write_bytes(picture((60, 80), colour=((shade,) * 3, (0, 0, 0))))


def test_files_find_their_pictures_by_the_end_of_the_address(row, shirt, folder, bring):
    other = Picture.create(product=shirt, position=2, source="http://cdn.example/a/b/BACK.PNG")
    put(folder, "shirt ONE.JPG", 1)
    put(folder, "back.png", 2)
    assert bring() == (2, [])
    assert Picture.get_by_id(row.id).digest
    assert Picture.get_by_id(other.id).digest
    assert Product.get_by_id(shirt.id).card_picture["digest"] == Picture.get_by_id(row.id).digest
    assert bring() == (2, [])


def test_files_find_products_by_their_handle(shirt, folder, bring):
    put(folder, f"{shirt.handle}.jpg", 1)
    put(folder, f"{shirt.handle.upper()}-2.jpg", 2)
    assert bring() == (2, [])
    assert bring() == (2, [])
    first, second = shirt.pictures.order_by(Picture.position)
    assert (first.position, first.source) == (1, f"file:{shirt.handle}.jpg")
    assert second.position == 2
    assert first.digest != second.digest


def test_a_handle_that_ends_in_a_number_is_that_product(shirt, folder, bring):
    other = Product.get(Product.handle == "broad-noon-sun-hat")
    Product.update(handle=f"{shirt.handle}-2").where(Product.id == other.id).execute()
    put(folder, f"{shirt.handle}-2.jpg")
    assert bring() == (1, [])
    assert shirt.pictures.count() == 0
    assert other.pictures.get().position == 1


def test_a_picture_the_catalogue_tells_of_is_not_made_twice(row, shirt, folder, bring):
    Picture.update(position=1).execute()
    put(folder, f"{shirt.handle}.jpg")
    assert bring() == (1, [])
    assert shirt.pictures.get().source == row.source


def test_files_that_nobody_waits_for_are_named(row, shirt, folder, bring):
    Picture.update(position=1).execute()
    Picture.create(product=shirt, position=2, source="https://cdn.example/front/main.jpg")
    Picture.create(product=shirt, position=3, source="https://cdn.example/back/main.jpg")
    for shade, name in enumerate(["unknown.jpg", "main.jpg", "Shirt One.jpg", "shirt one.jpg"]):
        put(folder, name, shade)
    put(folder, f"{shirt.handle}.jpg", 9)
    put(folder, ".hidden.jpg")
    (folder / "more").mkdir()
    (folder / "notes-2.txt").write_text("Buy more film.")
    taken, said = bring()
    assert taken == 1
    assert sorted(said) == [
        "main.jpg: 2 pictures of the catalogue end in this name; "
        "name the file after its product's handle instead.",
        "notes-2.txt: No picture and no product has this name.",
        f"{shirt.handle}.jpg: Another file is for the same picture.",
        "shirt one.jpg: Another file is for the same picture.",
        "unknown.jpg: No picture and no product has this name.",
    ]


def test_a_file_that_is_no_good_is_named_and_the_others_are_taken_in(row, shirt, folder, bring):
    (folder / "shirt one.jpg").write_bytes(b"<svg/>")
    put(folder, f"{shirt.handle}-3.jpg")
    locked = folder / f"{shirt.handle}-4.jpg"
    locked.write_bytes(b"")
    taken, said = bring()
    assert taken == 1
    assert len(said) == 2
    assert any(line.startswith("shirt one.jpg: It looks like SVG") for line in said)
    assert Picture.get_by_id(row.id).digest == ""
    assert shirt.pictures.where(Picture.position == 4).count() == 0


def test_a_file_that_cannot_be_opened_is_named(row, folder, bring, monkeypatch):
    put(folder, "shirt one.jpg")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(prints, "_read", refuse)
    assert bring() == (0, ["shirt one.jpg: It cannot be read: Permission denied."])


def test_what_nobody_foresaw_is_not_hushed_up(row, folder, bring, monkeypatch):
    put(folder, "shirt one.jpg")
    monkeypatch.setattr(prints, "_developed", lambda raw, patience: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        bring()


def test_an_address_that_is_none_matches_nothing(shirt, folder, bring):
    Picture.create(product=shirt, source="https://[broken/shirt.jpg")
    put(folder, "shirt.jpg")
    assert bring() == (0, ["shirt.jpg: No picture and no product has this name."])


# Clearing away


def test_files_go_once_nobody_refers_to_them(row, shirt, media, clock):
    photographs.take_in(row, picture((60, 80)), media)
    other = Picture.create(product=shirt, position=2, source="https://cdn.example/2.jpg")
    photographs.take_in(other, picture((80, 60)), media)
    kept = [path for path in files_of(media) if other.digest[2:] in path.name]
    row.delete_instance()
    Picture.note_cards([shirt.id])
    soon = clock() + timedelta(minutes=1)
    assert photographs.delete_orphans(media, soon) == 3
    assert files_of(media) == kept
    assert photographs.delete_orphans(media, soon) == 0


def test_files_of_a_card_stay_even_if_it_is_out_of_date(row, media, clock):
    photographs.take_in(row, picture((60, 80)), media)
    row.delete_instance()
    assert photographs.delete_orphans(media, clock() + timedelta(minutes=1)) == 0


def test_files_that_were_just_made_or_asked_for_stay(row, shirt, media, clock):
    photographs.take_in(row, picture((60, 80)), media)
    Picture.delete().execute()
    Picture.note_cards([shirt.id])
    an_hour_ago = clock() - timedelta(hours=1)
    assert photographs.delete_orphans(media, an_hour_ago) == 0
    for path in files_of(media):
        os.utime(path, (1, 1))
    prints.develop(picture((60, 80)), media)
    assert photographs.delete_orphans(media, an_hour_ago) == 0


def test_drafts_that_a_crash_left_go_and_the_picture_stays(row, media, clock):
    photographs.take_in(row, picture((60, 80)), media)
    files = files_of(media)
    draft = files[0].with_name(files[0].name + ".77-1.new")
    draft.write_bytes(b"half")
    os.utime(draft, (1, 1))
    assert photographs.delete_orphans(media, clock() - timedelta(hours=1)) == 1
    assert files_of(media) == files


def test_clearing_a_shop_without_pictures_does_nothing(settings, media, clock):
    assert photographs.delete_orphans(media, clock()) == 0
