"""Remembers for a day, in memory alone, that somebody has clicked on something already.

What is kept of a click is a hash under a key that is drawn anew each day in each process and never
leaves it: afterwards nobody can tell from it who clicked, we neither.
"""

import hashlib
import ipaddress
import secrets
import threading
from datetime import date

MOST = 20_000  # clicks of one day; more are not counted


class Clicks:
    """The clicks of one day in one process."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._key, self._seen = b"", set()
        self._lock = threading.Lock()

    def first(self, address: str, what: str, day: date) -> bool:
        """Whether that is the first click from the address on this on that day, and room for it."""
        with self._lock:
            if day != self._day:
                self._day, self._key, self._seen = day, secrets.token_bytes(32), set()
            said = f"{network(address)} {what}".encode()
            mark = hashlib.blake2b(said, key=self._key, digest_size=8).digest()
            if mark in self._seen or len(self._seen) >= MOST:
                return False
            self._seen.add(mark)
            return True


def network(address: str) -> str:
    """The address, or the part of an IPv6 one that a household has to itself (RFC 6177)."""
    if ":" not in address:
        return address  # of IPv4, or none, as of a Unix socket; this is asked all day long
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False))
