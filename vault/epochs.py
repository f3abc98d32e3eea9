"""Epochs: a week each, made ahead, listed by the root in a manifest, destroyed when they are over.

All of this happens at the desk, under an exclusive lock on its folder.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storefront.handoff.envelope import (
    SUITES,
    Epoch,
    HandoffError,
    Manifest,
    load_public_key,
    new_private_halves,
    public_halves,
)

from .desk_keys import DeskKeys
from .files import write
from .places import MANIFEST, PUBLIC, folders_of

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY
#: How far ahead epochs are made: eight weeks.
AHEAD = 8 * WEEK
#: Epochs overlap by a day, so that an offer made at the end of one can still be paid.
OVERLAP = DAY
#: An envelope is kept for 14 days at most; then nothing is left that the private half could open.
KEPT = 14 * DAY


class NotYet(HandoffError):
    """The epoch may still be needed: cards sealed to it may lie unopened."""


def look_ahead(instance: Path, roles: Sequence[str], desk: DeskKeys, now: int) -> list[str]:
    """Makes the epochs of the next eight weeks and lists them; the paths that were written.

    An epoch past its destruction leaves the manifest. With nothing to do no passphrase is asked.
    """
    text, latest = newest(instance, roles)
    kept = [epoch for epoch in latest.epochs if now < epoch.destroy_after] if latest else []
    made = list(_weeks(desk, kept, now))
    if made or latest is None or len(kept) < len(latest.epochs):
        text = _signed(desk, latest, (*kept, *made))
    return [f"desk/epochs/{epoch.kid}.json" for epoch in made] + publish(instance, roles, text)


def rotate(instance: Path, roles: Sequence[str], desk: DeskKeys, now: int) -> list[str]:
    """A new epoch that begins now, whatever the week: from now on cards are sealed to it."""
    _, latest = newest(instance, roles)
    made = _new_epoch(desk, now)
    text = _signed(desk, latest, (*(latest.epochs if latest else ()), made))
    written = [f"desk/epochs/{made.kid}.json", *publish(instance, roles, text)]
    return written + look_ahead(instance, roles, desk, now)


def destroy(
    instance: Path, roles: Sequence[str], desk: DeskKeys, kid: str, now: int, early: bool = False
) -> list[str]:
    """Destroys an epoch's private halves; the paths that were written.

    Before its time only with `early`: then it also leaves the manifest, so that nothing more is
    sealed to it. Raises NotYet, or HandoffError if the epoch is unknown.
    """
    _, latest = newest(instance, roles)
    epochs = latest.epochs if latest else ()
    epoch = next((each for each in epochs if each.kid == kid), None)
    if epoch is None and not desk.has(kid):
        raise HandoffError(f"There is no epoch {kid}; `vault keys list` shows them all.")
    written = []
    if epoch is not None and now < epoch.destroy_after:
        if not early:
            raise NotYet(f"Epoch {kid} may be needed until {epoch.destroy_after}.")
        left = [each for each in epochs if each.kid != kid]
        if not left or (epoch.is_open(now) and not any(each.is_open(now) for each in left)):
            raise HandoffError(
                f"Without epoch {kid} no card could be taken now. Begin another one first, with "
                "`vault keys rotate`."
            )
        written = publish(instance, roles, _signed(desk, latest, left))
    return [f"desk/epochs/{kid}.destroyed"] * desk.destroy(kid) + written


def due(instance: Path, roles: Sequence[str], desk: DeskKeys, now: int) -> list[str]:
    """The epochs whose private halves are here and no longer needed."""
    _, latest = newest(instance, roles)
    needed = {epoch.kid for epoch in latest.epochs if now < epoch.destroy_after} if latest else {}
    return [kid for kid in desk.kids() if kid not in needed]


def publish(instance: Path, roles: Sequence[str], text: str) -> list[str]:
    """Copies a signed manifest to every folder here that reads one, and to `public/`."""
    folders = (*folders_of(roles), PUBLIC)
    paths = [f"{folder}/{MANIFEST}" for folder in folders]
    return [path for path in paths if write(instance / path, text.encode("ascii"))]


def newest(instance: Path, roles: Sequence[str]) -> tuple[str, Manifest | None]:
    """The newest manifest in any of the folders, as text too: a lost copy heals."""
    roots = [instance / folder / "root.pub" for folder in folders_of(roles)]
    root = load_public_key(next((path for path in roots if path.exists()), roots[-1]))
    paths = [instance / folder / MANIFEST for folder in (*folders_of(roles), PUBLIC)]
    found = [_read(path, root) for path in paths if path.exists()]
    return max(found, key=lambda pair: pair[1].seq, default=("", None))


def _read(path: Path, root: Ed25519PublicKey) -> tuple[str, Manifest]:
    try:
        text = path.read_text("ascii").strip()
        return text, Manifest.read(text, root)
    except (HandoffError, UnicodeDecodeError):
        raise HandoffError(
            f"{path} is damaged or not signed by this root; move it away and run `vault init` "
            "again, which copies the newest manifest from the other folders."
        ) from None


def _signed(desk: DeskKeys, latest: Manifest | None, epochs: Sequence[Epoch]) -> str:
    ordered = tuple(sorted(epochs, key=lambda epoch: epoch.not_before))
    return Manifest(latest.seq + 1 if latest else 1, ordered).sign(desk.signer("root"))


def _weeks(desk: DeskKeys, epochs: list[Epoch], now: int) -> Iterator[Epoch]:
    """Epochs, a week each, from the last of `epochs` until eight weeks ahead are covered."""
    # The first begins an hour ago, because not every clock is right.
    begin = max([now - HOUR, *(epoch.not_before + WEEK for epoch in epochs)])
    while begin < now + AHEAD:
        yield _new_epoch(desk, begin)
        begin += WEEK


def _new_epoch(desk: DeskKeys, begin: int) -> Epoch:
    """An epoch whose private halves are on disk at the desk before anyone can seal to it."""
    private = new_private_halves()
    not_after = begin + WEEK + OVERLAP
    kid = os.urandom(8).hex()
    desk.add_epoch(kid, private)
    return Epoch(kid, SUITES, public_halves(private), begin, not_after, not_after + KEPT)
