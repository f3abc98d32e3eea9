"""Fetches pictures that a catalogue names by address, through the gate and within limits.

Addresses come from a file that somebody wrote, so none of them is trusted: each host is looked
up, its addresses are judged, and the connection is made to the address that was judged (a name
that answers differently the second time leads nowhere else). Nothing is sent but the request.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from storefront.guests import Guests, NotFetched, admitting
from storefront.models import Picture, Product
from storefront.models.picture import FROM_FOLDER
from storefront.photographs import Say, Step, note, several_at_once
from storefront.prints import LARGEST, are_kept, develop
from storefront.refusals import Refused

SECONDS = 15  # for one picture, redirects included
CONNECTING_SECONDS = 5  # for one address of a host
MOST_REDIRECTS = 3
AT_ONCE = 4
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {"User-Agent": "Storefront picture import", "Accept": "image/*", "Connection": "close"}
NO_ADDRESS = "This is not an address."
CUT_SHORT = "It was cut short on the way."


def fetch_missing(
    pictures: Iterable[Picture],
    media: Path,
    say: Say,
    step: Step = lambda pictures: None,
    *,
    loopback: bool = False,
) -> int:
    """Fetch the pictures that have no files, each address once; how many pictures have some now.

    Closes the gate for this process and admits the hosts for the time being: what else the
    process connects to must have been admitted before. `say` is given a sentence for each
    address that failed, whose pictures stay as they were; `step` how many pictures are done with.
    `loopback` lets hosts on this machine pass, for tests.
    """
    wanted = _by_address(pictures, media, step)
    got = 0
    with admitting(loopback) as guests:

        def work(address: str):
            return develop(fetch(address, guests), media)

        for address, outcome in several_at_once(work, wanted, AT_ONCE):
            rows = Picture.select(Picture, Product).join(Product)
            rows = list(rows.where(Picture.id.in_(wanted[address])))
            if isinstance(outcome, Refused):
                handles = ", ".join(sorted({row.product.handle for row in rows})[:3])
                say(f"{handles}: {address[:200]}: {outcome.sentence}")
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                for row in rows:
                    note(row, outcome)
                got += len(rows)
            step(len(wanted[address]))
    return got


def _by_address(pictures: Iterable[Picture], media: Path, step: Step) -> dict[str, list[int]]:
    """The addresses of pictures without files, in order, each with its pictures."""
    wanted: dict[str, list[int]] = {}
    for picture in pictures:
        if are_kept(picture.digest, media) or picture.source.startswith(FROM_FOLDER):
            step(1)
        else:
            wanted.setdefault(picture.source, []).append(picture.id)
    return wanted


# One picture


@dataclass(frozen=True)
class _Target:
    """An address taken apart: `path` has the query and is written as HTTP wants it."""

    secure: bool
    host: str
    port: int
    path: str


def fetch(address: str, guests: Guests) -> bytes:
    """What lies at an address, following redirects. Raises `NotFetched`."""
    deadline = time.monotonic() + SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        target = _target(address)
        with _asked(target, guests.addresses(target.host, target.port), deadline) as answer:
            if answer.status not in REDIRECTS:
                return _picture(answer)
            further = answer.headers.get("Location", "")
        address = _joined(address, further)
    raise NotFetched(f"It leads on more than {MOST_REDIRECTS} times.")


def _joined(address: str, further: str) -> str:
    try:
        return urljoin(address, further)
    except ValueError:
        raise NotFetched(NO_ADDRESS) from None


def _target(address: str) -> _Target:
    try:
        parts = urlsplit(address)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # UnicodeError is one
        raise NotFetched(NO_ADDRESS) from None
    if parts.scheme not in ("http", "https") or not host:
        raise NotFetched("Only addresses that begin with http:// or https:// are fetched.")
    if parts.username is not None:
        raise NotFetched("The address carries a user name; such addresses are not fetched.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    secure = parts.scheme == "https"
    return _Target(secure, host, port or (443 if secure else 80), path)


@contextmanager
def _asked(target: _Target, addresses: list[str], deadline: float):
    """The answer of a target, read while the time lasts; what goes wrong becomes `NotFetched`."""
    end = _End(deadline)
    too_slow = NotFetched(f"It took too long; {SECONDS} seconds are allowed.")
    try:
        with (
            _connected(addresses, target.port, end) as line,
            end.cutting(line),
            closing(_connection(target, line)) as connection,
        ):
            connection.request("GET", target.path, headers=HEADERS)
            with connection.getresponse() as answer:
                yield answer
        if end.came:  # the rest was cut off, and what there is may look whole
            raise too_slow
    except (NotFetched, OSError, http.client.HTTPException, ValueError) as trouble:
        if end.came or isinstance(trouble, TimeoutError):
            raise too_slow from None
        raise _as_sentence(target, trouble) from None


def _as_sentence(target: _Target, trouble: Exception) -> NotFetched:
    if isinstance(trouble, NotFetched):
        return trouble
    if isinstance(trouble, http.client.IncompleteRead):
        return NotFetched(CUT_SHORT)
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return NotFetched(f"{target.host} cannot be trusted: {trouble.verify_message}.")
    if isinstance(trouble, OSError) and not isinstance(trouble, http.client.HTTPException):
        why = trouble.strerror or type(trouble).__name__
        return NotFetched(f"{target.host} does not answer ({why}).")
    return NotFetched(f"{target.host} did not answer as a web server does.")


class _End:
    """Shuts a connection down when the time is over, however slowly it keeps on talking."""

    def __init__(self, deadline: float) -> None:
        self.came, self._deadline = False, deadline

    @property
    def left(self) -> float:
        """Seconds that are left; raises TimeoutError when none are."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def cutting(self, line: socket.socket) -> Iterator[None]:
        """While this lasts, the end is the end of that connection."""
        with line.dup() as same:  # TLS takes the socket itself over
            timer = threading.Timer(self.left, self._come, [same])
            timer.start()
            try:
                yield
            finally:
                timer.cancel()
                timer.join()

    def _come(self, line: socket.socket) -> None:
        self.came = True
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def _connected(addresses: list[str], port: int, end: _End) -> socket.socket:
    """A connection to the first of the addresses that answers."""
    trouble: OSError | None = None
    for address in addresses:
        try:
            within = min(end.left, CONNECTING_SECONDS)
            return socket.create_connection((address, port), timeout=within)
        except OSError as refused:
            trouble = refused
    raise trouble or OSError("no address")


def _connection(target: _Target, line: socket.socket) -> http.client.HTTPConnection:
    """HTTP on a line that stands already, which for https is first made safe."""
    line.settimeout(SECONDS)  # what ends it sooner is the end of all
    connection = http.client.HTTPConnection(target.host, target.port)
    if target.secure:
        connection = http.client.HTTPSConnection(target.host, target.port)
        line = ssl.create_default_context().wrap_socket(line, server_hostname=target.host)
    connection.sock = line
    return connection


def _picture(answer: http.client.HTTPResponse) -> bytes:
    """The body of an answer that is a picture by its own word."""
    if answer.status != 200:
        raise NotFetched(f"The answer was {answer.status} {answer.reason[:40]}".strip() + ".")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        raise NotFetched(f"It is no picture but {kind[:60] or 'of no stated kind'}.")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotFetched("It came compressed, which was not asked for.")
    body = bytearray()
    while part := answer.read(1 << 16):
        body += part
        if len(body) + (answer.length or 0) > LARGEST:  # read so far, and still to come
            raise NotFetched(f"It is larger than {LARGEST >> 20} MB.")
    if answer.length:
        raise NotFetched(CUT_SHORT)
    return bytes(body)
