#!/usr/bin/env python3
"""Checks the posted versions of a shop's privacy policy, with nothing but Python's own library.

    python3 verify_policy.py https://shop.example        asks the shop for its notes and its key
    python3 verify_policy.py policy.pub 1.note 2.note …  reads them from files
    --key LINE     the key as you noted it earlier, instead of what is given now
    --digest HEX   the digest that was printed last time: that version must still be in the chain

A note is a text, an empty line, and a line with the signature (https://c2sp.org/signed-note). Each
text names the SHA-256 of the note before it, so that none can be changed, left out or put between.
Exit code 0 when all is well, 1 with a sentence when it is not.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

# Ed25519, as RFC 8032 writes it (5.1 and appendix A). Slow, and short enough to be read.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1


def add(a, b):
    """The sum of two points in extended coordinates (x, y, z, t), where t = xy / z."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return (
        (f - e) * (h - g) % P,
        (h + g) * (f + e) % P,
        (h - g) * (h + g) % P,
        (f - e) * (f + e) % P,
    )


def times(number, point):
    """A point added to itself so often."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point(raw):
    """The point that 32 bytes stand for; raises ValueError where there is none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    """Whether `signature` (64 bytes) of `message` was made with the key of `key` (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    try:
        a, r = point(key), point(signature[:32])
    except ValueError:
        return False
    if s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    left = times(s, BASE)
    right = add(r, times(int.from_bytes(digest, "little") % ORDER, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


# Notes


class Wrong(Exception):
    """Something is not as it should be, in words."""


def read_key(line):
    """Name, id and key from `name+id+base64`; the id has to be that of name and key."""
    try:
        name, number, coded = line.strip().split("+", 2)
        raw = base64.b64decode(coded, validate=True)
    except ValueError:
        raise Wrong("the key is not of the form name+id+base64") from None
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != b"\x01" or len(raw) != 33 or number != expected.hex():
        raise Wrong("the key is no Ed25519 key, or its id is not its own")
    return name, expected, raw[1:]


def check_note(raw, key):
    """The text of a note, after its signature was checked."""
    name, number, public = key
    text, found, lines = raw.rpartition(b"\n\n")
    mark = f"\N{EM DASH} {name} ".encode()
    if (
        not found
        or not lines.startswith(mark)
        or not lines.endswith(b"\n")
        or lines.count(b"\n") > 1
    ):
        raise Wrong(f"is not a note signed by {name}")
    try:
        signature = base64.b64decode(lines[len(mark) : -1], validate=True)
    except ValueError:
        raise Wrong("has a signature that is no base64") from None
    if signature[:4] != number or not is_signed(public, text + b"\n", signature[4:]):
        raise Wrong("is not what was signed")
    return (text + b"\n").decode()


HEAD = re.compile(r"policy version (\d+)\nposted (\S+) by .+\nin force (\S+)\nprevious (\S+)\n")


def check_chain(notes, key, seen=None, tell=print):
    """Check notes, which are bytes, in the order of their versions; gives the last digest."""
    previous, digests = "-", set()
    for number, raw in enumerate(notes, start=1):
        try:
            head = HEAD.match(check_note(raw, key))
            if not head or int(head[1]) != number:
                raise Wrong(f"is not version {number}")
            if head[4] != previous:
                raise Wrong("does not name the note before it: one was changed or left out")
        except Wrong as trouble:
            raise Wrong(f"note {number} {trouble}") from None
        previous = hashlib.sha256(raw).hexdigest()
        digests.add(previous)
        tell(f"version {number}, posted {head[2]}, in force {head[3]}: good")
    if seen and seen not in digests:
        raise Wrong("the version that you saw earlier is not in the chain: history was rewritten")
    return previous


def fetch(address):
    """What lies at an address."""
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 main() looked at it
        return answer.read()


def from_shop(address):
    """The key line and the notes of a shop."""
    folder = urljoin(f"{address.rstrip('/')}/", "privacy/")
    told = json.loads(fetch(f"{folder}versions.json"))
    count = max(version["number"] for version in told["versions"])
    notes = [fetch(f"{folder}versions/{number}.note") for number in range(1, count + 1)]
    return fetch(f"{folder}policy.pub").decode(), notes


def from_files(paths):
    """The key line and the notes in files, the key's first."""
    notes = [Path(path).read_bytes() for path in paths[1:]]
    return Path(paths[0]).read_text(encoding="utf-8"), notes


def main():
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("source", nargs="+", help="a shop's address, or policy.pub and notes")
    asked.add_argument("--key")
    asked.add_argument("--digest")
    given = asked.parse_args()
    try:
        is_shop = given.source[0].startswith(("http://", "https://"))
        line, notes = from_shop(given.source[0]) if is_shop else from_files(given.source)
        last = check_chain(notes, read_key(given.key or line), given.digest)
    except (Wrong, OSError, ValueError, KeyError, TypeError) as trouble:
        sys.exit(f"NOT as it should be: {trouble}")
    print(f"All {len(notes)} are as they were posted. Keep these two for the next time:")
    print(f"--key {(given.key or line).strip()}\n--digest {last}")


if __name__ == "__main__":
    main()
