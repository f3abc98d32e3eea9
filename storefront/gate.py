"""The one way out: every outbound connection goes to a declared recipient, or not at all.

An audit hook sees each connection that Python makes in this process (PEP 578), so that code which
forgets the gate is stopped by it too. Looking up a name counts, because a name can carry a message,
and so does starting another program, which the hook would not see into: few are admitted.
The database server is reached through libpq, which Python does not see; it is declared as well.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from storefront import tally
from storefront.personal import declare, withdraw

PICTURES = "hosts of pictures"
BEACON = "random beacon drand"
declare(
    "recipient",
    PICTURES,
    clause="catalogue",
    why="to fetch the pictures that a catalogue names when it is brought in; nothing is sent along",
    basis="interest",
)


class UndeclaredRecipient(Exception):
    """Something tried to connect to a host that is not on the register."""


class UndeclaredProgram(Exception):
    """Something tried to start a program that the shop has no use for."""


@dataclass(frozen=True)
class Recipient:
    """A host and port that may be connected to, what for, and under whose name it is counted."""

    name: str
    host: str
    port: int
    purpose: str
    under: str


_recipients: dict[str, Recipient] = {}
_state = {"hooked": False, "closed": False}


def admit(name: str, host: str, port: int, *, purpose: str, clause: str, basis: str) -> Recipient:
    """Declare a recipient; connections to it pass from now on."""
    declare("recipient", name, clause=clause, why=purpose, basis=basis)
    return _let_in(Recipient(name, host, port, purpose, name))


def admit_one_of(kind: str, host: str, port: int, *, purpose: str) -> str:
    """Let connections pass to one host of a kind that is declared; its name, to dismiss it by."""
    return _let_in(Recipient(f"{kind}: {host} port {port}", host, port, purpose, kind)).name


def _let_in(recipient: Recipient) -> Recipient:
    _recipients[recipient.name] = recipient
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
    beacon = urlsplit(settings.beacon)
    admit(
        BEACON,
        beacon.hostname,
        beacon.port or (443 if beacon.scheme == "https" else 80),
        purpose="to fetch the public random value by which a contest is drawn, when somebody here "
        "presses the button for it; nothing is sent along but the number of the round",
        clause="contests",
        basis="interest",
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
    if settings.shared:
        shared = urlsplit(settings.shared)
        admit(
            "shared store",
            shared.hostname,
            shared.port or 11211,
            purpose="to tell, for half an hour and in memory alone, which views are of one visit, "
            "where several computers serve the shop",
            clause="orders",
            basis="interest",
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


@contextmanager
def closed() -> Iterator[None]:
    """The gate is closed while the block runs, and afterwards as it was before."""
    before = _state["closed"]
    close()
    try:
        yield
    finally:
        _state["closed"] = before


# What Python tells of (its table of audit events), and where in it the name or the address stands.
_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKS_UP = ("socket.getaddrinfo", "socket.gethostbyname")
_LOOKS_BACK = ("socket.gethostbyaddr", "socket.getnameinfo")
_STARTS = ("os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn")
# Python tells of much more, all day long: what is not among these is passed over at once.
_WATCHED = frozenset((*_CONNECTS, *_LOOKS_UP, *_LOOKS_BACK, *_STARTS, "subprocess.Popen"))
# The program that develops pictures, run by this Python; and those that copy PostgreSQL's data.
_DARKROOM = ("-I", os.path.join(os.path.dirname(os.path.abspath(__file__)), "darkroom.py"))
_COPYING = ("pg_dump", "pg_restore", "psql")


def _watch(event: str, args: tuple) -> None:
    if event not in _WATCHED or not _state["closed"]:
        return
    if event in _CONNECTS:
        if args[1]:  # without an address it goes where the socket is connected already
            tally.note(_recipient_at(args[0].family, args[1]).under)
    elif event in _LOOKS_UP or event in _LOOKS_BACK:
        _watch_names(event, args[0])
    elif event == "subprocess.Popen":
        _watch_programs(args[0], args[1])
    else:
        raise UndeclaredProgram(f"no program is started here by {event}")


def _recipient_at(family: int, address) -> Recipient:
    """Who was admitted at this name or address, or has a name that resolves to it."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        raise UndeclaredRecipient(f"no recipient is declared on a socket of family {family}")
    host, port = address[:2]
    there = [recipient for recipient in recipients() if recipient.port == port]
    for recipient in there:
        if host == recipient.host:
            return recipient
    for recipient in there:
        if host in _addresses(recipient.host, port):
            return recipient
    raise UndeclaredRecipient(f"no recipient is declared at {host}:{port}")


def _addresses(name: str, port: int) -> set[str]:
    try:
        return {found[4][0] for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


def _watch_names(event: str, asked) -> None:
    """A name may be asked for its address if it is a recipient's or this machine's own."""
    host = asked[0] if isinstance(asked, tuple) else asked
    host = host.decode() if isinstance(host, bytes) else host
    if not host or host in _names():
        return
    # An address is asked for its name by a question to somebody else, but for this machine's.
    if (address := _as_address(host)) and (event in _LOOKS_UP or address.is_loopback):
        return
    raise UndeclaredRecipient(f"no recipient is declared at {host}")


def _names() -> set[str]:
    # smtplib looks up this machine's own name, to introduce itself.
    return {recipient.host for recipient in recipients()} | {socket.gethostname()}


def _as_address(host: str):
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _watch_programs(program, command) -> None:
    words = [os.fsdecode(word) for word in ([command] if isinstance(command, str) else command)]
    if tuple(words[1:]) == _DARKROOM and words[0] == sys.executable:
        return
    # The program itself, not only what it is told that it is called.
    name = os.path.basename(os.fsdecode(program)) if program else words[0]
    if name not in _COPYING:
        raise UndeclaredProgram(f"{name} is not among the programs that are started here")
