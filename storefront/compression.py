"""Compressed answers: which coding a client takes, and bytes in it."""

import zlib
from functools import lru_cache

import brotli

# Qualities. What is sent once is pressed quickly; what is kept, a little harder (0.6 ms for a
# page); what is made ahead of time, as hard as can be (25 ms). See docs/performance.md.
ONCE = {"br": 1, "gzip": 1}
KEPT = {"br": 5, "gzip": 6}
AHEAD = {"br": 11, "gzip": 9}
LEAST = 400  # bytes; below it the headers of compression cost more than it saves
LARGEST = 2**21  # bytes; what is larger is passed on as it comes


LONGEST = 200  # characters of a header that are looked at, and remembered


def coding_for(accepted: str) -> str:
    """The best content coding that an Accept-Encoding header takes: "br", "gzip" or "" (none).

    Whatever has a weight above 0 is taken as it suits us best (RFC 9110, 12.5.3).
    """
    return _coding(accepted[:LONGEST])


@lru_cache(maxsize=256)
def _coding(accepted: str) -> str:
    weights = {}
    for item in accepted.lower().split(","):
        name, _, weight = item.partition(";")
        weights[name.strip()] = weight.replace(" ", "").removeprefix("q=") or "1"
    others = weights.get("*", "0")
    return next((c for c in ("br", "gzip") if _positive(weights.get(c, others))), "")


def _positive(weight: str) -> bool:
    try:
        return float(weight) > 0
    except ValueError:
        return False


def compressed(data: bytes, coding: str, qualities: dict[str, int]) -> bytes:
    """The bytes in that coding; with "" as they are."""
    if coding == "br":
        return brotli.compress(data, mode=brotli.MODE_TEXT, quality=qualities["br"])
    if coding == "gzip":
        return zlib.compress(data, qualities["gzip"], wbits=31)  # 31: with gzip's header
    return data


def is_text(content_type: str) -> bool:
    """Whether a type is worth compressing: text, scripts, drawings; not photographs."""
    kind = content_type.partition(";")[0]
    return kind.startswith("text/") or kind.endswith(("json", "xml", "javascript"))
