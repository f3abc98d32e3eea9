"""Pictures to try things with, as bytes of a file; for the tests."""

import io

from PIL import Image


def picture(size=(900, 1200), format="JPEG", mode="RGB", colour=None, **options) -> bytes:
    """A picture with a light half above and a dark half below, so that it has an up and a down."""
    above, below = colour or {"RGBA": ((200, 40, 40, 255), (0, 0, 0, 0))}.get(
        mode, ((220, 220, 220), (30, 30, 30))
    )
    base = mode if mode == "RGBA" else "RGB"
    image = Image.new(base, size, above)
    image.paste(below, (0, size[1] // 2, *size))
    file = io.BytesIO()
    image = image.quantize() if mode == "P" else image.convert(mode)  # else with its own dither
    image.save(file, format, **options)
    return file.getvalue()


def turned(orientation: int, size=(1200, 900)) -> bytes:
    """A picture whose EXIF data says how it is to be turned, and where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(size, exif=exif)


def endless(goes: int) -> bytes:
    """A JPEG that comes in so many goes, each over the whole picture."""
    raw = picture(progressive=True)
    at = [n for n in range(len(raw)) if raw[n : n + 2] == b"\xff\xda"]
    go = raw[at[1] : at[2]]
    return raw[:-2] + go * (goes - len(at)) + raw[-2:]
