"""The mutually authenticated line to the vault: TLS 1.3 with certificates pinned both ways."""

import hashlib
import http.client
import ssl
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from .connections import Connection, Idle, response_until
from .wire import HandoffError, canonical, read_canonical

_MOST_ANSWER_BYTES = 64 * 1024


class LineDown(HandoffError):
    """The vault did not answer, was not the vault we know, or could not keep anything now.

    The envelope may or may not have been kept; its receipt, if there is one, can be fetched.
    """


class EnvelopeRefused(HandoffError):
    """The vault answered, and will not keep this envelope. `reason` is a short machine name."""

    def __init__(self, reason: str):
        super().__init__(f"The vault refused the envelope: {reason}.")
        self.reason = reason


class AlreadyHeld(HandoffError):
    """The vault holds another envelope for this attempt; `receipt` is the compact one for that."""

    def __init__(self, receipt: str):
        super().__init__("The vault already holds another envelope for this payment.")
        self.receipt = receipt


class Line:
    """A client of the vault at `address` ("host:port"), with the keys in `folder`.

    `folder` has line.pem and line.key (ours) and vault-line.pem (the vault's, pinned). `timeout`
    is seconds to connect and to shake hands, each, and seconds for the request with its whole
    answer, however it drips in. Connections are used again for a while. Safe to share between
    threads, and across a fork: a child never uses what its parent has open.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:8002",
        folder: Path = Path("instance/keys"),
        timeout: tuple[float, float] = (3.0, 10.0),
    ):
        self.host, self.port = _host_and_port(address)
        self.connect_timeout, self.answer_timeout = timeout
        self._context, self._pin = _trust(Path(folder))
        self._idle = Idle()
        weakref.finalize(self, self._idle.close)

    def put_envelope(self, envelope: bytes) -> str:
        """The compact receipt for `envelope`, not verified yet.

        Raises LineDown, EnvelopeRefused, or AlreadyHeld with the receipt of what is held.
        """
        status, answer = self._call("PUT", "/envelopes", envelope)
        if status in (200, 201):
            return _text(answer, "receipt")
        if status == 409:
            raise AlreadyHeld(_text(answer, "receipt"))
        raise EnvelopeRefused(_text(answer, "reason"))

    def receipt(self, env_id: str) -> str | None:
        """The compact receipt for the envelope, not verified yet; None if the vault has none."""
        status, answer = self._call("GET", f"/receipts/{env_id}")
        if status == 404:
            return None
        if status != 200:
            raise LineDown(f"The vault answered {status} when asked for a receipt.")
        return _text(answer, "receipt")

    def statements(self, after: int) -> tuple[int, list[tuple[int, str]]]:
        """What the desk has said since the statement numbered `after`, in the order in which it
        came, with its numbers; and the number of the last there is. Not verified yet."""
        answer = self._asked(f"/statements/{after}")
        try:
            every = [(int(number), str(compact)) for number, compact in answer["statements"]]
            return int(answer["last"]), every
        except (KeyError, TypeError, ValueError):
            raise LineDown("The vault's answer lacks its statements.") from None

    def statements_of(self, env_id: str) -> list[str]:
        """What the desk has said about one envelope, the oldest first. Not verified yet."""
        return _texts(self._asked(f"/verdicts/{env_id}"), "statements")

    def alarms(self) -> list[str]:
        """Sentences about cards that will be lost if nobody opens them soon."""
        return _texts(self._asked("/alarms"), "alarms")

    def put_instruction(self, compact: str) -> int:
        """Hands an instruction down; for how many envelopes the desk will answer.

        Raises LineDown, or EnvelopeRefused for an instruction that the vault does not accept.
        """
        status, answer = self._call("PUT", "/instructions", canonical({"instruction": compact}))
        if status != 200:
            raise EnvelopeRefused(_text(answer, "reason"))
        held = answer.get("held") if isinstance(answer, dict) else None
        if type(held) is not int:
            raise LineDown("The vault's answer does not say what it holds.")
        return held

    def _asked(self, path: str) -> object:
        status, answer = self._call("GET", path)
        if status != 200:
            raise LineDown(f"The vault answered {status} when asked for news.")
        return answer

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, object]:
        try:
            status, answer = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise LineDown(f"The vault cannot be reached ({type(error).__name__}).") from None
        if status >= 500:
            raise LineDown(f"The vault can keep nothing at the moment (status {status}).")
        try:
            return status, read_canonical(answer)
        except HandoffError:
            raise LineDown("The vault's answer cannot be read.") from None

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """One request on a connection that is open, or on a new one.

        The vault may hang up on an open one at any moment. Then the same request goes out once
        more: every request may be repeated, the same envelope gets the same receipt.
        """
        while True:
            used = False
            try:
                with self._connection() as connection:
                    used = connection.used
                    return self._ask(connection, method, path, body)
            except (ConnectionError, http.client.BadStatusLine, ssl.SSLEOFError):
                if not used:
                    raise

    def _ask(self, connection, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        until = time.monotonic() + self.answer_timeout
        connection.sock.settimeout(self.answer_timeout)
        connection.response_class = partial(response_until, until)
        connection.request(method, path, body)
        response = connection.getresponse()
        answer = response.read(_MOST_ANSWER_BYTES)
        if not response.isclosed():  # there is more of it than anyone asked for
            connection.close()
        return response.status, answer

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """One that was used before and is open, or a new one; put aside after the block."""
        connection = self._idle.take() or self._connected()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:  # the vault has not said that it hangs up
            connection.used = True
            self._idle.put(connection)

    def _connected(self) -> Connection:
        connection = Connection(
            self.host, self.port, timeout=self.connect_timeout, context=self._context
        )
        try:
            connection.connect()
            certificate = connection.sock.getpeercert(binary_form=True)
            if hashlib.sha256(certificate).digest() != self._pin:
                raise LineDown("The vault showed a certificate that is not the pinned one.")
        except BaseException:
            connection.close()
            raise
        return connection


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        where = urlsplit(f"//{address}")
        if where.hostname and where.port:
            return where.hostname, where.port
    except ValueError:
        pass
    raise HandoffError(f"{address!r} is not the vault's address; write host:port.")


def _trust(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    """A context that trusts one certificate only, and the SHA-256 of that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # The pinned certificate is the vault's name; what host it runs on today adds nothing.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        pinned = (folder / "vault-line.pem").read_text("ascii")
        context.load_verify_locations(cadata=pinned)
        context.load_cert_chain(folder / "line.pem", folder / "line.key")
        return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(pinned)).digest()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise HandoffError(
            f"The keys of the line to the vault in {folder} cannot be used "
            f"({type(error).__name__}); run bin/run, or `vault init`."
        ) from None


def _text(answer: object, name: str) -> str:
    """The member `name` of an answer; without it the answer is none."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str):
        raise LineDown(f"The vault's answer lacks its {name}.")
    return value


def _texts(answer: object, name: str) -> list[str]:
    values = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise LineDown(f"The vault's answer lacks its {name}.")
    return values
