"""The one way out: every outbound connection goes to a declared recipient, or not at all.

An audit hook sees each connection that Python makes in this process (PEP 578), so that code which
forgets the gate is stopped by it too. Looking up a name counts, because a name can carry a message.
The database server is reached through libpq, which Python does not see; it is declared as well.
"""

import ipaddress
import socket
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from storefront.personal import declare, withdraw


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
_state = {"hooked": False, "closed": False}


def admit(name: str, host: str, port: int, *, purpose: str, clause: str, basis: str) -> Recipient:
    """Declare a recipient; connections to it pass from now on."""
    recipient = Recipient(name, host, port, purpose)
    declare("recipient", name, clause=clause, why=purpose, basis=basis)
    _recipients[name] = recipient
    return recipient


def dismiss(name: str) -> None:
    """Admit a recipient no longer, and take it off the register."""
    if _recipients.pop(name, None):
        withdraw("recipient", name)


def admit_from(settings) -> None:
    """Declare what the shop connects to by its settings: the vault, a mail or database server."""
    vault = urlsplit(f"//{settings.vault_address}")
    admit(
        "vault",
        vault.hostname,
        vault.port,
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
    store = urlsplit(settings.database_url)
    if store.scheme != "sqlite":
        admit(
            "database server",
            store.hostname or "localhost",
            store.port or 5432,
            purpose="to keep the shop's own records",
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


# What Python tells of (its table of audit events), and where in it the name or the address stands.
_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKS_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def _watch(event: str, args: tuple) -> None:
    if not _state["closed"]:
        return
    if event in _CONNECTS and args[0].family in (socket.AF_INET, socket.AF_INET6) and args[1]:
        host, port = args[1][:2]
        if not _is_admitted(host, port):
            raise UndeclaredRecipient(f"no recipient is declared at {host}:{port}")
    elif event in _LOOKS_UP:
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host and not _is_address(host) and host not in _names():
            raise UndeclaredRecipient(f"no recipient is declared at {host}")


def _names() -> set[str]:
    # smtplib looks up this machine's own name, to introduce itself.
    return {recipient.host for recipient in recipients()} | {socket.gethostname()}


def _is_admitted(host: str, port: int) -> bool:
    """Whether a recipient was admitted at this name or address, or resolves to this address."""
    there = [recipient.host for recipient in recipients() if recipient.port == port]
    return host in there or any(host in _addresses(name, port) for name in there)


def _addresses(name: str, port: int) -> set[str]:
    try:
        return {found[4][0] for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
