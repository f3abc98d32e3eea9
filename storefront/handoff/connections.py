"""Connections to the vault that wait to be used again, and answers that are over by their time."""

import http.client
import io
import os
import select
import socket
import threading
import time

#: How long a connection waits for its next request, in seconds: the vault hangs up after 15.
USED_AGAIN_WITHIN = 10
MOST_IDLE = 8


class Connection(http.client.HTTPSConnection):
    """A connection whose certificate was looked at, and whether a request was made on it."""

    used = False
    auto_open = False  # a connection that was closed stays closed: its pin would go unchecked


class Idle:
    """Connections that wait for their next request, the last used on top."""

    def __init__(self):
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._waiting: list[tuple[float, Connection]] = []

    def take(self) -> Connection | None:
        """One that is still fresh and on which nothing has come, such as a goodbye."""
        if self._owner != os.getpid():
            # A child's copies: closing them says nothing to the vault, which the parent talks to.
            # The lock is made anew, because a thread of the parent may have held it.
            self.close()
            self.__init__()
        while self._waiting:
            with self._lock:
                if not self._waiting:
                    return None
                since, connection = self._waiting.pop()
            if time.monotonic() - since < USED_AGAIN_WITHIN and _is_silent(connection.sock):
                return connection
            connection.close()
        return None

    def put(self, connection: Connection) -> None:
        with self._lock:
            self._waiting.append((time.monotonic(), connection))
            surplus = self._waiting[:-MOST_IDLE]
            del self._waiting[:-MOST_IDLE]
        for _, old in surplus:
            old.close()

    def close(self) -> None:
        while self._waiting:
            self._waiting.pop()[1].close()


def _is_silent(sock: socket.socket) -> bool:
    waiting = select.poll()  # select.select knows no more than 1024 descriptors
    waiting.register(sock, select.POLLIN)
    return not waiting.poll(0)


class _Until(io.RawIOBase):
    """Reads a socket until a moment, in monotonic seconds; raises TimeoutError after it."""

    def __init__(self, sock: socket.socket, until: float):
        self._sock, self._until = sock, until
        self._raw = sock.makefile("rb", buffering=0)  # keeps a socket that was closed readable

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Readable:
    """What http.client asks of a socket that it reads an answer from."""

    def __init__(self, sock: socket.socket, until: float):
        self._sock, self._until = sock, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Until(self._sock, self._until))


def response_until(until: float, sock, *arguments, **options) -> http.client.HTTPResponse:
    """An answer that is read from `sock` until a moment, in monotonic seconds, and no longer."""
    return http.client.HTTPResponse(_Readable(sock, until), *arguments, **options)
