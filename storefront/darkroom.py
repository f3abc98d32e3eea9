"""Develops one picture: any bytes in, clean pictures in several sizes out, or a sentence.

A program of its own, `python darkroom.py < picture`, because what it reads comes from strangers
and the decoders are written in C: where one of them crashes or eats memory, it does so here,
within limits, and takes nothing of the shop along. It knows nothing of the shop.

Answers on standard output with one line of JSON, either {"refused": a sentence} or {"width",
"height", "files": [[width, ending, bytes], …]}, and then the files, one after the other. Width
and height are of the largest size.
"""

import io
import json
import re
import resource
import sys
import warnings
from contextlib import suppress

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
WIDTHS = (200, 400, 800, 1600)
TALLEST = 3200  # pixels, of what is made
MOST_PIXELS = 40_000_000  # of what is read
MOST_SLENDER = 20  # times as long as wide
ENCODERS = {
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    # One thread: the shop develops several pictures at once.
    "avif": {"format": "AVIF", "quality": 55, "speed": 6, "max_threads": 1},
}
MEMORY = 2 << 30  # bytes; 40 megapixels take a quarter of it
CPU_SECONDS = 60
# Of a JPEG that comes in finer and finer: each goes over the whole picture, and takes few bytes.
MOST_SCANS = 100


class Unusable(Exception):
    """A picture that is not taken, with the reason as a sentence."""


def develop(raw: bytes) -> tuple[dict, list[bytes]]:
    """The head of the answer and the files. Raises `Unusable`."""
    image = _opened(raw)
    _refuse_two_faced(raw)
    _refuse_endless(raw)
    turned = _orientation(image) >= 5  # EXIF 2.32: 5 to 8 lie on their side
    width, height = image.size[::-1] if turned else image.size
    top = _largest(width, height)
    aim = (top, _height_at(top, width, height))
    clean = _clean(image, aim[::-1] if turned else aim)
    files, head = [], {"width": aim[0], "height": aim[1], "files": []}
    for wide in _widths(top):
        size = (wide, _height_at(wide, *aim))
        smaller = clean if size == aim else clean.resize(size, Image.Resampling.LANCZOS)
        for ending, options in ENCODERS.items():
            files.append(_encoded(smaller, options))
            head["files"].append([wide, ending, len(files[-1])])
    return head, files


def _opened(raw: bytes) -> Image.Image:
    """The picture, its size checked before a pixel of it is decoded."""
    try:
        image = Image.open(io.BytesIO(raw), formats=FORMATS)
    except UnidentifiedImageError:
        raise Unusable(_why_unknown(raw)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(_TOO_LARGE) from None
    except Exception as trouble:
        raise _damaged(trouble) from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise Unusable(_TOO_LARGE)
    if max(width, height) > MOST_SLENDER * min(width, height):
        raise Unusable(
            f"It is {width} × {height} pixels, more than {MOST_SLENDER} times as long as wide."
        )
    return image


# What is a picture to one program and something to be run or unpacked to another. Nothing of it
# would be kept; but whoever made it meant harm, or sends what somebody meant it with.
_PAGE = re.compile(rb"<script|<html|<!doctype html|<\?php", re.IGNORECASE)
_END_OF_ZIP = b"PK\x05\x06"  # at the end, before 64 KiB of comment at most (APPNOTE 4.3.16)


def _refuse_two_faced(raw: bytes) -> None:
    other = "a PDF" if b"%PDF-" in raw[:1024] else ""
    other = "an archive" if _END_OF_ZIP in raw[-(22 + 0xFFFF) :] else other
    other = "a web page or a program" if _PAGE.search(raw) else other
    if other:
        raise Unusable(f"It is a picture and {other} at once; save it anew as a picture alone.")


_SCAN = 0xDA
# A marker that says how long it is: not FF01, nor FF00 and FFD0 to FFD7, which scans hold.
_NEXT = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")


def _refuse_endless(raw: bytes) -> None:
    """Count a JPEG's scans, marker by marker, up to its end (ITU-T T.81, B.1.1)."""
    scans, at = 0, 2 if raw.startswith(b"\xff\xd8") else len(raw)
    while (found := _NEXT.search(raw, at)) and raw[found.start() + 1] != 0xD9:
        scans += raw[found.start() + 1] == _SCAN
        if scans > MOST_SCANS:
            raise Unusable(f"It is drawn in more than {MOST_SCANS} goes; save it anew.")
        at = found.end() + int.from_bytes(raw[found.end() : found.end() + 2])


_TOO_LARGE = f"It has more than {MOST_PIXELS // 1_000_000} megapixels; make it smaller."
_KNOWN = "JPEG, PNG, WebP, AVIF and GIF"


def _damaged(trouble: Exception) -> Exception:
    """Decoders raise whatever they like about a picture; memory that ran out is another matter."""
    return trouble if isinstance(trouble, MemoryError) else Unusable("It is damaged or cut short.")


def _why_unknown(raw: bytes) -> str:
    start = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) or b"<svg" in start:
        return f"It looks like SVG, a drawing that can hold programs; {_KNOWN} are read."
    if start.startswith(b"<"):
        return "It looks like a web page, not a picture."
    if raw.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")) or raw[4:8] == b"ftyp":
        return f"It is damaged, cut short or of a kind that is not read; {_KNOWN} are."
    return f"It is not a picture of a kind that is read; {_KNOWN} are."


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a picture with broken EXIF data is a picture all the same
        return int(image.getexif().get(0x0112, 1))
    return 1


def _largest(width: int, height: int) -> int:
    """The width of the largest size that is made: never larger than what there is."""
    return max(1, min(width, WIDTHS[-1], TALLEST * width // height))


def _widths(top: int) -> list[int]:
    """The widths to make up to `top`, without one that is hardly smaller than it."""
    return [*(width for width in WIDTHS if width * 1.2 <= top), top]


def _height_at(wide: int, width: int, height: int) -> int:
    return max(1, round(height * wide / width))


def _clean(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The pixels alone: in `size` (as it lies in the file), then upright, in sRGB."""
    image.draft(None, size)  # a large JPEG is decoded at a half or an eighth; others are not
    try:
        image.load()
    except Exception as trouble:
        raise _damaged(trouble) from None
    profile = image.info.get("icc_profile")
    pixels = _plain(image).resize(size, Image.Resampling.LANCZOS)
    if _orientation(image) != 1:
        pixels = _upright(pixels, image)
    pixels = _in_srgb(pixels, profile)
    # From bytes anew, so that whatever else the file said stays behind.
    return Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())


def _plain(image: Image.Image) -> Image.Image:
    """In a mode that can be resized and that profiles know: L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which `convert` would cut off at 255
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _upright(pixels: Image.Image, image: Image.Image) -> Image.Image:
    pixels.getexif()[0x0112] = _orientation(image)
    return ImageOps.exif_transpose(pixels)


def _in_srgb(pixels: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = pixels.getchannel("A") if pixels.mode == "RGBA" else None
    bare = pixels.convert("RGB") if alpha else pixels
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):  # broken, or not of this mode
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            bare = ImageCms.profileToProfile(bare, given, srgb, outputMode="RGB")
    bare = bare.convert("RGB")
    if alpha and alpha.getextrema()[0] < 255:
        bare.putalpha(alpha)
    return bare


def _encoded(image: Image.Image, options: dict) -> bytes:
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def stay_within_limits() -> None:
    """Bound what this process may use; where the system knows no such bound, the clock remains."""
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for which, most in limits:
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))


def main() -> None:
    """Develop what comes in on standard input."""
    stay_within_limits()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        head, files = develop(sys.stdin.buffer.read())
    except Unusable as reason:
        head, files = {"refused": str(reason)}, []
    except Exception:  # MemoryError, or what nobody foresaw; this program has no one to tell
        head, files = {"refused": "It is damaged, or too much to read."}, []
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(files))


if __name__ == "__main__":
    main()
