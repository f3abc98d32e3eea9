"""What a diff tells: what became of each block, and which words of it went and came."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from storefront.changes.blocks import Text

LITTLE = 2  # words that stayed between two changes, which read better as changed with them
LONG, EDGE = 60, 20  # words of a stretch that stayed: longer ones are shown by their edges
MOST_SHOWN = 800  # words of one stretch


@dataclass(frozen=True)
class Piece:
    """A stretch of words in a reworded block; `kind` is same, removed or added."""

    kind: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Its words; the middle of a long stretch that stayed is left out."""
        words = self.new or self.old
        if self.kind == "same" and len(words) > LONG:
            return f"{''.join(words[:EDGE])} … {''.join(words[-EDGE:]).lstrip()}"
        return _cut(words)


@dataclass(frozen=True)
class Block:
    """What became of a block; `kind` is same, added, removed, moved or reworded.

    `old` and `new` hold its text on either side: one block, more where it was only divided
    otherwise, none where it was not. `old_at` and `new_at` are places among the blocks of each.
    """

    kind: str
    old: tuple[Text, ...]
    new: tuple[Text, ...]
    old_at: int = -1
    new_at: int = -1
    pieces: tuple[Piece, ...] = ()
    has_moved: bool = False  # of a reworded block: it stands elsewhere, too
    under: str = ""  # the heading it stands under

    @property
    def is_heading(self) -> bool:
        return all(text.is_heading for text in self.new or self.old)

    @property
    def shown(self) -> str:
        """Its words."""
        return _cut([word for text in self.new or self.old for word in spaced(text)]).lstrip()


@dataclass(frozen=True)
class Changes:
    """All blocks of both texts, in the order of the new one, and clauses that came and went."""

    blocks: tuple[Block, ...]
    now_covers: tuple[str, ...] = ()
    no_longer_covers: tuple[str, ...] = ()

    @property
    def changed(self) -> list[Block]:
        """The blocks that are not the same as before."""
        return [block for block in self.blocks if block.kind != "same"]

    @property
    def counts(self) -> dict[str, int]:
        """How many blocks of each kind."""
        return dict(Counter(block.kind for block in self.blocks))

    def __bool__(self) -> bool:
        return bool(self.changed or self.now_covers or self.no_longer_covers)


def spaced(text: Text) -> tuple[str, ...]:
    return (f" {text.words[0]}", *text.words[1:])


def _cut(words: Sequence[str]) -> str:
    return "".join(words[:MOST_SHOWN]) + (" …" if len(words) > MOST_SHOWN else "")


def pieces(
    old: tuple[str, ...], new: tuple[str, ...], pairs: list[tuple[int, int]]
) -> Iterator[Piece]:
    """Stretches of words that stayed, went and came."""
    stayed = [(i, j) for run in _runs(pairs, len(old), len(new)) for i, j in run]
    i = j = 0
    for _, group in groupby(
        enumerate(stayed), key=lambda one: (one[1][0] - one[0], one[1][1] - one[0])
    ):
        run = [pair for _, pair in group]
        yield from _went_and_came(old[i : run[0][0]], new[j : run[0][1]])
        i, j = run[-1][0] + 1, run[-1][1] + 1
        yield Piece("same", old[run[0][0] : i], new[run[0][1] : j])
    yield from _went_and_came(old[i:], new[j:])


def _went_and_came(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Piece]:
    if old:
        yield Piece("removed", old, ())
    if new:
        yield Piece("added", (), new)


def _runs(pairs: list[tuple[int, int]], old_end: int, new_end: int) -> Iterator[list]:
    """Pairs in unbroken runs, but for those too short to be read between two changes."""
    groups = groupby(enumerate(pairs), key=lambda one: (one[1][0] - one[0], one[1][1] - one[0]))
    for _, group in groups:
        run = [pair for _, pair in group]
        at_edge = run[0] == (0, 0) or run[-1] == (old_end - 1, new_end - 1)
        if len(run) > LITTLE or at_edge:
            yield run
