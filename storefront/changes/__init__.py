"""What changed between two texts of the policy, for a person to read.

Blocks (paragraphs, headings, list items, rows of tables) are the same, added, removed, moved or
reworded, with the words marked that came and went. How a text is marked up is no change: where its
lines end, what is bold, how headings, lists and tables are drawn, which quotation marks it uses,
where paragraphs are divided.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

from storefront.changes.align import aligned
from storefront.changes.blocks import Text, blocks, same
from storefront.changes.told import Block, Changes, Piece, pieces, spaced
from storefront.reading import clauses

__all__ = ["Block", "Changes", "Piece", "between"]

ALIKE = 0.5  # the share of words that two blocks have in common, to be one block reworded
ALIKE_IN_PLACE = 0.3  # if one stands where the other stood
ALIKE_DIVIDED = 0.6  # or one and several that stand in its place
LEAST_STAYED = 0.3  # of the words of the shorter one: in stretches that can be read
MOST_HOLDERS = 16  # blocks that have a word; one in more of them tells nothing
MOST_CANDIDATES = 6  # blocks that a removed one is compared with


@lru_cache(maxsize=4)  # a large text takes some megabytes
def between(old: str, new: str) -> Changes:
    """What changed from one Markdown text to another."""
    found = _Comparison(blocks(old), blocks(new)).result()
    before, after = clauses(old), clauses(new)
    came = tuple(name for name in after if name not in before)
    went = tuple(name for name in before if name not in after)
    return Changes(tuple(_under_headings(found)), came, went)


def _under_headings(found: list[Block]) -> Iterator[Block]:
    heading = ""
    for block in found:
        if block.is_heading and block.new:
            heading = str(block.new[-1])
            yield block
        else:
            yield Block(**(vars(block) | {"under": heading}))


class _Comparison:
    """Two lists of blocks, and step by step what became of each."""

    def __init__(self, old: list[Text], new: list[Text]) -> None:
        self.old, self.new = old, new
        numbers: dict = {}
        self.words = [
            [tuple(numbers.setdefault(same(w), len(numbers)) for w in text.words) for text in side]
            for side in (old, new)
        ]
        self.found: list[Block] = []
        self.gap_of: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def result(self) -> list[Block]:
        """Every block of either side, once."""
        for n, gap in enumerate(self._kept()):
            self._divided_otherwise(n, *gap)
        self._moved()
        self._reworded_and_divided()
        self._reworded()
        for i in self.gap_of[0]:
            self.found.append(Block("removed", (self.old[i],), (), i))
        for j in self.gap_of[1]:
            self.found.append(Block("added", (), (self.new[j],), -1, j))
        return self._in_order()

    def _kept(self) -> list[tuple[list[int], list[int]]]:
        """Take the blocks that stayed in place; what lies between them, old and new."""
        numbers: dict = {}
        sides = [[numbers.setdefault(w, len(numbers)) for w in side] for side in self.words]
        gaps, i, j = [], 0, 0
        for k, m in [*aligned(*sides), (len(self.old), len(self.new))]:
            if k > i or m > j:
                gaps.append((list(range(i, k)), list(range(j, m))))
            if k < len(self.old):
                self._same([k], [m])
            i, j = k + 1, m + 1
        return gaps

    def _same(self, old: list[int], new: list[int]) -> None:
        texts = tuple(self.old[i] for i in old), tuple(self.new[j] for j in new)
        self.found.append(Block("same", *texts, old[0], new[0]))

    def _divided_otherwise(self, number: int, old: list[int], new: list[int]) -> None:
        """Take the same words in other paragraphs, from both ends of a gap; keep the rest."""
        for backwards in (False, True):
            turned = [side[::-1] if backwards else side for side in (old, new)]
            words = [
                [self.words[n][at][:: -1 if backwards else 1] for at in side]
                for n, side in enumerate(turned)
            ]
            taken = set(), set()
            for i, k, j, m in _same_stream(*words):
                self._same(sorted(turned[0][i:k]), sorted(turned[1][j:m]))
                taken[0].update(turned[0][i:k])
                taken[1].update(turned[1][j:m])
            old = [at for at in old if at not in taken[0]]
            new = [at for at in new if at not in taken[1]]
        self.gap_of[0].update(dict.fromkeys(old, number))
        self.gap_of[1].update(dict.fromkeys(new, number))

    def _moved(self) -> None:
        waiting: dict[tuple, deque[int]] = defaultdict(deque)
        for i in self.gap_of[0]:
            waiting[self.words[0][i]].append(i)
        for j in list(self.gap_of[1]):
            if queue := waiting.get(self.words[1][j]):
                i = queue.popleft()
                self.found.append(Block("moved", (self.old[i],), (self.new[j],), i, j))
                del self.gap_of[0][i], self.gap_of[1][j]

    # Reworded

    def _reworded_and_divided(self) -> None:
        """Pair one block with all that stand in its place, where they are alike as a whole."""
        gaps: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for n, side in enumerate(self.gap_of):
            for at, gap in side.items():
                gaps[gap][n].append(at)
        for old, new in gaps.values():
            if min(len(old), len(new)) == 1 < max(len(old), len(new)):
                words = [self._stream(n, side) for n, side in enumerate((old, new))]
                some = [(i, j) for i in old for j in new][:MOST_HOLDERS]
                best = max(_alike(self.words[0][i], self.words[1][j]) for i, j in some)
                if _alike(*words) > max(ALIKE_DIVIDED, best + ALIKE_IN_PLACE):
                    self._reword(old, new)

    def _stream(self, n: int, side: list[int]) -> list[int]:
        return [word for at in side for word in self.words[n][at]]

    def _reword(self, old: list[int], new: list[int], has_moved: bool = False) -> None:
        """Pair them, unless so few of their words stayed that it would not be read as one text."""
        numbers = [self._stream(n, side) for n, side in enumerate((old, new))]
        texts = tuple(self.old[i] for i in old), tuple(self.new[j] for j in new)
        words = [tuple(word for text in side for word in spaced(text)) for side in texts]
        found = tuple(pieces(*words, aligned(*numbers)))
        stayed = sum(len(piece.old) for piece in found if piece.kind == "same")
        if stayed / min(map(len, words)) < LEAST_STAYED:
            return
        for n, side in enumerate((old, new)):
            for at in side:
                del self.gap_of[n][at]
        self.found.append(Block("reworded", *texts, old[0], new[0], found, has_moved))

    def _reworded(self) -> None:
        """Pair what is most alike, each block once."""
        gaps = dict(self.gap_of[0]), dict(self.gap_of[1])
        scored = []
        for i, j in set(self._candidates()):
            alike = _alike(self.words[0][i], self.words[1][j])
            in_place = gaps[0][i] == gaps[1][j]
            if alike >= (ALIKE_IN_PLACE if in_place else ALIKE):
                scored.append((-alike, not in_place, i, j))
        for _, elsewhere, i, j in sorted(scored):
            if i in self.gap_of[0] and j in self.gap_of[1]:
                self._reword([i], [j], elsewhere)

    def _candidates(self) -> Iterator[tuple[int, int]]:
        """Pairs worth comparing: those that share rare words, and those in the same place."""
        holders: dict[int, list[int]] = defaultdict(list)
        in_gap: dict[int, list[int]] = defaultdict(list)
        for j, gap in self.gap_of[1].items():
            in_gap[gap].append(j)
            for word in set(self.words[1][j]):
                holders[word].append(j)
        turn: Counter[int] = Counter()
        for i, gap in self.gap_of[0].items():
            some = in_gap[gap][turn[gap] : turn[gap] + 1]
            turn[gap] += 1
            hits: Counter[int] = Counter(
                j
                for word in set(self.words[0][i])
                if len(held := holders.get(word, ())) <= MOST_HOLDERS
                for j in held
            )
            some += [j for j, _ in hits.most_common(MOST_CANDIDATES)]
            yield from ((i, j) for j in some)

    def _in_order(self) -> list[Block]:
        """In the order of the new text; what was removed follows what it followed."""
        places, last = {}, -1
        for block in sorted((b for b in self.found if b.old), key=lambda b: b.old_at):
            if block.kind == "same" or (block.kind == "reworded" and not block.has_moved):
                last = max(last, block.new_at + len(block.new) - 1)
            places[block.old_at] = last

        def place(block: Block) -> tuple:
            return (block.new_at, 0, 0) if block.new else (places[block.old_at], 1, block.old_at)

        return sorted(self.found, key=place)


def _alike(old: Sequence[int], new: Sequence[int]) -> float:
    """The share of words that two blocks have in common, in any order: 1 for all of them."""
    counts = Counter(old), Counter(new)
    if counts[0].keys().isdisjoint(counts[1]):
        return 0.0
    return 2 * (counts[0] & counts[1]).total() / (len(old) + len(new))


def _same_stream(old: list[tuple], new: list[tuple]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of blocks (start and end on either side) that are the same words from the start on."""
    i = j = start = begin = 0
    in_old = in_new = 0  # how far into the blocks at i and j
    while i < len(old) and j < len(new):
        step = min(len(old[i]) - in_old, len(new[j]) - in_new)
        if old[i][in_old : in_old + step] != new[j][in_new : in_new + step]:
            return
        in_old, in_new = in_old + step, in_new + step
        if in_old == len(old[i]):
            i, in_old = i + 1, 0
        if in_new == len(new[j]):
            j, in_new = j + 1, 0
        if not in_old and not in_new:
            yield start, i, begin, j
            start, begin = i, j
