"""The arithmetic of a draw: a tree over what was entered, and who is drawn by a random value.

Nothing here knows the shop. `docs/verify_draw.py` does the same in its own words, for whoever
wants to check, so a change here is another formula: it gets another number, and old draws keep
theirs.
"""

import hashlib
import json
from collections.abc import Iterator
from itertools import count

FORMULA = 1
WORDS = (
    "Take c = 0, 1, 2, … in turn. Let h be SHA-256(root ‖ value ‖ c) read as a number, the most "
    "significant byte first; root and value are 32 bytes each, c is 8 bytes, also with the most "
    "significant first. Pass over h from the largest multiple of n up that 256 bits hold, n being "
    "the number of entries. Else the entry at h mod n is drawn next, unless it was before."
)
SPAN = 1 << 256


def sealed(salt: bytes, digest: bytes) -> bytes:
    """The leaf of an entry: its hash in the tree (RFC 6962, 2.1: 0x00 before what is a leaf).

    `salt` is 32 random bytes of the entry's own and `digest` that of its facts. Without the salt a
    leaf says nothing of the facts, however few there are to try: each try would need it.
    """
    if len(salt) != 32 or len(digest) != 32:
        raise ValueError("a salt and a digest have 32 bytes each")
    return hashlib.sha256(b"\x00" + salt + digest).digest()


def canonical(facts: dict[str, str]) -> str:
    """Facts as the one text of which the digest is taken: JSON, keys sorted, no spaces, ASCII."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest_of(facts: dict[str, str]) -> bytes:
    """What stands for the facts of an entry in its leaf."""
    return hashlib.sha256(canonical(facts).encode("ascii")).digest()


class Tree:
    """A Merkle tree over leaves that are hashes already, as RFC 6962 has it."""

    def __init__(self, leaves: list[bytes]) -> None:
        self._levels = [leaves]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """The hash over all; of no leaves that of nothing."""
        return self._levels[-1][0] if self._levels[0] else hashlib.sha256(b"").digest()

    def path(self, index: int) -> list[bytes]:
        """What leads from that leaf to the root (2.1.1), the nearest first."""
        if not 0 <= index < len(self._levels[0]):
            raise IndexError(index)
        found = []
        for level in self._levels[:-1]:
            if (beside := index ^ 1) < len(level):
                found.append(level[beside])
            index >>= 1
        return found


def _above(level: list[bytes]) -> list[bytes]:
    """The next level: pairs are hashed, one left over goes up as it is.

    So the left part of every tree is a full one, as RFC 6962 cuts it.
    """
    pairs = [_node(*level[n : n + 2]) for n in range(0, len(level) - 1, 2)]
    return pairs + level[len(pairs) * 2 :]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def order(root: bytes, value: bytes, size: int) -> Iterator[int]:
    """The entries in the order in which they are drawn, each once; see `WORDS`."""
    if len(root) != 32 or len(value) != 32:
        raise ValueError("a root and a value have 32 bytes each")
    drawn: set[int] = set()
    for turn in count():
        if len(drawn) == size:
            return
        found = hashlib.sha256(root + value + turn.to_bytes(8)).digest()
        index = index_of(int.from_bytes(found), size)
        if index is not None and index not in drawn:
            drawn.add(index)
            yield index


def index_of(number: int, size: int) -> int | None:
    """A number below 2²⁵⁶ as one of `size`, or None where taking it would favour the first."""
    return number % size if number < SPAN - SPAN % size else None
