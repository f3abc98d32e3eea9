"""The files of photographs, under media/pictures: made, kept, found, cleared away. No database.

A file's name begins with a digest of the bytes that were taken in, so that it never changes what
it shows: pictures/ab/cdef…-400.webp. A small ab/cdef….json beside them, written last, says that
all of them are there. Another digest comes of the same bytes once the darkroom works differently.
"""

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storefront.refusals import Refused

LARGEST = 20 * 1024 * 1024  # bytes of a picture that is taken in
PATIENCE = 90  # seconds for developing one
# A program that is run, not imported: with it the shop would load Pillow, which is for it alone.
DARKROOM = Path(__file__).with_name("darkroom.py")
ENDINGS = ("webp", "avif")  # of the files it makes
EDITION = b"1"  # of what the darkroom makes: another number gives every picture new names
NAME = re.compile(r"pictures/[0-9a-f]{2}/[0-9a-f]{30}-[0-9]{1,4}\.(webp|avif)")


class BadPicture(Refused):
    """A picture that is not taken in, with the reason as a sentence."""


@dataclass(frozen=True)
class Photograph:
    """A picture that has files: in these widths, the last of them `width` by `height` pixels."""

    digest: str
    width: int
    height: int
    widths: list[int]


def develop(given: bytes | Path, media: Path, patience: float = PATIENCE) -> Photograph:
    """The files of a picture, made where they are missing. Uses no database, so any thread may.

    Raises `BadPicture`, also where that takes longer than `patience`, in seconds.
    """
    raw = _read(given) if isinstance(given, Path) else given
    if len(raw) > LARGEST:
        raise BadPicture(f"It is larger than {LARGEST >> 20} MB.")
    digest = hashlib.sha256(EDITION + raw).hexdigest()[:32]
    kept = _kept(digest, media)
    if kept:
        # As young as if just made: whoever clears away what nobody refers to passes it over.
        os.utime(_path(digest, media).with_suffix(".json"))
        return kept
    head, files = _developed(raw, patience)
    return _keep(digest, head, files, media)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _path(digest: str, media: Path) -> Path:
    """Where the files of a picture stand, without the end of their names."""
    return media / "pictures" / digest[:2] / digest[2:]


def _files(photograph: Photograph, media: Path) -> Iterator[Path]:
    place = _path(photograph.digest, media)
    for width in photograph.widths:
        for ending in ENDINGS:
            yield place.with_name(f"{place.name}-{width}.{ending}")


def _kept(digest: str, media: Path) -> Photograph | None:
    """What is known of a picture whose files are all there."""
    try:
        noted = json.loads(_path(digest, media).with_suffix(".json").read_bytes())
        kept = Photograph(digest, **noted)
    except (OSError, ValueError, TypeError):
        return None
    return kept if all(file.exists() for file in _files(kept, media)) else None


def are_kept(digest: str, media: Path) -> bool:
    """Whether all files of the picture with that digest are there."""
    return bool(digest) and _kept(digest, media) is not None


def _developed(raw: bytes, patience: float) -> tuple[dict, list[bytes]]:
    """What the darkroom makes of it. Its program gets nothing of ours but the bytes."""
    command = [sys.executable, "-I", str(DARKROOM)]
    environ = {"PATH": os.environ.get("PATH", "")}
    try:
        done = subprocess.run(
            command, input=raw, capture_output=True, check=False, timeout=patience, env=environ
        )
        head, _, rest = done.stdout.partition(b"\n")
        head = json.loads(head)
    except (subprocess.TimeoutExpired, ValueError):
        raise BadPicture("It is damaged, or too much to read.") from None
    if "refused" in head:
        raise BadPicture(head["refused"])
    return head, _cut(rest, [size for _, _, size in head["files"]])


def _cut(rest: bytes, sizes: list[int]) -> list[bytes]:
    if sum(sizes) != len(rest):
        raise BadPicture("It could not be developed whole.")
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return [rest[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _keep(digest: str, head: dict, files: list[bytes], media: Path) -> Photograph:
    place = _path(digest, media)
    for folder in (media, media / "pictures", place.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for (width, ending, _), content in zip(head["files"], files, strict=True):
        _write(place.with_name(f"{place.name}-{width}.{ending}"), content)
    widths = sorted({width for width, _, _ in head["files"]})
    facts = {"width": head["width"], "height": head["height"], "widths": widths}
    _write(place.with_suffix(".json"), json.dumps(facts).encode())
    return Photograph(digest, **facts)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    # Two may write the same picture at once; each has a draft of its own.
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # what is noted in the database survives a power cut
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def clear(media: Path, referred: set[str], before: datetime) -> int:
    """Delete the files whose digest is not among `referred`, if last written before; how many."""
    return sum(
        _clear(folder, referred, before.timestamp())
        for folder in sorted((media / "pictures").glob("[0-9a-f][0-9a-f]"))
    )


def _clear(folder: Path, referred: set[str], before: float) -> int:
    pictures: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        digest = folder.name + re.split("[-.]", path.name, maxsplit=1)[0]
        pictures.setdefault(digest, []).append(path)
    lost: list[Path] = []
    for digest, files in pictures.items():
        old = [path for path in files if _written(path) < before]
        if digest in referred:
            lost += [path for path in old if path.suffix == ".new"]  # drafts that a crash left
        elif len(old) == len(files):
            lost += files
    for path in lost:
        path.unlink(missing_ok=True)
    return len(lost)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # a draft, which has got its proper name just now
        return math.inf
