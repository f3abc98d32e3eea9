"""HTTP/1.1 as bytes on a socket: one exchange, counted, or the same thing asked over and over."""

import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE = 15  # seconds
WITHOUT_BODY = (204, 304)
LARGEST = 32_768  # bytes taken at once


@dataclass(frozen=True)
class Answer:
    """What came back. `head` and `length` are bytes on the wire; `body` is not decompressed."""

    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case
    head: int
    length: int
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, or ""."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def cookies(self) -> str:
        """What a browser would send back for the cookies set here."""
        set_here = (value for key, value in self.headers if key == "set-cookie")
        return "; ".join(value.partition(";")[0] for value in set_here)


def spelled(
    origin: str, path: str, method: str = "GET", headers: Mapping = {}, body: bytes = b""
) -> bytes:
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(origin).netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method not in ("GET", "HEAD"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(
    origin: str, path: str, method: str = "GET", headers: Mapping = {}, body: bytes = b""
) -> Answer:
    """One request to a server on this machine."""
    with socket.create_connection(("127.0.0.1", urlsplit(origin).port), PATIENCE) as connection:
        connection.sendall(spelled(origin, path, method, headers, body))
        with connection.makefile("rb") as stream:
            return _read(stream)


def _read(stream) -> Answer:
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    head = sum(map(len, lines)) + len(line)
    status = int(lines[0].split()[1])
    pairs = (line.decode("latin-1").partition(":") for line in lines[1:])
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    lengths = [int(value) for name, value in headers if name == "content-length"]
    if status in WITHOUT_BODY:
        return Answer(status, headers, head, 0, b"")
    if lengths:
        body = stream.read(lengths[0])
        return Answer(status, headers, head, len(body), body)
    length, body = _chunks(stream)
    return Answer(status, headers, head, length, body)


def _chunks(stream) -> tuple[int, bytes]:
    """Bytes on the wire and the body itself, of a body in chunks."""
    length, body = 0, b""
    while True:
        line = stream.readline()
        size = int(line.partition(b";")[0], 16)
        body += stream.read(size)
        length += len(line) + size + len(stream.readline())
        if not size:
            return length, body


@dataclass
class Pressed:
    """What came of asking over and over."""

    answered: int = 0
    seconds: float = 0.0
    refused: Counter = field(default_factory=Counter)  # statuses outside 2xx and 3xx
    waits: list[float] = field(default_factory=list)  # seconds of each request


class Line:
    """A connection that stays open, with one request under way at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at, self.missing, self.status, self.head = 0.0, -1, 0, b""
        self._usual = 0, b""  # length and status line of the last answer that came in one piece

    def send(self, request: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bool:
        """Read what is there; whether the answer is whole now."""
        data = self.socket.recv(LARGEST)
        # Nearly all answers are as long as the last: looking at each costs the machine more than
        # the server spends on a plain page.
        if self.missing < 0 and not self.head and (len(data), data[:16]) == self._usual:
            return True
        if not data:
            raise ConnectionError("the server closed a connection that was to stay open")
        whole = self._taken(data)
        if whole:
            self.missing, self.head = -1, b""
        return whole

    def _taken(self, data: bytes) -> bool:
        if self.missing >= 0:
            self.missing -= len(data)
            return self.missing == 0
        self.head += data
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.status = int(self.head[9:12])
        self.missing = self._body() - (len(self.head) - end - 4)
        if self.missing == 0 and self.head == data:
            self._usual = len(data), data[:16]
        return self.missing == 0

    def _body(self) -> int:
        """Bytes of the body, from the head."""
        if self.status in WITHOUT_BODY:
            return 0
        start = self.head.lower().index(b"\r\ncontent-length:") + 17
        return int(self.head[start : self.head.index(b"\r\n", start)])


def press(origin: str, requests: Iterable[bytes], seconds: float, connections: int = 8) -> Pressed:
    """Send `requests` until there are no more or so many seconds are over; all are answered."""
    port, done, waiting = urlsplit(origin).port, Pressed(), iter(requests)
    lines = {line.socket.fileno(): line for line in (Line(port) for _ in range(connections))}
    poll = select.epoll()
    began = time.perf_counter()
    under_way = 0
    for number, line in lines.items():
        poll.register(number, select.EPOLLIN)
        if request := next(waiting, b""):
            line.send(request)
            under_way += 1
    while under_way:
        for number, _ in _ready(poll):
            line = lines[number]
            if not line.take():
                continue
            now = time.perf_counter()
            done.waits.append(now - line.asked_at)
            if not 200 <= line.status < 400:
                done.refused[line.status] += 1
            request = next(waiting, b"") if now - began < seconds else b""
            if request:
                line.send(request)
            else:
                under_way -= 1
    done.answered, done.seconds = len(done.waits), time.perf_counter() - began
    poll.close()
    for line in lines.values():
        line.socket.close()
    return done


def _ready(poll) -> list[tuple[int, int]]:
    ready = poll.poll(PATIENCE)
    if not ready:
        raise TimeoutError(f"no answer within {PATIENCE} seconds")
    return ready
