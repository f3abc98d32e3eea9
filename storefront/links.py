"""Unguessable links that stand for an order: its number, signed."""

import hashlib

from itsdangerous import BadSignature, Signer


class OrderLinks:
    """Makes and reads order links with keys that rotate; `keys` has the newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        # itsdangerous wants the newest last; all are tried when reading.
        self._signer = Signer(list(reversed(keys)), salt="order-link", digest_method=hashlib.sha256)

    def write(self, number: str) -> str:
        """The link for an order's number, safe in a URL."""
        return self._signer.sign(number).decode()

    def read(self, link: str) -> str | None:
        """The number in a link, or None when it is not one of ours."""
        try:
            return self._signer.unsign(link).decode()
        except (BadSignature, UnicodeError):
            return None
