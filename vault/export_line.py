"""The line to the vault's export listener, for a desk that is on one: the local demonstration's."""

import hashlib
import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from storefront.handoff.envelope import HandoffError

SECONDS = 10  # to connect, and of silence while waiting for an answer


class ExportDown(HandoffError):
    """The vault's export listener did not answer, or refused."""


class ExportLine:
    """A client of the listener at `address` ("host:port"), with the desk's keys in `folder`.

    One connection is kept and made anew when it has gone.
    """

    def __init__(self, address: str, folder: Path):
        where = urlsplit(f"//{address}")
        self._context, self._pin = _trust(folder)
        self._connection = http.client.HTTPSConnection(
            where.hostname, where.port, timeout=SECONDS, context=self._context
        )

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()

    def bundle(self) -> bytes | None:
        """A bundle, not verified yet; None when nothing waits. Raises ExportDown."""
        status, body = self._call("GET", "/bundle")
        if status == 404:
            return None
        return self._wanted(status, body)

    def put_statements(self, raw: bytes) -> None:
        """Hands in a file of statements. Raises ExportDown."""
        self._wanted(*self._call("PUT", "/statements", raw))

    def _wanted(self, status: int, body: bytes) -> bytes:
        if status != 200:
            raise ExportDown(f"The vault answered {status}.")
        return body

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        for last_try in (self._connection.sock is None, True):
            try:
                return self._once(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if last_try:
                    name = type(error).__name__
                    raise ExportDown(f"The vault cannot be reached ({name}).") from None
        raise AssertionError

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        if self._connection.sock is None:
            self._connection.connect()
            shown = self._connection.sock.getpeercert(binary_form=True)
            if hashlib.sha256(shown).digest() != self._pin:
                raise ssl.SSLError("not the pinned certificate")
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        return response.status, response.read()


def _trust(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the pinned certificate is the vault's name
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        pinned = (folder / "vault-line.pem").read_text("ascii")
        context.load_verify_locations(cadata=pinned)
        context.load_cert_chain(folder / "line.pem", folder / "line.key")
    except (OSError, ValueError) as error:
        raise HandoffError(
            f"The keys of the line in {folder} cannot be used ({type(error).__name__}); "
            "run `vault init`."
        ) from None
    return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(pinned)).digest()
