"""What two sequences have in common, in order, found in bounded work.

The longest common subsequence takes quadratic time in the worst case. Here what is rare in both
sides anchors it ("patience diff"), small gaps are compared in full, and when the work that is
allowed for has been done, what is left counts as different: longer than need be, and still right.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

SMALL = 1024  # cells: a gap of 32 by 32 is compared in full
MOST_SCANS = 40  # times that everything may be looked at, all gaps together
MOST_CELLS = 2_000_000  # of all gaps that are compared in full

Pair = tuple[int, int]


def aligned(one: Sequence[int], other: Sequence[int]) -> list[Pair]:
    """Places (in one, in other) of equal items, rising on both sides."""
    return sorted(_Alignment(one, other).pairs())


class _Alignment:
    def __init__(self, one: Sequence[int], other: Sequence[int]) -> None:
        self.one, self.other = one, other
        self.scans = MOST_SCANS * (len(one) + len(other)) + SMALL
        self.cells = MOST_CELLS

    def pairs(self) -> Iterator[Pair]:
        gaps = [(0, len(self.one), 0, len(self.other))]
        while gaps:
            start, end, begin, stop = gaps.pop()
            yield from self._same_ends(start, end, begin, stop)
            head, tail = self._lengths_of_ends(start, end, begin, stop)
            start, end, begin, stop = start + head, end - tail, begin + head, stop - tail
            size = (end - start) * (stop - begin)
            self.scans -= end - start + stop - begin + head + tail
            if not size or self.scans < 0:
                continue
            if size <= SMALL and size <= self.cells:
                self.cells -= size
                yield from self._in_full(start, end, begin, stop)
            elif size > SMALL:
                anchors = self._anchors(start, end, begin, stop)
                yield from anchors
                gaps += _between(anchors, start, end, begin, stop)

    def _lengths_of_ends(self, start: int, end: int, begin: int, stop: int) -> Pair:
        one, other, most = self.one, self.other, min(end - start, stop - begin)
        head = tail = 0
        while head < most and one[start + head] == other[begin + head]:
            head += 1
        while tail < most - head and one[end - 1 - tail] == other[stop - 1 - tail]:
            tail += 1
        return head, tail

    def _same_ends(self, start: int, end: int, begin: int, stop: int) -> Iterator[Pair]:
        head, tail = self._lengths_of_ends(start, end, begin, stop)
        yield from ((start + n, begin + n) for n in range(head))
        yield from ((end - 1 - n, stop - 1 - n) for n in range(tail))

    def _in_full(self, start: int, end: int, begin: int, stop: int) -> Iterator[Pair]:
        """The longest common subsequence, by the table everybody knows."""
        width = stop - begin
        rows = [[0] * (width + 1)]
        for i in range(end - 1, start - 1, -1):
            below, row = rows[-1], [0] * (width + 1)
            for j in range(width - 1, -1, -1):
                equal = self.one[i] == self.other[begin + j]
                row[j] = below[j + 1] + 1 if equal else max(below[j], row[j + 1])
            rows.append(row)
        i, j = start, 0
        while i < end and j < width:
            here, below = rows[end - i], rows[end - i - 1]
            if self.one[i] == self.other[begin + j]:
                yield i, begin + j
                i, j = i + 1, j + 1
            elif below[j] >= here[j + 1]:
                i += 1
            else:
                j += 1

    def _anchors(self, start: int, end: int, begin: int, stop: int) -> list[Pair]:
        """Pairs of what is rare, rising on both sides: what comes once if there is any of it."""
        counts = Counter(self.one[start:end]), Counter(self.other[begin:stop])
        common = counts[0].keys() & counts[1].keys()
        for most in (1, 4, len(self.one) + len(self.other)):
            rare = {item for item in common if counts[0][item] <= most >= counts[1][item]}
            if rare:
                return _rising(self._by_turn(rare, start, end, begin, stop))
        return []

    def _by_turn(self, rare: set[int], start: int, end: int, begin: int, stop: int) -> list[Pair]:
        """The first of an item with the first on the other side, the second with the second…"""
        places: dict[tuple[int, int], int] = {}
        turn: Counter[int] = Counter()
        for j in range(begin, stop):
            if (item := self.other[j]) in rare:
                places[item, turn[item]] = j
                turn[item] += 1
        found, turn = [], Counter()
        for i in range(start, end):
            if (item := self.one[i]) in rare:
                if (j := places.get((item, turn[item]))) is not None:
                    found.append((i, j))
                turn[item] += 1
        return found


def _rising(pairs: list[Pair]) -> list[Pair]:
    """The longest choice of pairs (which rise in their first places) that rises in the second."""
    ends: list[int] = []  # the least last place of a choice of each length
    last: list[int] = []  # which pair that is
    before: list[int] = []
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [n]
    chosen, n = [], last[-1] if last else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = before[n]
    return chosen[::-1]


def _between(anchors: list[Pair], start: int, end: int, begin: int, stop: int) -> list[tuple]:
    edges = [(start - 1, begin - 1), *anchors, (end, stop)] if anchors else []
    return [(i + 1, k, j + 1, m) for (i, j), (k, m) in pairwise(edges) if k > i + 1 and m > j + 1]
