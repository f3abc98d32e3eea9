"""Looks for secrets wherever bytes lie: in files, and in the memory of living processes.

    scanner = Scanner({"card": b"975318642097"})
    scanner.in_folder(path)     {"card": {"raw: …/store.sqlite-wal", …}}
    scanner.in_process(pid)     the same, of every mapping that can be read

A secret is found as it is, in the groups in which cards are written, as base64 at all three
alignments, as hexadecimal, URL-encoded, as UTF-16 and UTF-32 of both byte orders, and, in each of
these forms, inside anything that gzip or zlib has packed. In files also where lines were folded in
the midst of it, as mails and PEM files fold them.
"""

import base64
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

CHUNK = 16 << 20  # bytes read at once
OVERLAP = 64 << 10  # of neighbouring chunks, so that nothing is missed where they meet
MOST_UNPACKED = 8 << 20  # bytes of one packed stream
DEEPEST = 2  # streams within streams
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_FOLD = re.compile(rb"=?\r?\n")
#: Mappings of the kernel's own, which hold no data of a program's and cannot be read.
_NOT_READ = ("[vvar", "[vsyscall]")

Found = dict[str, set[str]]


def spellings(secret: bytes) -> dict[str, list[bytes]]:
    """The byte strings that stand for `secret`, by the name of the encoding."""
    found = {"raw": [secret], "hex": [secret.hex().encode(), secret.hex().upper().encode()]}
    found["base64"] = sorted({text for at in range(3) for text in _base64(secret, at)})
    if not secret.isdigit():
        return found
    text = secret.decode()
    groups = [text[at : at + 4] for at in range(0, len(text), 4)]
    between = (" ", "-", "+", "%20", "\u00a0", "%C2%A0", "\u2011")
    found["spaced"] = [mark.join(groups).encode() for mark in between]
    found["url"] = [b"".join(b"%%%02x" % byte for byte in secret)]  # digits have no letters in it
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        found[name] = [text.encode(name), " ".join(groups).encode(name)]
    return found


def _base64(secret: bytes, at: int) -> Iterator[bytes]:
    """What of `secret` shows in base64, whatever stands before and after it."""
    whole = base64.b64encode(bytes(at) + secret + bytes(2))
    # A character is certain when all its six bits are the secret's.
    first, last = -(-8 * at // 6), 8 * (at + len(secret)) // 6
    yield whole[first:last]
    yield whole[first:last].replace(b"+", b"-").replace(b"/", b"_")


class Scanner:
    """Looks for the given secrets. A secret is what is distinctive: twelve digits and more."""

    def __init__(self, secrets: dict[str, bytes]):
        self._wanted = [
            (name, encoding, spelling)
            for name, secret in secrets.items()
            for encoding, all_spellings in spellings(secret).items()
            for spelling in dict.fromkeys(all_spellings)
        ]
        self._known: dict[tuple[bytes, int], Found] = {}

    def in_bytes(self, data: bytes, where: str = "", depth: int = 0) -> Found:
        """The encodings in which `data` holds secrets. What was looked through before, as are the
        libraries that every process of a shop has in its memory, is not looked through again."""
        key = hashlib.sha256(data).digest(), depth
        if key not in self._known:
            self._known[key] = self._look(data, depth)
        return {name: {how + where for how in hows} for name, hows in self._known[key].items()}

    def _look(self, data: bytes, depth: int) -> Found:
        found: Found = defaultdict(set)
        for name, encoding, spelling in self._wanted:
            if spelling in data:
                found[name].add(encoding)
        if depth < DEEPEST:
            for match in _PACKED.finditer(data):
                kind = "gzip" if match[0].startswith(b"\x1f") else "zlib"
                if unpacked := _unpacked(data, match.start()):
                    _add(found, self.in_bytes(unpacked, f" in {kind}", depth + 1))
        return found

    def in_file(self, path: Path) -> Found:
        """The same for a file, whatever its size; one that vanishes meanwhile holds nothing."""
        found: Found = defaultdict(set)
        try:
            with path.open("rb") as file:
                before = b""
                while chunk := file.read(CHUNK):
                    _add(found, self.in_bytes(before + chunk, f": {path}"))
                    unfolded = _FOLD.sub(b"", before + chunk)
                    _add(found, self.in_bytes(unfolded, f", folded: {path}", DEEPEST))
                    before = chunk[-OVERLAP:]
        except FileNotFoundError:
            pass
        return found

    def in_folder(self, folder: Path) -> Found:
        """The same for every regular file below `folder`, whose names are looked at too."""
        found: Found = defaultdict(set)
        for path in sorted(folder.rglob("*")):
            _add(found, self.in_bytes(bytes(path), f": the name of {path}"))
            if path.is_file() and not path.is_symlink():
                _add(found, self.in_file(path))
        return found

    def in_process(self, pid: int) -> Found:
        """The same for the memory of a process. Raises OSError when it may not be read."""
        found: Found = defaultdict(set)
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for start, end, name in mappings(pid):
                before = b""
                for chunk in _read(memory, start, end):
                    _add(found, self.in_bytes(before + chunk, f": {name or 'anonymous'} of {pid}"))
                    before = chunk[-OVERLAP:]
        return found


def mappings(pid: int) -> list[tuple[int, int, str]]:
    """Every mapping of a process that can be read: start, end, name."""
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, permissions, _, _, _, *name = line.split(maxsplit=5)
        start, end = (int(part, 16) for part in span.split("-"))
        if permissions.startswith("r") and not "".join(name).startswith(_NOT_READ):
            found.append((start, end, "".join(name)))
    return found


def _read(memory, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        try:
            memory.seek(start)
            chunk = memory.read(min(CHUNK, end - start))
        except OSError:  # a page behind the end of a file, or one that was given back meanwhile
            start += 4096
            continue
        if not chunk:
            return
        yield chunk
        start += len(chunk)


def _unpacked(data: bytes, at: int) -> bytes:
    """What the stream that seems to begin there holds, as far as it can be read."""
    try:
        stream = memoryview(data)[at : at + MOST_UNPACKED]
        return zlib.decompressobj(47).decompress(stream, MOST_UNPACKED)
    except zlib.error:
        return b""


def _add(found: Found, more: Found) -> None:
    for name, places in more.items():
        found[name] |= places


def family(pid: int) -> list[int]:
    """A process and everything that it started and that still lives."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += family(int(child))
    return found
