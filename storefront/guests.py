"""Whom the gate lets pass while pictures are fetched: hosts that a catalogue names, once judged."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from storefront import gate
from storefront.refusals import Refused

PURPOSE = "to fetch the pictures of the catalogue you bring in"
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class NotFetched(Refused):
    """A picture that could not be had, with the reason as a sentence."""


class Guests:
    """The hosts that are admitted while pictures are fetched."""

    def __init__(self, loopback: bool) -> None:
        self._loopback, self._names, self._lock = loopback, set(), threading.Lock()

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, judged; from now on the gate lets connections to them pass."""
        self._admit(host, port)  # looking up its name is the first thing that it lets pass
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotFetched(f"There is no host {host}.") from None
        addresses = list(dict.fromkeys(entry[4][0] for entry in found))
        if not all(self._may_be_asked(address) for address in addresses):
            raise NotFetched(f"{host} is not on the public Internet, so it is not asked.")
        for address in addresses:
            self._admit(address, port)
        return addresses

    def _may_be_asked(self, address: str) -> bool:
        given = ipaddress.ip_address(address.partition("%")[0])
        return is_public(given) or (self._loopback and given.is_loopback)

    def _admit(self, host: str, port: int) -> None:
        with self._lock:
            self._names.add(gate.admit_one_of(gate.PICTURES, host, port, purpose=PURPOSE))

    def let_go(self) -> None:
        """Admit none of them any longer."""
        for name in self._names:
            gate.dismiss(name)


@contextmanager
def admitting(loopback: bool) -> Iterator[Guests]:
    guests = Guests(loopback)
    gate.close()
    try:
        yield guests
    finally:
        guests.let_go()


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of the public Internet, and so is any that it wraps."""
    if address.version == 4:
        return address.is_global and not address.is_multicast
    if address.ipv4_mapped:  # of which some versions of Python say that it is private itself
        return is_public(address.ipv4_mapped)
    wrapped = [address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return (
        address.is_global
        and not address.is_multicast
        and all(is_public(one) for one in wrapped if one)
    )
