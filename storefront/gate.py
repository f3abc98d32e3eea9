"""The one way out: every outbound connection goes to a declared recipient, or not at all.

An audit hook sees each connection that Python makes in this process (PEP 578), so that code which
forgets the gate is stopped by it too. The database server is reached through libpq, which Python
does not see; it is the shop's own store and is declared as such.
"""

import ipaddress
import socket
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from storefront.personal import declare


class UndeclaredRecipient(Exception):
    """Something tried to connect to a host that is not on the register."""


@dataclass(frozen=True)
class Recipient:
    """A host and port that may be connected to, and what for."""

    name: str
    host: str
    port: int
    purpose: str


_recipients: dict[str, Recipient] = {}
_allowed: set[tuple[str, int]] = set()
_state = {"hooked": False, "closed": False}


def admit(name: str, host: str, port: int, *, purpose: str, clause: str, basis: str) -> Recipient:
    """Declare a recipient; connections to it pass from now on."""
    recipient = Recipient(name, host, port, purpose)
    declare("recipient", name, clause=clause, why=purpose, basis=basis)
    _recipients[name] = recipient
    _allowed.add((host, port))
    return recipient


def admit_from(settings) -> None:
    """Declare what the shop connects to by its settings: the vault, and a mail server if any."""
    host, _, port = settings.vault_address.rpartition(":")
    admit(
        "vault",
        host,
        int(port),
        purpose="to ask whether a sealed card has arrived",
        clause="orders",
        basis="contract",
    )
    mail = urlsplit(settings.mail_url)
    if mail.scheme in ("smtp", "smtps"):
        admit(
            "mail server",
            mail.hostname or "localhost",
            mail.port or (465 if mail.scheme == "smtps" else 25),
            purpose="to deliver the mail you asked for",
            clause="orders",
            basis="contract",
        )


def recipients() -> list[Recipient]:
    """Everyone this process may connect to."""
    return list(_recipients.values())


def close() -> None:
    """From now on refuse, in this process, every connection to a host that was not admitted."""
    _state["closed"] = True
    if not _state["hooked"]:
        sys.addaudithook(_watch)  # hooks cannot be removed; `closed` switches this one
        _state["hooked"] = True


def open_again() -> None:
    """Let every connection pass again: for tests, which share one process."""
    _state["closed"] = False


def _watch(event: str, args: tuple) -> None:
    if not _state["closed"]:
        return
    if event == "socket.connect" and args[0].family in (socket.AF_INET, socket.AF_INET6):
        host, port = args[1][:2]
        if (host, port) not in _allowed and not _stands_for_allowed(host, port):
            raise UndeclaredRecipient(f"no recipient is declared at {host}:{port}")
    elif event == "socket.getaddrinfo":
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host and not _is_address(host) and host not in {name for name, _ in _allowed}:
            raise UndeclaredRecipient(f"no recipient is declared at {host}")


def _stands_for_allowed(address: str, port: int) -> bool:
    """Whether an admitted name resolves to this address."""
    for host, allowed_port in list(_allowed):
        if allowed_port != port:
            continue
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if address in {entry[4][0] for entry in found}:
            return True
    return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
