"""Pictures that authors enclose with a testimonial: taken in one by one, kept apart, let go.

They lie in a folder of their own, and not with those of products, which a web server may hand out
as they are: whether one of these may be seen is looked up each time.
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from storefront import prints
from storefront.config import Settings
from storefront.models import Testimonial
from storefront.refusals import Refused

LARGEST = 8 * 2**20  # bytes of one
PATIENCE = 3  # seconds that a form waits for the one before it
# Seconds that developing may take, as the shop's process does nothing else meanwhile.
FOR_ONE, FOR_A_FORM = 10, 20
# That files lie there though nothing refers to them: what is being taken in has files first.
TAKING_IN = timedelta(minutes=30)
BUSY = (
    "Somebody else's pictures are being looked at just now. Send this without yours, and add them "
    "later from the link that we mail you; or choose them again in a minute."
)
NAME = re.compile(r"([0-9a-f]{32})-([0-9]{1,4})\.(webp|avif)")

# Strangers send these, and each takes seconds of a processor: one form's at a time.
_room = threading.Lock()


def place(settings: Settings) -> Path:
    """The folder in which they lie."""
    return settings.instance / "testimonials"


def take_in(files: list[tuple[str, BinaryIO]], folder: Path) -> list[dict]:
    """Develop these files, by their names; gives what a testimonial notes of each, one once.

    Raises `Refused`, said of `pictures`, which names those that cannot be taken.
    """
    if not files:
        return []
    if not _room.acquire(timeout=PATIENCE):
        raise Refused(pictures=BUSY)
    try:
        taken, problems = _developed(files, folder)
    finally:
        _room.release()
    if problems:
        raise Refused(pictures=" ".join(problems))
    return list({each["digest"]: each for each in taken}.values())


def _developed(files, folder: Path) -> tuple[list[dict], list[str]]:
    taken, problems, end = [], [], time.monotonic() + FOR_A_FORM
    for name, file in files:
        try:
            raw = file.read(LARGEST + 1)
            if len(raw) > LARGEST:
                raise prints.BadPicture(f"It is larger than {LARGEST >> 20} MB.")
            patience = min(FOR_ONE, max(0, end - time.monotonic()))
            taken.append(asdict(prints.develop(raw, folder, patience)))
        except prints.BadPicture as refusal:
            problems.append(f"“{name}” was not taken. {refusal.sentence}")
    return taken, problems


def path_of(name: str, pictures: Iterable[dict]) -> str:
    """Where in the folder the file of that name lies, "" where it is of none of these."""
    found = NAME.fullmatch(name)
    if not found:
        return ""
    digest, width, _ = found.groups()
    theirs = any(p["digest"] == digest and int(width) in p["widths"] for p in pictures)
    return f"pictures/{digest[:2]}/{name[2:]}" if theirs else ""


def let_go(settings: Settings, at: datetime) -> int:
    """Delete the files that no testimonial refers to any more; how many."""
    return prints.clear(place(settings), set(_referred()), at - TAKING_IN)


def _referred() -> Iterator[str]:
    pictured = Testimonial.select(Testimonial.pictures).where(Testimonial.pictured == True)  # noqa: E712
    for (pictures,) in pictured.tuples().iterator():
        yield from (picture["digest"] for picture in pictures)
