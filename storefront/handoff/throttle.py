"""Limits how often an address may ask, counted in memory that forked processes share.

No address is kept: a digest under a key of the process picks a cell, and a cell has two numbers.
Two addresses may share one, so this is against floods, not for accounting.
"""

import hashlib
import mmap
import secrets
import struct

_CELL = struct.Struct("<II")  # a minute, and the requests in it
_CELLS = 1 << 16


class Throttle:
    """`limit` requests a minute; make it before forking."""

    def __init__(self, limit: int):
        self._limit = limit
        self._key = secrets.token_bytes(16)
        self._cells = mmap.mmap(-1, _CELLS * _CELL.size)  # anonymous and shared with children

    def is_over(self, address: str, now: float) -> bool:
        """Counts one request of `address` at `now`, in epoch seconds; whether it is one too many.

        Processes that count in the same instant may miss one of each other's.
        """
        digest = hashlib.blake2b(address.encode(), key=self._key, digest_size=2).digest()
        at = int.from_bytes(digest, "big") * _CELL.size
        minute = int(now // 60) & 0xFFFFFFFF
        counted, count = _CELL.unpack_from(self._cells, at)
        count = count + 1 if counted == minute else 1
        _CELL.pack_into(self._cells, at, minute, min(count, 0xFFFFFFFF))
        return count > self._limit
