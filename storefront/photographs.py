"""Takes in pictures: as bytes, from a folder; and clears away what nothing shows any more."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from storefront import prints
from storefront.models import Contest, Picture, Product, Promotion
from storefront.models.picture import FROM_FOLDER
from storefront.prints import BadPicture as BadPicture
from storefront.prints import Photograph, develop
from storefront.refusals import Refused

AT_ONCE = min(4, os.cpu_count() or 1)

Say = Callable[[str], None]
Step = Callable[[int], None]


def take_in(picture: Picture, given: bytes | Path, media: Path) -> None:
    """Make the picture's files from bytes or a file, and note them with it and its product.

    The same bytes again change nothing. Raises `BadPicture`, with the picture as it was before.
    """
    note(picture, develop(given, media))


def note(picture: Picture, photograph: Photograph) -> None:
    """Note that these are the picture's files."""
    if picture.digest != photograph.digest:
        picture.receive(**asdict(photograph))


def several_at_once(work: Callable, jobs: Iterable, most: int = AT_ONCE) -> Iterator[tuple]:
    """Each job with what `work(job)` gave or raised, as they end; `most` run at the same time.

    Jobs are drawn only as fast as they are worked off.
    """
    jobs, running = iter(jobs), {}
    with ThreadPoolExecutor(most) as pool:
        try:
            while True:
                for job in islice(jobs, most - len(running)):
                    running[pool.submit(work, job)] = job
                if not running:
                    return
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(ended), _outcome(ended)
        finally:
            pool.shutdown(cancel_futures=True)


def _outcome(ended: Future):
    trouble = ended.exception()
    return trouble if isinstance(trouble, Exception) else ended.result()


# From the desk


def from_desk(product: Product, files: list[tuple[str, BinaryIO]], media: Path) -> dict[str, str]:
    """Hang uploaded files, in their order, behind a product's pictures.

    Gives a sentence for each that is not taken, by its name; the others are. A file is read once
    it is its turn, so that few are in memory; of one that is too large that many bytes will do.
    """
    jobs = [(number, file) for number, (_, file) in enumerate(files)]
    work = lambda job: develop(job[1].read(prints.LARGEST + 1), media)  # noqa: E731
    outcomes = {number: outcome for (number, _), outcome in several_at_once(work, jobs)}
    refused: dict[str, str] = {}
    for number, (name, _) in enumerate(files):
        try:
            if isinstance(outcome := outcomes[number], Exception):
                raise outcome
            Picture.hang(product, asdict(outcome))
        except Refused as refusal:
            refused[name] = refusal.sentence
    return refused


# From a folder


def from_folder(
    pictures: Iterable[Picture],
    folder: Path,
    media: Path,
    say: Say = lambda line: None,
    step: Step = lambda files: None,
) -> int:
    """Take in the files of a folder, each for the pictures it is named after; how many files.

    A file is named after the last part of a picture's source, in whatever case, or after a
    product: `<handle>.jpg` is its first picture, `<handle>-2.png` its second, made where the
    catalogue told of none. `say` is given a sentence for each file that is not taken in, `step`
    a 1 for every file, taken in or not: there are `len(files_in(folder))` of them.
    """
    matched = _Matching(pictures, say, step).of(files_in(folder))
    taken = 0
    for (path, targets), outcome in several_at_once(lambda job: develop(job[0], media), matched):
        if isinstance(outcome, Exception):
            say(f"{path.name}: {_reason(outcome)}")
        else:
            for picture in targets:
                note(picture, outcome)
            taken += 1
        step(1)
    return taken


def files_in(folder: Path) -> list[Path]:
    """The files that stand in a folder itself, without the hidden ones, by name."""
    here = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in here if path.is_file())


def _reason(trouble: Exception) -> str:
    """Why a file was not taken in; what nobody foresaw goes through."""
    if isinstance(trouble, Refused):
        return trouble.sentence
    if isinstance(trouble, OSError):
        return f"It cannot be read: {trouble.strerror or trouble}."
    raise trouble


def _file_name(source: str) -> str:
    """The last part of an address, without its query; "" where it has none."""
    try:
        path = urlsplit(source).path
    except ValueError:
        return ""
    return _folded(unquote(path.rpartition("/")[2]))


def _folded(name: str) -> str:
    """A file name by which to compare: some systems take letters and accents apart."""
    return unicodedata.normalize("NFC", name).casefold()


class _Matching:
    """Finds the pictures that files are for; says of the others why they are not taken in."""

    def __init__(self, pictures: Iterable[Picture], say: Say, step: Step) -> None:
        self._say, self._step = say, step
        self._wanted: dict[str, dict[str, list[int]]] = {}  # file name: source: pictures
        for picture in pictures:
            if name := _file_name(picture.source):
                sources = self._wanted.setdefault(name, {})
                sources.setdefault(picture.source, []).append(picture.id)
        self._met: set = set()

    def of(self, files: list[Path]) -> Iterator[tuple[Path, list[Picture]]]:
        """Each file with its pictures: first those that the catalogue names, as it knows best."""
        others = []
        for path in files:
            sources = self._wanted.get(_folded(path.name), {})
            if len(sources) != 1:
                others.append(path)
            elif self._is_new(_folded(path.name), path):
                (ids,) = sources.values()
                targets = list(Picture.select().where(Picture.id.in_(ids)))
                self._met |= {(picture.product_id, picture.position) for picture in targets}
                yield path, targets
        for path in others:
            picture = _named_after_product(path)
            if picture is None:
                self._pass_over(path, self._why(path))
            elif self._is_new((picture.product_id, picture.position), path):
                yield path, [picture]

    def _is_new(self, key, path: Path) -> bool:
        if key in self._met:
            self._pass_over(path, "Another file is for the same picture.")
            return False
        self._met.add(key)
        return True

    def _why(self, path: Path) -> str:
        count = len(self._wanted.get(_folded(path.name), {}))
        if not count:
            return "No picture and no product has this name."
        return (
            f"{count} pictures of the catalogue end in this name; "
            "name the file after its product's handle instead."
        )

    def _pass_over(self, path: Path, why: str) -> None:
        self._say(f"{path.name}: {why}")
        self._step(1)


def _named_after_product(path: Path) -> Picture | None:
    """The picture that `<handle>.jpg` or `<handle>-2.png` stands for, where there is the product.

    A picture that the catalogue does not tell of is made, but stored only with its files.
    """
    stem = unicodedata.normalize("NFC", path.stem)
    handle, _, number = stem.rpartition("-")
    ways = (
        [(stem, 1), (handle, int(number))] if re.fullmatch("[1-9][0-9]?", number) else [(stem, 1)]
    )
    for name, position in ways:
        product = Product.get_or_none(Product.handle.in_([name, name.lower()]))
        if product:
            place = (Picture.product == product) & (Picture.position == position)
            source = f"{FROM_FOLDER}{_folded(path.name)}"
            found = Picture.select().where(place).order_by(Picture.id).first()
            return found or Picture(product=product, position=position, source=source)
    return None


# Clearing away


def delete_orphans(media: Path, before: datetime) -> int:
    """Delete the files of pictures that nobody refers to any more; how many files.

    Only what was last written before that moment: what is being taken in just now has files
    before anything refers to them.
    """
    referred = {digest for (digest,) in Picture.select(Picture.digest).tuples().iterator()}
    for (card,) in Product.select(Product.card_picture).tuples().iterator():
        referred.add(card["digest"] if card else "")
    for (picture,) in Contest.select(Contest.picture).tuples().iterator():
        referred.add(picture["digest"] if picture else "")
    for (banner,) in Promotion.select(Promotion.picture).tuples().iterator():
        referred.add(banner["digest"] if banner else "")
    return prints.clear(media, referred, before)
